import type { BatchSource } from '../data/batches.js';
import { affineOf } from '../data/preprocess.js';
import type { Gpu } from '../gpu/device.js';
import { ImageStore } from '../nn/image_store.js';
import type { Images } from '../nn/step_cache.js';
import type { ImageDraw } from '../util/image_draw.js';

/**
 * Supplies a learner with the batches of a source. All images are uploaded once, as bytes, and stay on the device. If they
 * do not fit, each batch is prepared on the host and uploaded.
 */
export class Feed {
  readonly #store: ImageStore | undefined;

  constructor(
    gpu: Gpu,
    /** The batches that it takes from. */
    readonly source: BatchSource,
  ) {
    const { images, preprocess, shape } = source;
    const [height, width, channels] = shape;
    if (source.size > 0 && ImageStore.fits(gpu, images.length)) {
      this.#store = new ImageStore(gpu, images, {
        size: [height, width],
        channels,
        ...affineOf(preprocess, height * width),
      });
    }
  }

  /** Where its images are on the device; undefined: they are uploaded with each batch. */
  get store(): ImageStore | undefined {
    return this.#store;
  }

  /**
   * A batch, its images on the device. Throws RangeError for one outside of the epoch.
   * @param epoch counted from 0
   * @param index of the batch in the epoch
   */
  batch(
    epoch: number,
    index: number,
  ): {
    /** The images. */
    images: Images;
    /** [count] class indices. */
    labels: Uint32Array;
  } {
    if (this.#store === undefined) return this.source.batch(epoch, index);
    const { draws, labels } = this.source.draws(epoch, index);
    return { images: { store: this.#store, draws }, labels };
  }

  /** The images that `draws` describe. */
  imagesOf(draws: readonly ImageDraw[]): Images {
    return this.#store === undefined ? this.source.imagesOf(draws) : { store: this.#store, draws };
  }

  /** Frees the images on the host if the device has a copy. */
  releaseImages(): void {
    if (this.#store !== undefined) this.source.releaseImages();
  }

  /** Frees its memory on the device. */
  dispose(): void {
    this.#store?.dispose();
  }
}
