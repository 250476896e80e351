import { readFileSync } from 'node:fs';
import { BatchSource } from '../data/batches.js';
import { decodePicture, fitPicture } from '../data/image.js';
import { imagesAt } from '../data/image_files.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { predictSource } from './evaluation.js';
import type { Tta } from './tta.js';
import { type ForeignModel, openModel, requireMean, type SavedModel } from './weights.js';

export interface PredictOptions {
  readonly weights: string;
  /** Images, and folders of images. */
  readonly paths: readonly string[];
  readonly foreign?: ForeignModel;
  readonly tta?: Tta;
  readonly adapter?: string | undefined;
}

/** The class probabilities of one image, in the order of `classes`. */
export interface Prediction {
  readonly path: string;
  readonly probabilities: readonly number[];
}

/** Classifies images, each as one face that is resized to the model's input. Throws DataError, RunError, NoGpuError. */
export async function predictImages(
  options: PredictOptions,
): Promise<{ saved: SavedModel; predictions: Prediction[] }> {
  const saved = await openModel(options.weights, options.foreign);
  requireMean(saved, options.weights);
  const [height = 1, width = 1, channels = 1] = saved.network.inputShape;
  const shape = [height, width, channels] as const;
  const paths = options.paths.flatMap((path) => imagesAt(path));
  const size = height * width * channels;
  const images = new Uint8Array(paths.length * size);
  paths.forEach((path, i) => {
    images.set(fitPicture(decodePicture(readFileSync(path), path), shape), i * size);
  });
  const gpu = await openGpu({ adapter: options.adapter });
  try {
    const learner = new Learner(gpu, saved.network);
    learner.writeWeights(saved.weights);
    const { preprocess } = saved;
    const split = { images, labels: new Uint8Array(paths.length) };
    const source = new BatchSource(split, { batchSize: 1, preprocess, shape });
    const all = await predictSource(learner, source, options.tta ?? 'none');
    const classes = saved.classes.length;
    const predictions = paths.map((path, i) => ({
      path,
      probabilities: [...all.subarray(i * classes, (i + 1) * classes)],
    }));
    return { saved, predictions };
  } finally {
    gpu.close();
  }
}
