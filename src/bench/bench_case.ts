import type { KernelCase } from '../check/case.js';
import { collectTunables } from '../gpu/autotune.js';
import type { Gpu } from '../gpu/device.js';
import { Recorder } from '../gpu/recorder.js';
import { type Shape, sizeOf } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import type { Tunable } from '../gpu/tuning.js';
import { Rng } from '../util/random.js';

/** Batch size for comparing a variant with the reference. */
export const CHECK_BATCH = 2;

/** Something to time: a computation with several ways (variants), or a single kernel. */
export interface BenchCase {
  readonly name: string;
  /** What is computed, e.g. `conv2d forward`. */
  readonly kernel: string;
  /** The size of the problem, e.g. `24x24 32->64`. */
  readonly size: string;
  /** The family of tunables whose ways are the variants; undefined if there is a single way. */
  readonly family: string | undefined;
  /** The variants that this adapter can run, naive first; a single empty name where there is no choice. */
  readonly variants: readonly string[];
  /** Floating-point operations of the timed pass; undefined if memory traffic dominates, and bytes count instead. */
  readonly flop: number | undefined;
  /** The pass to time, at the full batch size. */
  readonly timed: Trial;
  /** A small pass to compare with the reference, or the kernel checks that do so. */
  readonly checked: CheckedTrial | readonly KernelCase[];
}

/** One pass at one size. */
export interface Trial {
  /** Shapes of the inputs. */
  readonly shapes: readonly Shape[];
  /** Records the pass; returns its outputs. */
  record(rec: Recorder, inputs: readonly Tensor[]): readonly Tensor[];
}

export interface CheckedTrial extends Trial {
  /** Random inputs and the expected first output; computed once. */
  reference(): Reference;
}

export interface Reference {
  readonly inputs: readonly { readonly data: Float32Array; readonly shape: Shape }[];
  readonly want: ArrayLike<number>;
}

/** A trial with its reference. @param want computes the expected first output from float64 inputs */
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

/** All tunables that the timed passes look up in the device's tuning. */
export async function tunablesOf(gpu: Gpu, cases: readonly BenchCase[]): Promise<Tunable<string>[]> {
  const tunables = await collectTunables(gpu, async () => {
    for (const { timed } of cases) {
      const rec = new Recorder(gpu);
      const inputs = timed.shapes.map((shape) => rec.alloc(shape, 'input'));
      timed.record(rec, inputs);
      rec.abandon();
    }
  });
  return [...tunables.values()];
}

function randomInput(shape: Shape, index: number) {
  const rng = new Rng(index + 1);
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()) };
}
