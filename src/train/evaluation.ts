import { BatchSource } from '../data/batches.js';
import { resizeImages } from '../data/image.js';
import type { Preprocess } from '../data/preprocess.js';
import { FACE } from '../data/split_builder.js';
import type { ImageShape, Split } from '../data/types.js';
import type { Learner } from '../nn/learner.js';
import { FACE_SIZE } from '../util/classes.js';
import type { ImageDraw } from '../util/image_draw.js';
import { Feed } from './feed.js';
import { meanOf, type Tta, ttaDraws } from './tta.js';

/** The loss and accuracy of a network on a split. */
export interface Evaluation {
  /** Mean cross-entropy, plus the L2 penalty if the learner has one. */
  readonly loss: number;
  /** Share of right answers, in [0, 1]. */
  readonly accuracy: number;
  /** Images. */
  readonly count: number;
  /** [true class][predicted class]. */
  readonly confusion: number[][];
}

/** Images per evaluation batch. */
const BATCH = 64;
/** From this batch size on, training also evaluates with its own batch size: one batch size fewer to compile and hold. */
const ENOUGH = 16;

/** Runs a whole split through the network in inference mode: moving averages, no dropout, no augmentation. */
export async function evaluateSplit(
  learner: Learner,
  split: Split,
  preprocess: Preprocess,
  batch = BATCH,
): Promise<Evaluation> {
  return evaluateBatches(learner, evaluationSource(split, preprocess, batch, inputOf(learner)));
}

/** The input shape of a network, [H, W, C]. */
export function inputOf({ model }: Pick<Learner, 'model'>): ImageShape {
  const [height = 1, width = 1, channels = 1] = model.inputShape;
  return [height, width, channels];
}

/** Batches of faces in file order, without augmentation, resized to the input shape of the network. */
export function evaluationSource(
  { images, labels }: Split,
  preprocess: Preprocess,
  batch = BATCH,
  [height, width, channels]: ImageShape = FACE,
): BatchSource {
  const resized = resizeImages(images, [FACE_SIZE, FACE_SIZE], [height, width]);
  return new BatchSource(
    { images: resized, labels },
    { batchSize: batch >= ENOUGH ? batch : BATCH, preprocess, shape: [height, width, 1], channels },
  );
}

/**
 * Evaluates all batches of a source in inference mode. A `Feed` has its images on the device already.
 * @param onBatch called after each batch is queued
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

/** Class probabilities of a split, [N, classes], averaged over the versions of each image that `tta` makes. */
export async function predictSplit(
  learner: Learner,
  split: Split,
  preprocess: Preprocess,
  tta: Tta = 'none',
  onImages?: OnImages,
): Promise<Float32Array> {
  return meanOf(await predictVersions(learner, split, preprocess, tta, onImages));
}

/** Class probabilities of a split for each version that `tta` makes of its images: [N, classes] a version. */
export async function predictVersions(
  learner: Learner,
  split: Split,
  preprocess: Preprocess,
  tta: Tta,
  onImages?: OnImages,
): Promise<Float32Array[]> {
  return versionsOf(learner, evaluationSource(split, preprocess, BATCH, inputOf(learner)), tta, onImages);
}

/** Called after each batch with the number of images that are done, and of all. */
export type OnImages = (done: number, total: number) => void;

/** Class probabilities of the images of a source, [N, classes] in its order, averaged over their versions. */
export async function predictSource(
  learner: Learner,
  source: BatchSource,
  tta: Tta,
  onImages?: OnImages,
): Promise<Float32Array> {
  return meanOf(await versionsOf(learner, source, tta, onImages));
}

async function versionsOf(
  learner: Learner,
  source: BatchSource,
  tta: Tta,
  onImages: OnImages | undefined,
): Promise<Float32Array[]> {
  const feed = new Feed(learner.gpu, source);
  const classes = learner.model.outputShape.at(-1) ?? 1;
  const result = ttaDraws(0, tta, source.shape).map(() => new Float32Array(source.size * classes));
  try {
    for (let first = 0; first < source.size; first += BATCH) {
      const count = Math.min(BATCH, source.size - first);
      const versions = Array.from({ length: count }, (_, i) => ttaDraws(first + i, tta, source.shape));
      // Each pass takes one version of every image, so that all batches have one size.
      for (const [v, probabilities] of result.entries()) {
        const draws = versions.map((list) => list[v] as ImageDraw);
        probabilities.set(await learner.predict(feed.imagesOf(draws)), first * classes);
      }
      onImages?.(first + count, source.size);
    }
    return result;
  } finally {
    feed.dispose();
  }
}
