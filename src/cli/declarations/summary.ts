import type { ArgsOf } from '../declaration.js';

export const SUMMARY = {
  usage: 'summary [model]',
  describe: 'Print the layers, shapes and parameters of a network',
  positionals: {
    model: {
      type: 'string',
      default: 'fer-cnn',
      describe: 'fer-cnn, fer-shallow, fer-vgg, or a file: .safetensors, .h5, .keras, model.json',
    },
  },
} as const;

export type SummaryArgs = ArgsOf<typeof SUMMARY>;
