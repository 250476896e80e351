import type { Gpu } from '../gpu/device.js';
import { collectsOnly, collectVariants } from '../gpu/kernel.js';
import type { Program } from '../gpu/program.js';
import { Recorder, runOnce } from '../gpu/recorder.js';
import type { Shape } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import { withForced } from '../gpu/tuning.js';
import { relativeError } from '../reference/arrays.js';
import { unpackHalves } from '../util/halves.js';

/** One comparison of kernels with the float64 reference. */
export interface KernelCase {
  /** Names of the kernels that it runs. */
  readonly kernels: readonly string[];
  readonly title: string;
  /** The ways that it forces, by family of tunables; default: none. */
  readonly forced?: Readonly<Record<string, string>>;
  /** Whether the adapter can run it; default: every adapter can. */
  readonly possible?: (gpu: Gpu) => boolean;
  /** Largest allowed error; default: TOLERANCE of kernel_checks.ts. */
  readonly tolerance?: number;
  /** The relative error of each output in the 2-norm. */
  run(gpu: Gpu): Promise<Record<string, number>>;
}

/** Each output of the device, by name, with the reference's values. Outputs are floats unless `as` says otherwise. */
export type Outputs = Record<
  string,
  {
    readonly got: Tensor;
    /** A function if computing them takes long: it is called only if they are compared. */
    readonly want: ArrayLike<number> | (() => ArrayLike<number>);
    readonly as?: 'u32' | 'halves';
  }
>;

/** Data for one input tensor. */
export interface InputArray {
  readonly data: Float32Array | Uint32Array;
  readonly shape: Shape;
}

/** A case with each grain of shaders/parts/grain.wgsl. */
export function inGrains(testCase: KernelCase): KernelCase[] {
  return (['coarse', 'fine'] as const).map((grain) => ({
    ...testCase,
    title: `${testCase.title}, ${grain}`,
    forced: { ...testCase.forced, grain },
    run: (gpu) => withForced(gpu, { grain }, () => testCase.run(gpu)),
  }));
}

/** The programs recorded so far on a device whose cases are recorded without running (`recordOnly`). */
const recorded = new WeakMap<Gpu, Program[]>();

/** Records the programs of the cases that `body` runs, without running them. The caller disposes them. */
export async function recordOnly(gpu: Gpu, body: () => Promise<unknown>): Promise<Program[]> {
  const programs: Program[] = [];
  recorded.set(gpu, programs);
  try {
    await body();
  } finally {
    recorded.delete(gpu);
  }
  return programs;
}

/** The kernels that a case would run, as `collectVariants` gives them. It neither compiles nor runs them. */
export async function variantsOf(gpu: Gpu, testCase: KernelCase): Promise<Set<string>> {
  return collectVariants(gpu, () => testCase.run(gpu), { only: true });
}

/** Uploads inputs, records and runs `body`, and returns the relative error of each output. */
export async function compare<K extends string>(
  gpu: Gpu,
  inputs: Readonly<Record<K, InputArray>>,
  body: (rec: Recorder, tensors: Readonly<Record<K, Tensor>>) => Outputs,
): Promise<Record<string, number>> {
  const entries: [string, InputArray][] = Object.entries(inputs);
  const tensors = Object.fromEntries(
    entries.map(([name, { data, shape }]) => [name, gpu.tensor(data, shape, name)]),
  ) as Record<K, Tensor>;
  try {
    if (collectsOnly(gpu)) {
      const rec = new Recorder(gpu);
      body(rec, tensors);
      rec.abandon();
      return {};
    }
    const programs = recorded.get(gpu);
    if (programs !== undefined) {
      const rec = new Recorder(gpu);
      body(rec, tensors);
      programs.push(await rec.finish());
      return {};
    }
    return await runOnce(
      gpu,
      (rec) => body(rec, tensors),
      async (outputs) => {
        const errors: Record<string, number> = {};
        for (const [name, { got, want, as }] of Object.entries(outputs)) {
          const values = as === undefined ? await gpu.read(got) : await gpu.readU32(got);
          errors[name] = relativeError(
            as === 'halves' ? unpackHalves(values as Uint32Array) : values,
            typeof want === 'function' ? want() : want,
          );
        }
        return errors;
      },
    );
  } finally {
    for (const tensor of Object.values<Tensor>(tensors)) gpu.free(tensor);
  }
}
