import { resizeImages } from '../data/image.js';
import { applyPreprocess } from '../data/preprocess.js';
import type { Gpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { type ForeignModel, openModel, requireMean, type SavedModel } from './weights.js';

/** Faces per batch, at most. */
const LARGEST = 64;

/** A trained model on a device, for gray faces of any size. */
export class Classifier {
  readonly #learner: Learner;

  /** @param path used in error messages. Throws RunError when the model needs a mean image and has none. */
  constructor(
    gpu: Gpu,
    readonly saved: SavedModel,
    path: string,
  ) {
    requireMean(saved, path);
    this.#learner = new Learner(gpu, saved.network);
    this.#learner.writeWeights(saved.weights);
  }

  /** Opens a model file of any format. Throws RunError. */
  static async open(gpu: Gpu, path: string, foreign?: ForeignModel): Promise<Classifier> {
    return new Classifier(gpu, await openModel(path, foreign), path);
  }

  get classes(): readonly string[] {
    return this.saved.classes;
  }

  /** Height and width of the network's input. Faces of other sizes are resized. */
  get inputSize(): readonly [height: number, width: number] {
    const [height = 1, width = 1] = this.saved.network.inputShape;
    return [height, width];
  }

  /**
   * Class probabilities [count, classes]. Batches are padded to powers of two, so that only a few batch sizes have to be
   * compiled although the number of faces varies.
   * @param faces [count, height, width] gray values 0..255, before resizing and preprocessing
   */
  async classify(faces: Uint8Array, count: number, height: number, width: number): Promise<Float32Array> {
    const [h, w] = this.inputSize;
    const channels = this.saved.network.inputShape[2] ?? 1;
    const images = resizeImages(faces.subarray(0, count * height * width), [height, width], [h, w]);
    const classes = this.classes.length;
    const result = new Float32Array(count * classes);
    for (let first = 0; first < count; first += LARGEST) {
      const some = Math.min(LARGEST, count - first);
      const batch = new Float32Array(2 ** Math.ceil(Math.log2(some)) * h * w * channels);
      const part = images.subarray(first * h * w, (first + some) * h * w);
      applyPreprocess(this.saved.preprocess, part, batch, [h, w, 1], channels);
      const probabilities = await this.#learner.predict(batch);
      result.set(probabilities.subarray(0, some * classes), first * classes);
    }
    return result;
  }

  /** Frees all device memory. */
  async dispose(): Promise<void> {
    await this.#learner.dispose();
  }
}
