import { applyPreprocess } from '../data/preprocess.js';
import type { Gpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { requireFaces } from '../train/evaluation.js';
import { type ForeignModel, openModel, type SavedModel } from '../train/weights.js';

/** A model on a device, for faces as the training images are. */
export class Classifier {
  readonly #learner: Learner;
  readonly #saved: SavedModel;

  constructor(gpu: Gpu, saved: SavedModel) {
    this.#learner = new Learner(gpu, saved.network);
    this.#learner.writeWeights(saved.weights);
    this.#saved = saved;
  }

  /** Throws RunError. */
  static async open(gpu: Gpu, path: string, foreign?: ForeignModel): Promise<Classifier> {
    const saved = await openModel(path, foreign);
    requireFaces(saved, path);
    return new Classifier(gpu, saved);
  }

  get classes(): readonly string[] {
    return this.#saved.classes;
  }

  /** Probabilities [count, classes] of gray faces [count, 48, 48]. */
  async classify(faces: Uint8Array): Promise<Float32Array> {
    const input = new Float32Array(faces.length);
    applyPreprocess(this.#saved.preprocess, faces, input);
    return this.#learner.predict(input);
  }

  async dispose(): Promise<void> {
    await this.#learner.dispose();
  }
}
