import type { KernelCase } from '../check/case.js';
import { checkKernel, TOLERANCE } from '../check/kernel_checks.js';
import { milliseconds } from '../gpu/autotune.js';
import type { Gpu } from '../gpu/device.js';
import { Recorder, runOnce } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';
import { withForced } from '../gpu/tuning.js';
import { relativeError } from '../reference/arrays.js';
import { UsageError } from '../util/errors.js';
import type { BenchCase, CheckedTrial, Trial } from './bench_case.js';
import type { Ceilings } from './ceiling.js';
import { kernelCases } from './kernel_cases.js';
import { type Limit, limitOf } from './limit.js';
import { bar, figure, type Table } from './report.js';
import { type SampleOptions, type Summary, sample, scaled, summarize } from './statistics.js';

/** The comparison of a variant with the float64 reference. */
export interface VariantCheck {
  /** Relative error in the 2-norm. */
  readonly error: number;
  /** Whether the error is within the tolerance. */
  readonly ok: boolean;
  /** If not ok: the first value whose error exceeds the tolerance times the largest expected value. */
  readonly differs?: { readonly index: number; readonly got: number; readonly want: number };
}

/** Runs `body` with the case's family forced to a variant. */
function withVariant<T>(
  gpu: Gpu,
  { family }: BenchCase,
  variant: string,
  body: () => Promise<T>,
): Promise<T> {
  return family === undefined ? body() : withForced(gpu, { [family]: variant }, body);
}

const isTrial = (checked: BenchCase['checked']): checked is CheckedTrial => 'reference' in checked;

/** Compares a variant with the reference. */
export async function checkVariant(gpu: Gpu, spec: BenchCase, variant: string): Promise<VariantCheck> {
  const { checked } = spec;
  return isTrial(checked)
    ? withVariant(gpu, spec, variant, () => checkTrial(gpu, checked))
    : runChecks(gpu, checked);
}

/** The worst result of several kernel checks. */
async function runChecks(gpu: Gpu, checks: readonly KernelCase[]): Promise<VariantCheck> {
  const possible = checks.filter((check) => check.possible?.(gpu) !== false);
  let worst = { error: 0, ok: possible.length > 0 };
  for (const check of possible) {
    const { error, ok } = await checkKernel(gpu, check);
    worst = { error: Math.max(worst.error, error), ok: worst.ok && ok };
  }
  return worst;
}

async function checkTrial(gpu: Gpu, trial: CheckedTrial): Promise<VariantCheck> {
  const { inputs, want } = trial.reference();
  const tensors = inputs.map(({ data, shape }, i) => gpu.tensor(data, shape, `input ${i}`));
  try {
    const got = await runOnce(
      gpu,
      (rec) => trial.record(rec, tensors)[0] as Tensor,
      (out) => gpu.read(out),
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

/** The speed of a variant. */
export interface VariantTimes {
  /** Milliseconds of device time. */
  readonly ms: Summary;
  /** GFLOP/s; absent where memory traffic dominates. */
  readonly gflops?: number;
  /** GB/s, counting each input and output once. */
  readonly gbytes: number;
  /** Bytes of all inputs and outputs. */
  readonly bytes: number;
  readonly dispatches: number;
}

/** Records a trial with newly allocated inputs. */
function recordTrial(gpu: Gpu, { shapes, record }: Trial): { rec: Recorder; bytes: number } {
  const rec = new Recorder(gpu);
  const inputs = shapes.map((shape) => rec.alloc(shape, 'input'));
  const outputs = record(rec, inputs);
  return { rec, bytes: 4 * [...inputs, ...outputs].reduce((sum, { size }) => sum + size, 0) };
}

/** Times a variant at the full batch size. */
export async function timeVariant(
  gpu: Gpu,
  spec: BenchCase,
  variant: string,
  options: SampleOptions,
): Promise<VariantTimes> {
  return withVariant(gpu, spec, variant, async () => {
    const { rec, bytes } = recordTrial(gpu, spec.timed);
    const program = await rec.finish();
    try {
      const run = async (): Promise<number> => (await milliseconds(gpu, program)) / 1e3;
      const seconds = summarize(await sample(run, { least: 3, ...options }));
      const rate = (amount: number): number => amount / seconds.median / 1e9;
      return {
        ms: scaled(seconds, 1e3),
        ...(spec.flop !== undefined && { gflops: rate(spec.flop) }),
        gbytes: rate(bytes),
        ...{ bytes, dispatches: program.commands.length },
      };
    } finally {
      program.dispose();
    }
  });
}

/** Names of the kernels that a variant runs, in order of their first use. */
export async function kernelsOf(gpu: Gpu, spec: BenchCase, variant: string): Promise<string[]> {
  return withVariant(gpu, spec, variant, async () => {
    const { rec } = recordTrial(gpu, isTrial(spec.checked) ? spec.checked : spec.timed);
    const program = await rec.finish();
    const names = program.commands.map(({ kernel }) => kernel);
    program.dispose();
    return [...new Set(names)];
  });
}

/** A row of `npm run bench -- kernels`. */
export type KernelResult = { readonly name: string; readonly variant: string; readonly error: number } & (
  | { readonly wrong: true }
  | (VariantTimes & {
      readonly wrong?: undefined;
      readonly ofCeiling: number;
      readonly timesNaive: number;
      readonly limit: Limit;
    })
);

export interface KernelBenchOptions {
  readonly batch: number;
  /** Only cases whose name contains this. */
  readonly filter?: string | undefined;
  /** Seconds of timing per variant. */
  readonly seconds: number;
  readonly log?: (text: string) => void;
}

/** Compares every variant of every case with the reference, then times those that are correct. Throws UsageError. */
export async function benchKernels(
  gpu: Gpu,
  ceilings: Ceilings,
  { batch, filter = '', seconds, log }: KernelBenchOptions,
): Promise<KernelResult[]> {
  const results: KernelResult[] = [];
  const cases = await kernelCases(gpu, batch);
  const chosen = cases.filter(({ name }) => name.includes(filter));
  if (chosen.length === 0) {
    throw new UsageError(
      `filter "${filter}": no case has it in its name; an example of a name is "${cases[0]?.name}"`,
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
      const times = await timeVariant(gpu, spec, variant, { seconds });
      naive ??= times.ms.median;
      const { gflops, gbytes } = times;
      const ofCeiling = gflops === undefined ? gbytes / ceilings.gbytes : gflops / ceilings.gflops;
      const limit = limitOf(ceilings, { flop: spec.flop, ...times });
      results.push({ ...row, ...times, ofCeiling, timesNaive: naive / times.ms.median, limit });
    }
  }
  return results;
}

export function kernelTable(results: readonly KernelResult[]): Table {
  return {
    head: [
      'kernel',
      'variant',
      'error',
      'ms',
      'p95',
      'GFLOP/s',
      'of ceiling',
      '',
      'GB/s',
      'x naive',
      'bound by',
      'of limit',
    ],
    rows: results.map((r) => {
      const start = [r.name, r.variant, r.error.toExponential(1)];
      if (r.wrong) return [...start, 'WRONG: not timed'];
      const { ms, gflops, ofCeiling, gbytes, timesNaive, limit } = r;
      const share = `${Math.round(100 * ofCeiling)} %`;
      return [
        ...start,
        ...[
          figure(ms.median),
          figure(ms.p95),
          gflops === undefined ? '-' : figure(gflops),
          share,
          bar(ofCeiling, 10),
        ],
        ...[figure(gbytes), figure(timesNaive), limit.boundBy],
        `${Math.round((100 * limit.ms) / ms.median)} %`,
      ];
    }),
  };
}
