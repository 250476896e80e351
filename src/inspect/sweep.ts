import type { Split } from '../data/types.js';
import { sizeOf } from '../gpu/shape.js';
import type { Subject } from './subject.js';

/** Faces per run. */
const BATCH = 32;

/** What one pass over many faces collects. */
export interface Sweep {
  /** [n, classes] */
  readonly probabilities: Float32Array;
  /** [n, features]: the values of a layer as vectors; empty without one. */
  readonly features: Float32Array;
  readonly featureCount: number;
  /** [n, channels]: the largest activation of each channel of a layer with maps; empty without one. */
  readonly peaks: Float32Array;
  readonly channels: number;
}

/**
 * Runs all faces through the network once.
 * @param split images [n, H, W] at the size of the network's input
 * @param features layer whose values to keep @param maps layer of which to keep the largest activation of each channel
 */
export async function sweep(
  subject: Subject,
  { images, labels }: Split,
  { features, maps }: { features: string | undefined; maps: string | undefined },
  progress: (done: number, total: number) => void,
): Promise<Sweep> {
  const [height, width, inputs] = subject.inputShape;
  const [pixels, n, classes] = [height * width, labels.length, subject.classes.length];
  const widthOf = (name: string | undefined): readonly number[] =>
    subject.saved.network.layers.find((layer) => layer.name === name)?.outputShape ?? [0];
  const [featureCount, channels] = [sizeOf(widthOf(features)), widthOf(maps).at(-1) ?? 0];
  const made = {
    probabilities: new Float32Array(n * classes),
    features: new Float32Array(n * featureCount),
    peaks: new Float32Array(n * channels).fill(Number.NEGATIVE_INFINITY),
  };
  const probe = await subject.probe({ batch: BATCH });
  const batch = new Float32Array(BATCH * pixels * inputs);
  for (let first = 0; first < n; first += BATCH) {
    const count = Math.min(BATCH, n - first);
    batch.set(subject.input(images.subarray(first * pixels, (first + count) * pixels), 1));
    probe.forward(batch);
    const probabilities = await probe.probabilities();
    made.probabilities.set(probabilities.subarray(0, count * classes), first * classes);
    if (features !== undefined) {
      const { data } = await probe.output(features);
      made.features.set(data.subarray(0, count * featureCount), first * featureCount);
    }
    if (maps !== undefined) {
      const { data } = await probe.output(maps);
      const perFace = data.length / BATCH;
      for (let i = 0; i < count * perFace; i++) {
        const at = (first + Math.floor(i / perFace)) * channels + (i % channels);
        made.peaks[at] = Math.max(made.peaks[at] as number, data[i] as number);
      }
    }
    progress(first + count, n);
  }
  return { ...made, featureCount, channels };
}
