import type { ArgsOf } from '../declaration.js';
import { EXPORT } from './export.js';

const { to: _to, out: _out, ...OPTIONS } = EXPORT.options;

export const CONVERT = {
  usage: 'convert <file> <out>',
  describe: 'Convert a network to the format that the name of a new file says; as export does',
  positionals: {
    file: EXPORT.positionals.file,
    out: {
      type: 'string',
      demandOption: true,
      describe:
        'file to write: .h5 (Keras), .onnx, .safetensors, or a folder that ends in .tfjs (TensorFlow.js)',
    },
  },
  options: OPTIONS,
  examples: [
    ['$0 convert model.keras model.onnx --preprocess scale255', 'from Keras to ONNX'],
    ['$0 convert runs/r1 r1.h5', 'the best weights of a run, for Keras'],
  ],
} as const;

export type ConvertArgs = ArgsOf<typeof CONVERT>;
