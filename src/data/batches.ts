import { UsageError } from '../util/errors.js';
import { type ImageDraw, type ImageMix, plainDraw } from '../util/image_draw.js';
import { Rng } from '../util/random.js';
import {
  type AugmentOptions,
  changeStream,
  drawChange,
  isIdentity,
  NO_AUGMENT,
  warpImage,
} from './augment.js';
import { drawMix } from './mixup.js';
import { applyPreprocess, type Preprocess } from './preprocess.js';
import { FACE } from './split_builder.js';
import type { ImageShape, Split } from './types.js';

/** The images and labels of one training step. */
export interface Batch {
  /** Images in the batch. */
  readonly count: number;
  /** [count, H, W, C], augmented and preprocessed. */
  readonly images: Float32Array;
  /** [count] */
  readonly labels: Uint32Array;
}

/** What the loss of a batch compares with, beside the labels. */
export interface BatchTargets {
  /** What each image is mixed with; undefined without mixup and CutMix. */
  readonly mix: readonly ImageMix[] | undefined;
  /** [count, classes] distributions in place of the labels. */
  readonly soft: Float32Array | undefined;
}

/** How a split is cut into batches. */
export interface BatchOptions {
  /** Images in a batch; 1 or more. */
  readonly batchSize: number;
  /** How pixels become floats. */
  readonly preprocess: Preprocess;
  /** [H, W, C] of the stored images; default: gray faces of 48 x 48. */
  readonly shape?: ImageShape;
  /** Channels of the batches; default: those of the stored images. With 3, gray images get three equal channels. */
  readonly channels?: number;
  /** Default: none. */
  readonly augment?: AugmentOptions;
  /** Alpha of mixup; default 0: images are not blended. */
  readonly mixup?: number;
  /** Alpha of CutMix; default 0: images get no rectangles of others. */
  readonly cutmix?: number;
  /** A new order every epoch; default false: file order. */
  readonly shuffle?: boolean;
  /** Default 7. */
  readonly seed?: number;
}

/** Random stream for the order of the images in epoch 0; epoch n uses stream + n. */
const ORDER_STREAM = 1_000_003;
/** Random stream for the mixup and CutMix of an epoch's first batch; batch n uses stream + n. */
const MIX_STREAM = 2_000_003;

/**
 * Divides a split into batches. A batch depends only on epoch, index and seed, so a resumed run sees the same data. The last
 * batch of an epoch may be smaller, as in Keras.
 */
export class BatchSource {
  /** Images of the split. */
  readonly size: number;
  /** Images in a batch; the last of an epoch may have fewer. */
  readonly batchSize: number;
  /** Batches that cover the split once. */
  readonly batchesPerEpoch: number;
  #order: { epoch: number; indices: Uint32Array } | undefined;

  constructor(
    private split: Split,
    /** As they were given. */
    readonly options: BatchOptions,
  ) {
    this.size = split.labels.length;
    if (!Number.isInteger(options.batchSize) || options.batchSize < 1) {
      throw new UsageError(`batch size ${options.batchSize}; expected a whole number of 1 or more`);
    }
    this.batchSize = options.batchSize;
    this.batchesPerEpoch = Math.ceil(this.size / options.batchSize);
  }

  /** The stored images, [n, H, W, C]. */
  get images(): Uint8Array {
    return this.split.images;
  }

  /** Of the images as they are stored. */
  get shape(): ImageShape {
    return this.options.shape ?? FACE;
  }

  /** How pixels become floats. */
  get preprocess(): Preprocess {
    return this.options.preprocess;
  }

  /**
   * The images of a batch: which ones, and how each is augmented.
   * @param epoch counted from 0 @param index of the batch, from 0. Throws RangeError from `batchesPerEpoch` on.
   */
  draws(
    epoch: number,
    index: number,
  ): {
    /** One a batch element: which image, and how it is changed. */
    draws: ImageDraw[];
    /** [count] class indices. */
    labels: Uint32Array;
  } {
    if (!(index >= 0 && index < this.batchesPerEpoch)) {
      throw new RangeError(`batch ${index} of epoch ${epoch}; there are ${this.batchesPerEpoch}`);
    }
    const { augment = NO_AUGMENT, seed = 7 } = this.options;
    const order = this.#batchOf(epoch, index);
    const plain = isIdentity(augment);
    const draws = Array.from(order, (image) =>
      plain ? plainDraw(image) : drawChange(image, augment, changeStream(seed, epoch, image), this.shape),
    );
    return { draws, labels: Uint32Array.from(order, (image) => this.split.labels[image] as number) };
  }

  /** What each image of a batch is mixed with; undefined without mixup and CutMix. */
  mix(epoch: number, index: number): ImageMix[] | undefined {
    const { batchSize, mixup = 0, cutmix = 0, seed = 7 } = this.options;
    if (mixup === 0 && cutmix === 0) return undefined;
    const count = Math.min(batchSize, this.size - index * batchSize);
    const [height, width] = this.shape;
    const rng = changeStream(seed, epoch, MIX_STREAM + index);
    return drawMix(count, { mixup, cutmix }, [height, width], rng);
  }

  /** What the loss of a batch compares with, beside the labels. */
  targets(epoch: number, index: number): BatchTargets {
    return { mix: this.mix(epoch, index), soft: this.#soft(epoch, index) };
  }

  /** [count, classes]; undefined if the labels are all there is. */
  #soft(epoch: number, index: number): Float32Array | undefined {
    const { targets } = this.split;
    if (targets === undefined) return undefined;
    const classes = targets.length / this.size;
    const rows = this.#batchOf(epoch, index);
    const soft = new Float32Array(rows.length * classes);
    rows.forEach((row, i) => {
      soft.set(targets.subarray(row * classes, (row + 1) * classes), i * classes);
    });
    return soft;
  }

  /** The rows of a batch. */
  #batchOf(epoch: number, index: number): Uint32Array {
    const { batchSize } = this.options;
    return this.#orderOf(epoch).subarray(index * batchSize, (index + 1) * batchSize);
  }

  /** Frees the images on the host. `draws` still works, `batch` and `imagesOf` do not. */
  releaseImages(): void {
    const { labels, targets } = this.split;
    this.split = { images: new Uint8Array(0), labels: labels.slice(), targets: targets?.slice() };
  }

  /** Prepares a batch on the host. */
  batch(epoch: number, index: number): Batch {
    const { draws, labels } = this.draws(epoch, index);
    return { count: draws.length, images: this.imagesOf(draws), labels };
  }

  /** Prepares images on the host: augmented and preprocessed floats [n, H, W, C]. */
  imagesOf(draws: readonly ImageDraw[]): Float32Array {
    const { shape, preprocess } = this;
    const size = shape[0] * shape[1] * shape[2];
    const channels = this.options.channels ?? shape[2];
    const images = new Float32Array(draws.length * size);
    draws.forEach((draw, i) => {
      warpImage(this.images, draw, images, i * size, shape);
    });
    const out = channels === shape[2] ? images : new Float32Array((images.length / shape[2]) * channels);
    applyPreprocess(preprocess, images, out, shape, channels);
    return out;
  }

  #orderOf(epoch: number): Uint32Array {
    if (this.#order?.epoch !== epoch) {
      const indices = Uint32Array.from({ length: this.size }, (_, i) => i);
      if (this.options.shuffle) new Rng(this.options.seed ?? 7, ORDER_STREAM + epoch).shuffle(indices);
      this.#order = { epoch, indices };
    }
    return this.#order.indices;
  }
}
