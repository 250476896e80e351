import { readFileSync } from 'node:fs';
import { BatchSource } from '../data/batches.js';
import { decodePicture, fitPicture } from '../data/image.js';
import { imagesAt } from '../data/image_files.js';
import { type Gpu, openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { type Ensemble, inOrder, type Member, openEnsemble, vote } from './ensemble.js';
import { predictSource } from './evaluation.js';
import type { Tta } from './tta.js';
import { type ForeignModel, requireMean } from './weights.js';

export interface PredictOptions {
  /** Model files of any supported format, shipped networks, runs, or one ensemble file; default: the default network. */
  readonly weights?: string | readonly string[] | undefined;
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
): Promise<{ ensemble: Ensemble; predictions: Prediction[] }> {
  const ensemble = await openEnsemble(options.weights, options.foreign);
  for (const { saved, path } of ensemble.members) requireMean(saved, path);
  const paths = options.paths.flatMap((path) => imagesAt(path));
  const gpu = await openGpu({ adapter: options.adapter });
  try {
    const votes: Float32Array[] = [];
    for (const member of ensemble.members) votes.push(await classified(gpu, member, paths, options.tta));
    const all = vote(ensemble, votes);
    const classes = ensemble.classes.length;
    const predictions = paths.map((path, i) => ({
      path,
      probabilities: [...all.subarray(i * classes, (i + 1) * classes)],
    }));
    return { ensemble, predictions };
  } finally {
    gpu.close();
  }
}

/** What one network says about images: probabilities [N, classes] in the ensemble's order of classes. */
async function classified(
  gpu: Gpu,
  { saved, outputs }: Member,
  paths: readonly string[],
  tta: Tta = 'none',
): Promise<Float32Array> {
  const { network, preprocess } = saved;
  const [height = 1, width = 1, channels = 1] = network.inputShape;
  const shape = [height, width, channels] as const;
  const size = height * width * channels;
  const images = new Uint8Array(paths.length * size);
  paths.forEach((path, i) => {
    images.set(fitPicture(decodePicture(readFileSync(path), path), shape), i * size);
  });
  const learner = new Learner(gpu, network);
  learner.writeWeights(saved.weights);
  const split = { images, labels: new Uint8Array(paths.length) };
  const source = new BatchSource(split, { batchSize: 1, preprocess, shape });
  const probabilities = await predictSource(learner, source, tta);
  await learner.dispose();
  return inOrder(probabilities, outputs);
}
