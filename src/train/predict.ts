import { BatchSource } from '../data/batches.js';
import { decodePicture, fitPicture } from '../data/image.js';
import { imagesAt, noneRead, readPicture } from '../data/image_files.js';
import type { ImageShape } from '../data/types.js';
import { type Gpu, openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { DataError } from '../util/errors.js';
import { type Ensemble, inOrder, type Member, openEnsemble, vote } from './ensemble.js';
import { predictSource } from './evaluation.js';
import type { Tta } from './tta.js';
import { type ForeignModel, requireFit } from './weights.js';

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

/** A picture that cannot be read, and why. */
export interface Unread {
  readonly path: string;
  /** A sentence that names the file. */
  readonly why: string;
}

/** What `predictImages` finds. */
export interface Predictions {
  readonly ensemble: Ensemble;
  /** Of the pictures that can be read, in the order of the paths. */
  readonly predictions: readonly Prediction[];
  /** Pictures that cannot be read. */
  readonly unread: readonly Unread[];
  /** Sentences about what else in the folders is not read. */
  readonly notes: readonly string[];
}

/**
 * Classifies images, each as one face that is resized to the model's input. Those that cannot be read are named in the result.
 * Throws DataError where none can be read, RunError, NoGpuError.
 */
export async function predictImages(options: PredictOptions): Promise<Predictions> {
  const ensemble = await openEnsemble(options.weights, options.foreign);
  for (const { saved, path } of ensemble.members) requireFit(saved, path);
  const found = options.paths.map((path) => imagesAt(path));
  const { good, inputs, unread } = await readInputs(
    ensemble.members,
    found.flatMap(({ paths }) => paths),
  );
  if (good.length === 0) throw noneRead(unread.map(({ why }) => why));
  const gpu = await openGpu({ adapter: options.adapter });
  try {
    const votes: Float32Array[] = [];
    for (const [m, member] of ensemble.members.entries()) {
      votes.push(await classified(gpu, member, inputs[m] as Uint8Array, good.length, options.tta));
    }
    const all = vote(ensemble, votes);
    const classes = ensemble.classes.length;
    const predictions = good.map((path, i) => ({
      path,
      probabilities: [...all.subarray(i * classes, (i + 1) * classes)],
    }));
    return { ensemble, predictions, unread, notes: found.flatMap(({ notes }) => notes) };
  } finally {
    gpu.close();
  }
}

/** The input of each network for the pictures that can be read. Each picture is decoded once. */
async function readInputs(
  members: readonly Member[],
  paths: readonly string[],
): Promise<{ good: string[]; inputs: Uint8Array[]; unread: Unread[] }> {
  const [good, unread]: [string[], Unread[]] = [[], []];
  const inputs: Uint8Array[][] = members.map(() => []);
  for (const path of paths) {
    try {
      const picture = await decodePicture(readPicture(path), path);
      members.forEach((member, m) => {
        inputs[m]?.push(fitPicture(picture, shapeOf(member)));
      });
      good.push(path);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      unread.push({ path, why: error.message });
    }
  }
  return { good, inputs: inputs.map((faces) => Buffer.concat(faces)), unread };
}

function shapeOf({ saved }: Member): ImageShape {
  const [height = 1, width = 1, channels = 1] = saved.network.inputShape;
  return [height, width, channels];
}

/**
 * What one network says about images: probabilities [N, classes] in the ensemble's order of classes.
 * @param images [count, height, width, channels] of its input
 */
async function classified(
  gpu: Gpu,
  member: Member,
  images: Uint8Array,
  count: number,
  tta: Tta = 'none',
): Promise<Float32Array> {
  const { network, preprocess, weights } = member.saved;
  const learner = new Learner(gpu, network);
  learner.writeWeights(weights);
  const split = { images, labels: new Uint8Array(count) };
  const source = new BatchSource(split, { batchSize: 1, preprocess, shape: shapeOf(member) });
  const probabilities = await predictSource(learner, source, tta);
  await learner.dispose();
  return inOrder(probabilities, member.outputs);
}
