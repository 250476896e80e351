import { applyPreprocess } from '../data/preprocess.js';
import type { ImageShape } from '../data/types.js';
import type { Gpu } from '../gpu/device.js';
import { formatShape } from '../gpu/shape.js';
import { Learner } from '../nn/learner.js';
import type { Probe, ProbeOptions } from '../nn/probe.js';
import type { SavedModel } from '../train/model_file.js';
import { requireFit } from '../train/weights.js';
import { RunError } from '../util/errors.js';

/** Images per batch of `predict`, at most. */
const BATCH = 64;

/**
 * Throws RunError when the model takes no images, or needs a mean image and has none.
 * @param path names the model in the message
 */
export function checkSubject(saved: SavedModel, path: string): void {
  const { network } = saved;
  if (network.inputShape.length !== 3) {
    throw new RunError(
      `${path}: the network's input is ${formatShape(network.inputShape)}; expected images: [height, width, channels]`,
    );
  }
  requireFit(saved, path);
}

/** A trained network on a device, to be inspected. */
export class Subject {
  /** The network and its weights. */
  readonly learner: Learner;
  readonly #probes = new Map<string, Promise<Probe>>();

  /** @param path names the model in messages. Throws what `checkSubject` throws. */
  constructor(
    readonly gpu: Gpu,
    readonly saved: SavedModel,
    readonly path: string,
  ) {
    checkSubject(saved, path);
    this.learner = new Learner(gpu, saved.network);
    this.learner.writeWeights(saved.weights);
  }

  /** Names of the outputs, in order. */
  get classes(): readonly string[] {
    return this.saved.classes;
  }

  /** Height, width and channels of the input. */
  get inputShape(): ImageShape {
    const [height = 1, width = 1, channels = 1] = this.saved.network.inputShape;
    return [height, width, channels];
  }

  /** Name of the last layer. Its output in a probe is the class scores: the logits where it ends in softmax. */
  get scores(): string {
    return this.saved.network.layers.at(-1)?.name ?? '';
  }

  /**
   * Pixels as the network takes them.
   * @param pixels [n, H, W, stored] values 0..255 @param stored 1 for gray, which fills all channels, or the channels of the input
   * @returns [n, H, W, C]
   */
  input(pixels: ArrayLike<number>, stored: number): Float32Array {
    const [height, width, channels] = this.inputShape;
    const out = new Float32Array((pixels.length / stored) * channels);
    applyPreprocess(this.saved.preprocess, pixels, out, [height, width, stored], channels);
    return out;
  }

  /** A probe, recorded at its first use; the subject keeps it. Throws UsageError for an unknown layer. */
  async probe(options: ProbeOptions): Promise<Probe> {
    const key = JSON.stringify([options.batch, options.of, options.downTo]);
    const known = this.#probes.get(key);
    if (known !== undefined) return known;
    const made = this.learner.probe(options);
    made.catch(() => this.#probes.delete(key));
    this.#probes.set(key, made);
    return made;
  }

  /**
   * Class probabilities [n, classes]. The last batch is filled up to a power of two, so that few batch sizes are compiled.
   * @param input [n, H, W, C], preprocessed
   */
  async predict(input: Float32Array, onBatch?: (done: number, total: number) => void): Promise<Float32Array> {
    const [height, width, channels] = this.inputShape;
    const size = height * width * channels;
    const [count, classes] = [input.length / size, this.classes.length];
    const result = new Float32Array(count * classes);
    for (let first = 0; first < count; first += BATCH) {
      const some = Math.min(BATCH, count - first);
      const batch = new Float32Array(2 ** Math.ceil(Math.log2(some)) * size);
      batch.set(input.subarray(first * size, (first + some) * size));
      const probabilities = await this.learner.predict(batch);
      result.set(probabilities.subarray(0, some * classes), first * classes);
      onBatch?.(first + some, count);
    }
    return result;
  }

  /** Frees all device memory. */
  async dispose(): Promise<void> {
    for (const probe of await Promise.all(this.#probes.values())) probe.dispose();
    await this.learner.dispose();
  }
}

/** A seed [batch, classes] that differentiates the score of one class per image. */
export function classSeed(classes: readonly number[], outputs: number): Float32Array {
  const seed = new Float32Array(classes.length * outputs);
  classes.forEach((label, i) => {
    seed[i * outputs + label] = 1;
  });
  return seed;
}
