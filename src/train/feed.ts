import type { BatchSource } from '../data/batches.js';
import { affineOf } from '../data/preprocess.js';
import type { Gpu } from '../gpu/device.js';
import { ImageStore } from '../nn/image_store.js';
import type { Images } from '../nn/step_cache.js';
import type { ImageDraw } from '../util/image_draw.js';

/**
 * The batches of a source, for a learner. All images are brought to the device once, as bytes, and stay there; if they
 * do not fit, each batch is made on the host and uploaded.
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

  /** Images of one's own choice. */
  imagesOf(draws: readonly ImageDraw[]): Images {
    return this.#store === undefined ? this.source.imagesOf(draws) : { store: this.#store, draws };
  }

  /** Lets go of the host's images if the device has them. */
  releaseImages(): void {
    if (this.#store !== undefined) this.source.releaseImages();
  }

  /** Frees its memory on the device. */
  dispose(): void {
    this.#store?.dispose();
  }
}
