import type { ArgsOf } from '../declaration.js';
import { FOREIGN } from './shared.js';

export const SUMMARY = {
  usage: 'summary [network]',
  describe: 'Print the layers, shapes and parameters of a network',
  positionals: {
    network: {
      type: 'string',
      default: 'fer-cnn',
      describe:
        'fer-cnn, fer-shallow, fer-vgg, another network in models/, or a file: .safetensors, .h5, .keras, .onnx, model.json',
    },
  },
  options: { model: FOREIGN.model },
  examples: [
    ['$0 summary fer-vgg', 'a network of fer-tui'],
    ['$0 summary model.keras', 'that of a file'],
    ['$0 summary weights.h5 --model model.json', 'that of a file which holds only weights'],
  ],
} as const;

export type SummaryArgs = ArgsOf<typeof SUMMARY>;
