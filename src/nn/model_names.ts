/** Names of the built-in networks. Apart from models.ts, so that the command line can read them without loading layers. */
export const MODEL_NAMES = ['fer-cnn', 'fer-shallow', 'fer-vgg'] as const;

/** A built-in network. */
export type ModelName = (typeof MODEL_NAMES)[number];
