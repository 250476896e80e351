import { resizeImages } from '../data/image.js';
import { applyPreprocess } from '../data/preprocess.js';
import type { Gpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { type Ensemble, inOrder, type Member, openEnsemble, vote } from './ensemble.js';
import { type ForeignModel, requireFit } from './weights.js';

/** Faces per batch, at most. */
const LARGEST = 64;

/** A trained model, or several that vote, on a device, for gray faces of any size. */
export class Classifier {
  readonly #learners: readonly Learner[];

  /** Throws RunError when a model needs a mean image and has none. */
  constructor(
    gpu: Gpu,
    readonly ensemble: Ensemble,
  ) {
    for (const { saved, path } of ensemble.members) requireFit(saved, path);
    this.#learners = ensemble.members.map(({ saved }) => {
      const learner = new Learner(gpu, saved.network);
      learner.writeWeights(saved.weights);
      return learner;
    });
  }

  /** Opens what `--weights` names: see `openEnsemble`. Throws RunError. */
  static async open(
    gpu: Gpu,
    weights: string | readonly string[] | undefined,
    foreign?: ForeignModel,
  ): Promise<Classifier> {
    return new Classifier(gpu, await openEnsemble(weights, foreign));
  }

  get classes(): readonly string[] {
    return this.ensemble.classes;
  }

  /** The member with the largest share, and of equals the first. */
  get leader(): Member {
    return this.ensemble.members.reduce((most, member) => (member.share > most.share ? member : most));
  }

  /** Height and width of the leader's input. Faces of other sizes are resized. */
  get inputSize(): readonly [height: number, width: number] {
    const [height = 1, width = 1] = this.leader.saved.network.inputShape;
    return [height, width];
  }

  /**
   * Class probabilities [count, classes]. Batches are padded to powers of two, so that only a few batch sizes have to be
   * compiled although the number of faces varies.
   * @param faces [count, height, width] gray values 0..255, before resizing and preprocessing
   */
  async classify(faces: Uint8Array, count: number, height: number, width: number): Promise<Float32Array> {
    const votes: Float32Array[] = [];
    for (const [m, member] of this.ensemble.members.entries()) {
      votes.push(await classified(this.#learners[m] as Learner, member, { faces, count, height, width }));
    }
    return vote(this.ensemble, votes);
  }

  /** Frees all device memory. */
  async dispose(): Promise<void> {
    for (const learner of this.#learners) await learner.dispose();
  }
}

/** What one network says, in the ensemble's order of classes. */
async function classified(
  learner: Learner,
  { saved, outputs }: Member,
  { faces, count, height, width }: { faces: Uint8Array; count: number; height: number; width: number },
): Promise<Float32Array> {
  const [h = 1, w = 1, channels = 1] = saved.network.inputShape;
  const images = resizeImages(faces.subarray(0, count * height * width), [height, width], [h, w]);
  const classes = outputs.length;
  const result = new Float32Array(count * classes);
  for (let first = 0; first < count; first += LARGEST) {
    const some = Math.min(LARGEST, count - first);
    const batch = new Float32Array(2 ** Math.ceil(Math.log2(some)) * h * w * channels);
    const part = images.subarray(first * h * w, (first + some) * h * w);
    applyPreprocess(saved.preprocess, part, batch, [h, w, 1], channels);
    const probabilities = await learner.predict(batch);
    result.set(probabilities.subarray(0, some * classes), first * classes);
  }
  return inOrder(result, outputs);
}
