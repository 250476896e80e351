import { EXPORT_FORMATS } from '../../formats/export_formats.js';
import { LAYOUTS } from '../../formats/onnx_layouts.js';
import type { ArgsOf } from '../declaration.js';
import { FOREIGN } from './shared.js';

export const EXPORT = {
  usage: 'export <file>',
  describe: 'Convert a trained network to Keras .h5, ONNX, TensorFlow.js or safetensors',
  positionals: {
    file: { type: 'string', demandOption: true, describe: 'weight file, run, or name of a shipped network' },
  },
  options: {
    to: { choices: EXPORT_FORMATS, demandOption: true, describe: 'format' },
    out: {
      type: 'string',
      requiresArg: true,
      describe:
        'file to write, for tfjs a folder (default: in the current directory, with the format as its extension)',
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
    data: {
      type: 'string',
      requiresArg: true,
      describe:
        'data set whose training images give the mean and deviation that --preprocess needs and the file lacks',
    },
    ...FOREIGN,
  },
  examples: [
    ['$0 export runs/r1 --to h5', 'the best weights of a run, for Keras: r1.h5'],
    ['$0 export fer-cnn --to onnx --out faces.onnx', 'a shipped network, for ONNX Runtime'],
    [
      '$0 export old.keras --preprocess standardize --data fer2013.csv --to h5',
      'with what it lacks, for predict',
    ],
  ],
} as const;

export type ExportArgs = ArgsOf<typeof EXPORT>;
