import type { Gpu } from './device.js';
import type { Recorder } from './recorder.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';
import { readTable, type TuningTable } from './tuning_table.js';

/** Something that several kernels can compute, and how to find out which of them is fastest. */
export interface Tunable<V extends string> {
  /** What has the same choices, e.g. `matmul`. */
  readonly family: string;
  /** Everything else that the times depend on, e.g. `product 36 x [1008, 32] x [32, 64]`. */
  readonly extents: string;
  /** All ways that fit here, `naive` among them: the best guess first. */
  readonly candidates: readonly [V, ...V[]];
  /** Shapes of the inputs of a trial. */
  readonly inputs: readonly Shape[];
  /**
   * Records one way, and returns what must be equal for all of them. What goes to `prepare` is not timed: work that
   * is done once for many runs.
   */
  readonly trial: (rec: Recorder, way: V, inputs: readonly Tensor[], prepare: Recorder) => readonly Tensor[];
}

/** What is known about the best ways to compute on one device. */
export class Tuning {
  /** Measured choices by `family extents`. */
  readonly table: TuningTable;
  /** A way for a whole family, wherever it fits (else naively): for tests and benchmarks. */
  readonly forced = new Map<string, string>();
  /** If set, everything that is asked for is noted here, for the tuner. */
  asked: Map<string, Tunable<string>> | undefined;

  constructor(table: TuningTable) {
    this.table = table;
  }
}

const tunings = new WeakMap<Gpu, Tuning>();

/** The tuning of a device: the table shipped for its adapter, under what was measured on this machine. */
export function tuningOf(gpu: Gpu): Tuning {
  let tuning = tunings.get(gpu);
  if (tuning === undefined) {
    tuning = new Tuning(readTable(gpu.info));
    tunings.set(gpu, tuning);
  }
  return tuning;
}

/** The row of a tunable in a tuning table. */
export function tuningKey({ family, extents }: { family: string; extents: string }): string {
  return `${family} ${extents}`;
}

/** The way to compute it on this device: forced, else measured, else the best guess. The same answer every time. */
export function choose<V extends string>(gpu: Gpu, tunable: Tunable<V>): V {
  const { candidates } = tunable;
  const tuning = tuningOf(gpu);
  const key = tuningKey(tunable);
  tuning.asked?.set(key, tunable as unknown as Tunable<string>);
  const fits = (way: string | undefined): V | undefined => candidates.find((candidate) => candidate === way);
  const forced = tuning.forced.get(tunable.family);
  if (forced !== undefined) return fits(forced) ?? fits('naive') ?? candidates[0];
  return fits(tuning.table.get(key)) ?? candidates[0];
}

/** Runs `body` with ways forced, by family. For tests and benchmarks. */
export async function withForced<T>(
  gpu: Gpu,
  ways: Readonly<Record<string, string>>,
  body: () => Promise<T>,
): Promise<T> {
  const { forced } = tuningOf(gpu);
  const before = new Map(forced);
  for (const [family, way] of Object.entries(ways)) forced.set(family, way);
  try {
    return await body();
  } finally {
    forced.clear();
    for (const [family, way] of before) forced.set(family, way);
  }
}
