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
  examples: [
    ['$0 summary fer-vgg', 'a network of fer-tui'],
    ['$0 summary model.keras', 'that of a file'],
  ],
} as const;

export type SummaryArgs = ArgsOf<typeof SUMMARY>;
