import type { Gpu } from '../gpu/device.js';
import { ShapeError } from '../gpu/errors.js';
import { DRAW_WORDS, packDraws, pickImages, standardizeImages } from '../gpu/kernels/batch_images.js';
import type { Recorder } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';
import type { ImageDraw } from '../util/image_draw.js';

/** Options of an `ImageStore`. */
export interface ImageStoreOptions {
  /** Height and width of one image. */
  readonly size: readonly [number, number];
  /** Channels of a stored image; default 1. */
  readonly channels?: number;
  /** [H, W], in units of pixel values; subtracted from every image; default none. */
  readonly mean?: Float32Array | undefined;
  /** Divisor of the difference; default 1. */
  readonly divisor?: number;
  /** [H, W], a divisor of each pixel, in place of `divisor`; default none. */
  readonly divisors?: Float32Array | undefined;
  /** Whether each image is then standardized by its own mean and standard deviation; default false. */
  readonly eachImage?: boolean;
}

/**
 * Images that stay on the device as bytes, from which the device builds batches of floats. The creator disposes it, when
 * no learner uses it any more.
 */
export class ImageStore {
  static #made = 0;
  /** Identifies the store. */
  readonly id = ++ImageStore.#made;
  /** Number of images in the store. */
  readonly count: number;
  readonly #pixels: Tensor;
  readonly #mean: Tensor | undefined;
  readonly #divisors: Tensor | undefined;

  /** @param bytes pixels [N, H, W, C], 0 to 255. Throws ShapeError, OutOfMemoryError. */
  constructor(
    private readonly gpu: Gpu,
    bytes: Uint8Array,
    /** The options given. */
    readonly options: ImageStoreOptions,
  ) {
    const [h, w] = options.size;
    const channels = options.channels ?? 1;
    this.count = bytes.length / (h * w * channels);
    if (!Number.isInteger(this.count)) {
      const got = `${bytes.length} bytes`;
      throw new ShapeError('images', 'bytes are whole images', `[N, ${h}, ${w}, ${channels}]`, got);
    }
    const words = Math.max(1, Math.ceil(bytes.length / 4));
    this.#pixels = gpu.empty([words], 'resident images');
    gpu.writeBytes(this.#pixels, bytes.length === 4 * words ? bytes : padded(bytes, 4 * words));
    this.#mean = options.mean && gpu.tensor(options.mean, [h, w], 'mean image');
    this.#divisors = options.divisors && gpu.tensor(options.divisors, [h, w], 'divisors');
  }

  /** Whether that many bytes fit into one buffer of the device. */
  static fits(gpu: Gpu, bytes: number): boolean {
    return bytes <= gpu.pool.largest;
  }

  /** Records the dispatch that fills `images` [B, H, W, C]. Returns the tensor to pass to `choose` before each run. */
  record(rec: Recorder, images: Tensor): Tensor {
    const draws = rec.allocPrivate([images.shape[0] ?? 0, DRAW_WORDS], 'draws');
    const { divisor = 1, channels = 1, eachImage = false } = this.options;
    const [height, width] = this.options.size;
    pickImages(
      rec,
      { pixels: this.#pixels, draws, mean: this.#mean, divisors: this.#divisors, images },
      { divisor, stored: channels },
    );
    if (eachImage) standardizeImages(rec, images, height * width * channels);
    return draws;
  }

  /** Chooses the images for the next run of a program. Throws ShapeError for an index outside of the store. */
  choose(into: Tensor, draws: readonly ImageDraw[]): void {
    const missing = draws.find(({ image }) => !(image >= 0 && image < this.count));
    if (missing !== undefined) {
      throw new ShapeError(
        'images',
        'the index of a drawn image is in range',
        `0 to ${this.count - 1}`,
        `${missing.image}`,
      );
    }
    this.gpu.write(into, packDraws(draws));
  }

  /** Frees its memory on the device. */
  dispose(): void {
    this.gpu.free(this.#pixels);
    if (this.#mean !== undefined) this.gpu.free(this.#mean);
    if (this.#divisors !== undefined) this.gpu.free(this.#divisors);
  }
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
}
