import { milliseconds } from '../gpu/autotune.js';
import type { Gpu } from '../gpu/device.js';
import { Recorder, runOnce } from '../gpu/recorder.js';
import { withForced } from '../gpu/tuning.js';
import { relativeError } from '../reference/arrays.js';
import { UsageError } from '../util/errors.js';
import type { Ceilings } from './ceiling.js';
import { type BenchCase, kernelCases } from './kernel_cases.js';
import { bar, figure, type Table } from './report.js';
import { type SampleOptions, type Summary, sample, scaled, summarize } from './statistics.js';

/** Images that a variant is held to the reference on. */
const CHECK_BATCH = 2;
const TOLERANCE = 1e-4;

/** How far a variant is from the float64 reference. */
export interface VariantCheck {
  /** Relative in norm. */
  readonly error: number;
  /** Whether that is what float32 arithmetic may make. */
  readonly ok: boolean;
  /** Of a wrong one: the first value that is off by more than the tolerance of the largest one there is. */
  readonly differs?: { readonly index: number; readonly got: number; readonly want: number };
}

/** Holds a variant to the reference on two random images. */
export async function checkVariant(gpu: Gpu, spec: BenchCase, variant: string): Promise<VariantCheck> {
  const { inputs, want } = spec.reference(CHECK_BATCH);
  const tensors = inputs.map(({ data, shape }, i) => gpu.tensor(data, shape, `input ${i}`));
  try {
    const got = await withForced(gpu, { [spec.family]: variant }, () =>
      runOnce(
        gpu,
        (rec) => spec.record(rec, CHECK_BATCH, tensors),
        (out) => gpu.read(out),
      ),
    );
    const error = relativeError(got, want);
    return error <= TOLERANCE ? { error, ok: true } : { error, ok: false, ...firstDifference(got, want) };
  } finally {
    for (const tensor of tensors) gpu.free(tensor);
  }
}

function firstDifference(got: Float32Array, want: ArrayLike<number>): Pick<VariantCheck, 'differs'> {
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i] ?? 0));
  const index = got.findIndex((value, i) => !(Math.abs(value - (want[i] ?? 0)) <= TOLERANCE * largest));
  return index < 0 ? {} : { differs: { index, got: got[index] ?? 0, want: want[index] ?? 0 } };
}

/** What a variant reaches. */
export interface VariantTimes {
  /** Milliseconds of device time. */
  readonly ms: Summary;
  readonly gflops: number;
  readonly gbytes: number;
}

/** Times a variant at the full batch. */
export async function timeVariant(
  gpu: Gpu,
  spec: BenchCase,
  variant: string,
  { batch, ...options }: { readonly batch: number } & SampleOptions,
): Promise<VariantTimes> {
  const seconds = await withForced(gpu, { [spec.family]: variant }, async () => {
    const rec = new Recorder(gpu);
    const inputs = spec.shapes(batch).map((shape) => rec.alloc(shape, 'input'));
    spec.record(rec, batch, inputs);
    const program = await rec.finish();
    try {
      const run = async (): Promise<number> => (await milliseconds(gpu, program)) / 1e3;
      return summarize(await sample(run, { least: 3, ...options }));
    } finally {
      program.dispose();
    }
  });
  const { flop, bytes } = spec.work(batch);
  return {
    ms: scaled(seconds, 1e3),
    gflops: flop / seconds.median / 1e9,
    gbytes: bytes / seconds.median / 1e9,
  };
}

/** Names of the kernels that a variant is made of, in the order in which they run. */
export async function kernelsOf(gpu: Gpu, spec: BenchCase, variant: string): Promise<string[]> {
  return withForced(gpu, { [spec.family]: variant }, async () => {
    const rec = new Recorder(gpu);
    const inputs = spec.shapes(CHECK_BATCH).map((shape) => rec.alloc(shape, 'input'));
    spec.record(rec, CHECK_BATCH, inputs);
    const program = await rec.finish();
    const names = program.commands.map(({ kernel }) => kernel);
    program.dispose();
    return [...new Set(names)];
  });
}

/** A row of `npm run bench -- kernels`. */
export type KernelResult = { readonly name: string; readonly variant: string; readonly error: number } & (
  | { readonly wrong: true }
  | (VariantTimes & { readonly wrong?: undefined; readonly ofCeiling: number; readonly timesNaive: number })
);

export interface KernelBenchOptions {
  readonly batch: number;
  /** Part of a name. */
  readonly filter?: string | undefined;
  /** For each variant. */
  readonly seconds: number;
  readonly log?: (text: string) => void;
}

/** Every variant of every case: held to the reference, then timed; one that is wrong is not. */
export async function benchKernels(
  gpu: Gpu,
  ceilings: Ceilings,
  { batch, filter = '', seconds, log }: KernelBenchOptions,
): Promise<KernelResult[]> {
  const results: KernelResult[] = [];
  const cases = kernelCases(gpu);
  const chosen = cases.filter(({ name }) => name.includes(filter));
  if (chosen.length === 0) {
    throw new UsageError(
      `filter "${filter}": no kernel has it in its name; there is e.g. "${cases[0]?.name}"`,
    );
  }
  for (const spec of chosen) {
    log?.(spec.name);
    let naive: number | undefined;
    for (const variant of spec.variants) {
      const { error, ok } = await checkVariant(gpu, spec, variant);
      const row = { name: spec.name, variant, error };
      if (!ok) {
        results.push({ ...row, wrong: true });
        continue;
      }
      const times = await timeVariant(gpu, spec, variant, { batch, seconds });
      naive ??= times.ms.median;
      const ofCeiling = times.gflops / ceilings.gflops;
      results.push({ ...row, ...times, ofCeiling, timesNaive: naive / times.ms.median });
    }
  }
  return results;
}

export function kernelTable(results: readonly KernelResult[]): Table {
  return {
    head: ['kernel', 'variant', 'error', 'ms', 'p95', 'GFLOP/s', 'of ceiling', '', 'GB/s', 'x naive'],
    rows: results.map((r) => {
      const start = [r.name, r.variant, r.error.toExponential(1)];
      if (r.wrong) return [...start, 'WRONG: not timed'];
      const { ms, gflops, ofCeiling, gbytes, timesNaive } = r;
      const share = `${Math.round(100 * ofCeiling)} %`;
      return [
        ...start,
        ...[figure(ms.median), figure(ms.p95), figure(gflops), share, bar(ofCeiling, 10)],
        ...[figure(gbytes), figure(timesNaive)],
      ];
    }),
  };
}
