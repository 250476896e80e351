import { BatchSource } from '../data/batches.js';
import { limitSplit, loadDataset } from '../data/load.js';
import type { Preprocess } from '../data/preprocess.js';
import type { LoadOptions, Split, SplitName } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { FACE_SIZE } from '../util/classes.js';
import { DataError, RunError } from '../util/errors.js';
import type { ImageDraw } from '../util/image_draw.js';
import { Feed } from './feed.js';
import {
  type ClassMetrics,
  classMetrics,
  macroF1,
  type ProbabilityMetrics,
  probabilityMetrics,
} from './metrics.js';
import { type Tta, ttaDraws } from './tta.js';
import { type ForeignModel, openModel, type SavedModel } from './weights.js';

/** How a network did on a split. */
export interface Evaluation {
  /** Mean cross-entropy, plus the L2 penalty if the learner has one. */
  readonly loss: number;
  readonly accuracy: number;
  readonly count: number;
  /** [true class][predicted class]. */
  readonly confusion: number[][];
}

/** Images per evaluation batch when training uses fewer. */
const BATCH = 64;

/** Runs a whole split through the network in inference mode: moving averages, no dropout, no augmentation. */
export async function evaluateSplit(
  learner: Learner,
  split: Split,
  preprocess: Preprocess,
  batch = BATCH,
): Promise<Evaluation> {
  return evaluateBatches(learner, evaluationSource(split, preprocess, batch));
}

/** The batches of a split in file order, unchanged. */
export function evaluationSource(split: Split, preprocess: Preprocess, batch = BATCH): BatchSource {
  return new BatchSource(split, { batchSize: Math.max(batch, BATCH), preprocess });
}

/**
 * Runs all batches of a source, made on the host or by a feed, in inference mode.
 * @param onBatch hears how many are queued
 */
export async function evaluateBatches(
  learner: Learner,
  batches: BatchSource | Feed,
  onBatch?: (done: number, total: number) => void,
): Promise<Evaluation> {
  const source = batches instanceof BatchSource ? batches : batches.source;
  for (let i = 0; i < source.batchesPerEpoch; i++) {
    const { images, labels } = batches.batch(0, i);
    await learner.evaluate(images, labels);
    onBatch?.(i + 1, source.batchesPerEpoch);
  }
  const { batches: steps, confusion } = await learner.evaluationMetrics();
  const count = steps.reduce((sum, b) => sum + b.count, 0);
  return {
    loss: steps.reduce((sum, b) => sum + b.loss * b.count, 0) / count,
    accuracy: steps.reduce((sum, b) => sum + b.correct, 0) / count,
    count,
    confusion,
  };
}

/** Class probabilities of a whole split, [N, classes], averaged over the versions that `tta` makes of each image. */
export async function predictSplit(
  learner: Learner,
  split: Split,
  preprocess: Preprocess,
  tta: Tta = 'none',
): Promise<Float32Array> {
  const feed = new Feed(learner.gpu, evaluationSource(split, preprocess));
  const classes = learner.model.outputShape.at(-1) ?? 1;
  const result = new Float32Array(split.labels.length * classes);
  try {
    for (let first = 0; first < split.labels.length; first += BATCH) {
      const count = Math.min(BATCH, split.labels.length - first);
      const versions = Array.from({ length: count }, (_, i) => ttaDraws(first + i, tta));
      const asked = versions[0]?.length ?? 1;
      // One version of every image at a time, so that all batches are of one size.
      for (let v = 0; v < asked; v++) {
        const draws = versions.map((list) => list[v] as ImageDraw);
        const probabilities = await learner.predict(feed.imagesOf(draws));
        const at = first * classes;
        for (let i = 0; i < probabilities.length; i++) {
          result[at + i] = (result[at + i] as number) + (probabilities[i] as number) / asked;
        }
      }
    }
    return result;
  } finally {
    feed.dispose();
  }
}

export interface EvaluateOptions {
  /** A .safetensors file that training wrote. */
  readonly weights: string;
  readonly data: string;
  readonly split: SplitName;
  readonly limit?: number | undefined;
  readonly adapter?: string | undefined;
  /** Default none. */
  readonly tta?: Tta;
  readonly load?: LoadOptions;
  /** For files that fer-tui did not write. */
  readonly foreign?: ForeignModel;
}

export interface EvaluateResult extends ProbabilityMetrics {
  readonly count: number;
  readonly macroF1: number;
  readonly perClass: readonly ClassMetrics[];
  readonly imgPerS: number;
}

/** Images are 48 x 48 and gray so far. Throws RunError for a model that wants others. */
export function requireFaces({ network }: SavedModel, path: string): void {
  const want = [FACE_SIZE, FACE_SIZE, 1].join(' x ');
  const got = network.inputShape.join(' x ');
  if (got !== want)
    throw new RunError(`${path}: the model takes images of ${got}; only ${want} is supported so far`);
}

/** Evaluates a weight file on a data set. Throws RunError, DataError, NoGpuError. */
export async function evaluateWeights(options: EvaluateOptions): Promise<EvaluateResult> {
  const saved = await openModel(options.weights, options.foreign);
  requireFaces(saved, options.weights);
  const dataset = await loadDataset(options.data, options.load);
  if (dataset.classes.join() !== saved.classes.join()) {
    throw new RunError(
      `${options.weights} knows the classes ${saved.classes.join(', ')}; ${options.data} has ${dataset.classes.join(', ')}`,
    );
  }
  const split = limitSplit(dataset.splits[options.split], options.limit ?? Infinity);
  if (split.labels.length === 0) {
    const filled = Object.entries(dataset.splits).filter(([, { labels }]) => labels.length > 0);
    throw new DataError(
      `${options.data} has no ${options.split} images; it has ${filled.map(([name]) => name).join(', ')}: use --split`,
    );
  }
  const gpu = await openGpu({ adapter: options.adapter });
  try {
    const learner = new Learner(gpu, saved.network);
    learner.writeWeights(saved.weights);
    const begin = performance.now();
    const probabilities = await predictSplit(learner, split, saved.preprocess, options.tta);
    const count = split.labels.length;
    const imgPerS = count / ((performance.now() - begin) / 1000);
    const metrics = probabilityMetrics(probabilities, split.labels, saved.classes.length);
    const perClass = classMetrics(metrics.confusion, dataset.classes);
    return { ...metrics, count, perClass, macroF1: macroF1(perClass), imgPerS };
  } finally {
    gpu.close();
  }
}
