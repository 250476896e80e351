import type { KernelCase } from '../check/case.js';
import { collectTunables } from '../gpu/autotune.js';
import type { Gpu } from '../gpu/device.js';
import { Recorder } from '../gpu/recorder.js';
import { type Shape, sizeOf } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import type { Tunable } from '../gpu/tuning.js';
import { Rng } from '../util/random.js';

/** Images that a variant is held to the reference on. */
export const CHECK_BATCH = 2;

/** Something to time: what several kernels can compute, or a kernel that is alone. */
export interface BenchCase {
  readonly name: string;
  /** What is computed, e.g. `conv2d forward`, and on how much, e.g. `24x24 32->64`. */
  readonly kernel: string;
  readonly size: string;
  /** Of the tuning, whose ways the variants are; undefined: there is one way. */
  readonly family: string | undefined;
  /** What fits this adapter, the naive way first; one without a name where there is no choice. */
  readonly variants: readonly string[];
  /** Operations of the timed pass; undefined: it moves numbers more than it computes, and bytes are what counts. */
  readonly flop: number | undefined;
  /** The pass at the full batch. */
  readonly timed: Trial;
  /** A pass to be held to the reference, or the checks that do so. */
  readonly checked: CheckedTrial | readonly KernelCase[];
}

/** One pass at one size. */
export interface Trial {
  /** Of the inputs. */
  readonly shapes: readonly Shape[];
  /** Records it from its inputs; returns its outputs. */
  record(rec: Recorder, inputs: readonly Tensor[]): readonly Tensor[];
}

export interface CheckedTrial extends Trial {
  /** Random inputs with the float64 answer to the first output; remembered. */
  reference(): Reference;
}

export interface Reference {
  readonly inputs: readonly { readonly data: Float32Array; readonly shape: Shape }[];
  readonly want: ArrayLike<number>;
}

/** A trial with its reference. @param want the answer from float64 inputs */
export function checkedBy(
  trial: Trial,
  want: (...inputs: Float64Array[]) => ArrayLike<number>,
): CheckedTrial {
  let known: Reference | undefined;
  return {
    ...trial,
    reference: () => {
      if (known === undefined) {
        const inputs = trial.shapes.map(randomInput);
        known = { inputs, want: want(...inputs.map(({ data }) => Float64Array.from(data))) };
      }
      return known;
    },
  };
}

/** What timed passes ask the tuning of the device for, each once. */
export async function tunablesOf(gpu: Gpu, cases: readonly BenchCase[]): Promise<Tunable<string>[]> {
  const asked = await collectTunables(gpu, async () => {
    for (const { timed } of cases) {
      const rec = new Recorder(gpu);
      const inputs = timed.shapes.map((shape) => rec.alloc(shape, 'input'));
      timed.record(rec, inputs);
      rec.abandon();
    }
  });
  return [...asked.values()];
}

function randomInput(shape: Shape, place: number) {
  const rng = new Rng(place + 1);
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()) };
}
