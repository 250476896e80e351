import { LAYOUTS } from '../../formats/onnx_layouts.js';
import type { ArgsOf } from '../declaration.js';
import { FOREIGN } from './shared.js';

export const EXPORT = {
  usage: 'export <file>',
  describe: 'Convert a trained network to Keras .h5, ONNX or safetensors',
  positionals: {
    file: { type: 'string', demandOption: true, describe: 'weight file, e.g. runs/r1/best.safetensors' },
  },
  options: {
    to: { choices: ['h5', 'onnx', 'safetensors'], demandOption: true, describe: 'format' },
    out: {
      type: 'string',
      requiresArg: true,
      describe: 'file to write (default: in the current directory, with the format as its extension)',
    },
    layout: {
      choices: LAYOUTS,
      describe: 'axes of the images in ONNX: nhwc as in Keras (default), nchw as in PyTorch and for OpenCV',
    },
    pixels: {
      type: 'boolean',
      default: false,
      describe: 'ONNX that takes pixels, uint8 from 0 to 255: the model preprocesses them itself',
    },
    ...FOREIGN,
  },
  examples: [
    ['$0 export runs/r1/best.safetensors --to r1.h5', 'for Keras'],
    ['$0 export fer-cnn --to fer-cnn.onnx', 'a shipped network for ONNX Runtime'],
  ],
} as const;

export type ExportArgs = ArgsOf<typeof EXPORT>;
