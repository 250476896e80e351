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

/** What goes into one step. */
export interface Batch {
  /** Images in the batch. */
  readonly count: number;
  /** [count, H, W, C], augmented and preprocessed. */
  readonly images: Float32Array;
  /** [count] */
  readonly labels: Uint32Array;
}

/** How a split is cut into batches. */
export interface BatchOptions {
  /** Images in a batch; 1 or more. */
  readonly batchSize: number;
  /** How pixels become floats. */
  readonly preprocess: Preprocess;
  /** Of the images as they are stored; default: faces of 48 x 48, gray. */
  readonly shape?: ImageShape;
  /** What batches are made of: the stored channels (default), or 3 alike of gray images. */
  readonly channels?: number;
  /** Default: none. */
  readonly augment?: AugmentOptions;
  /** Alpha of mixup; default 0: images are not blended. */
  readonly mixup?: number;
  /** A new order every epoch; default false: file order. */
  readonly shuffle?: boolean;
  /** Default 7. */
  readonly seed?: number;
}

/** Random stream of the order of epoch 0; the others follow. */
const ORDER_STREAM = 1_000_003;
/** Random stream of the blends of an epoch's first batch; the others follow. */
const MIX_STREAM = 2_000_003;

/**
 * Cuts a split into batches. `batch(epoch, index)` depends on nothing but its arguments and the seed, so a run can
 * be taken up anywhere and sees the same data. The last batch of an epoch may be smaller, as in Keras.
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

  /** The images that it takes from, [n, H, W, C], and how they become floats. */
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
   * Which images a batch is made of, and how each is changed.
   * @param epoch 0, 1, ... @param index 0 to batchesPerEpoch - 1; outside that: RangeError
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
    const { batchSize, augment = NO_AUGMENT, seed = 7 } = this.options;
    const order = this.#orderOf(epoch).subarray(index * batchSize, (index + 1) * batchSize);
    const plain = isIdentity(augment);
    const draws = Array.from(order, (image) =>
      plain ? plainDraw(image) : drawChange(image, augment, changeStream(seed, epoch, image), this.shape),
    );
    return { draws, labels: Uint32Array.from(order, (image) => this.split.labels[image] as number) };
  }

  /** What each image of a batch is blended with; undefined without mixup. */
  mix(epoch: number, index: number): ImageMix[] | undefined {
    const { batchSize, mixup = 0, seed = 7 } = this.options;
    if (mixup === 0) return undefined;
    const count = Math.min(batchSize, this.size - index * batchSize);
    return drawMix(count, mixup, changeStream(seed, epoch, MIX_STREAM + index));
  }

  /** Lets go of the images, for who has them on a device: from then on there are draws, but no batches of floats. */
  releaseImages(): void {
    this.split = { images: new Uint8Array(0), labels: this.split.labels.slice() };
  }

  /** A batch as floats, made on the host. */
  batch(epoch: number, index: number): Batch {
    const { draws, labels } = this.draws(epoch, index);
    return { count: draws.length, images: this.imagesOf(draws), labels };
  }

  /** Drawn images as floats [n, H, W, C], made on the host. */
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
