import { warpImage } from '../data/augment.js';
import { resizeImages } from '../data/image.js';
import { applyPreprocess } from '../data/preprocess.js';
import type { Gpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { type Ensemble, inOrder, type Member, openEnsemble, vote } from './ensemble.js';
import { type Tta, ttaDraws } from './tta.js';
import { type ForeignModel, requireFit } from './weights.js';

/** Faces per batch, at most. */
const LARGEST = 64;

/** A trained model, or several that vote, on a device, for gray faces of any size. */
export class Classifier {
  readonly #learners: readonly Learner[];

  /**
   * Throws RunError when a model needs a mean image and has none.
   * @param tta the versions of each face whose probabilities are averaged; default: the face alone
   */
  constructor(
    gpu: Gpu,
    readonly ensemble: Ensemble,
    private readonly tta: Tta = 'none',
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
    { foreign, tta }: { readonly foreign?: ForeignModel | undefined; readonly tta?: Tta | undefined } = {},
  ): Promise<Classifier> {
    return new Classifier(gpu, await openEnsemble(weights, foreign), tta);
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
      const given = { faces, count, height, width, tta: this.tta };
      votes.push(await classified(this.#learners[m] as Learner, member, given));
    }
    return vote(this.ensemble, votes);
  }

  /** Frees all device memory. */
  async dispose(): Promise<void> {
    for (const learner of this.#learners) await learner.dispose();
  }
}

interface Faces {
  readonly faces: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly tta: Tta;
}

/** What one network says, in the ensemble's order of classes. */
async function classified(
  learner: Learner,
  { saved, outputs }: Member,
  { faces, count, height, width, tta }: Faces,
): Promise<Float32Array> {
  const [h = 1, w = 1, channels = 1] = saved.network.inputShape;
  const resized = resizeImages(faces.subarray(0, count * height * width), [height, width], [h, w]);
  const images = tta === 'none' ? resized : versionsOf(resized, count, tta, [h, w, 1]);
  const total = images.length / (h * w);
  const classes = outputs.length;
  const result = new Float32Array(total * classes);
  for (let first = 0; first < total; first += LARGEST) {
    const some = Math.min(LARGEST, total - first);
    const batch = new Float32Array(2 ** Math.ceil(Math.log2(some)) * h * w * channels);
    const part = images.subarray(first * h * w, (first + some) * h * w);
    applyPreprocess(saved.preprocess, part, batch, [h, w, 1], channels);
    const probabilities = await learner.predict(batch);
    result.set(probabilities.subarray(0, some * classes), first * classes);
  }
  return inOrder(averaged(result, total / count, classes), outputs);
}

/** The versions of every image, one image after the other. */
function versionsOf(images: Uint8Array, count: number, tta: Tta, shape: [number, number, 1]): Uint8Array {
  const draws = Array.from({ length: count }, (_, image) => ttaDraws(image, tta, shape)).flat();
  const [height, width] = shape;
  const size = height * width;
  const warped = new Float32Array(draws.length * size);
  for (const [i, draw] of draws.entries()) warpImage(images, draw, warped, i * size, shape);
  return Uint8Array.from(warped, Math.round);
}

/** The means of the rows [count * versions, classes] of the versions of each image, [count, classes]. */
function averaged(rows: Float32Array, versions: number, classes: number): Float32Array {
  const mean = new Float32Array(rows.length / versions);
  for (const [i, value] of rows.entries()) {
    const image = Math.floor(i / (versions * classes));
    const at = image * classes + (i % classes);
    mean[at] = (mean[at] as number) + value / versions;
  }
  return mean;
}
