import type { Gpu } from './device.js';
import type { Format } from './kernels/storage.js';
import type { Recorder } from './recorder.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';
import { readTable, type TuningTable } from './tuning_table.js';

/** A computation that can be done in several "ways", each by its own kernels, and a trial that times and compares them. */
export interface Tunable<V extends string> {
  /** Kind of computation, e.g. `matmul`. All of a family have the same ways. */
  readonly family: string;
  /** Everything else that its time depends on, e.g. `product 36 x [1008, 32] x [32, 64]`. */
  readonly extents: string;
  /** All ways that apply here, the best guess first. Results are compared with that of `reference`, where there is one. */
  readonly candidates: readonly [V, ...V[]];
  /** Default: `naive`. */
  readonly reference?: NoInfer<V>;
  /** Shapes of the inputs of a trial. */
  readonly inputs: readonly Shape[];
  /** Numbers of the inputs: 32 bits each, or halves, two in 32 bits. Default: f32. */
  readonly inputFormat?: Format;
  /**
   * Records one way and returns its outputs, which must be equal for all ways. Work recorded in `prepare` is done once
   * for many runs, so it is not timed. `way` is one of `candidates`. (A method, so that a `Tunable<V>` is also a
   * `Tunable<string>`: TypeScript compares the parameters of methods in both directions.)
   */
  trial(rec: Recorder, way: V, inputs: readonly Tensor[], prepare: Recorder): readonly Tensor[];
}

/** The best known ways to compute on one device. */
export class Tuning {
  /** Measured choices, by `tuningKey`. */
  readonly table: TuningTable;
  /** The way that a whole family must take wherever it applies (else naive). For tests and benchmarks. */
  readonly forced = new Map<string, string>();
  /** If set, `choose` adds every tunable here, for the tuner. */
  requested: Map<string, Tunable<string>> | undefined;

  constructor(table: TuningTable) {
    this.table = table;
  }
}

const tunings = new WeakMap<Gpu, Tuning>();

/** The tuning of a device: the table shipped for its adapter, overridden by measurements on this machine. */
export function tuningOf(gpu: Gpu): Tuning {
  let tuning = tunings.get(gpu);
  if (tuning === undefined) {
    tuning = new Tuning(readTable(gpu.info));
    tunings.set(gpu, tuning);
  }
  return tuning;
}

/** The key of a tunable in a tuning table. */
export function tuningKey({ family, extents }: { family: string; extents: string }): string {
  return `${family} ${extents}`;
}

/** The way to compute something on this device: forced, else measured, else the best guess. Deterministic. */
export function choose<V extends string>(gpu: Gpu, tunable: Tunable<V>): V {
  const { candidates } = tunable;
  const tuning = tuningOf(gpu);
  const key = tuningKey(tunable);
  tuning.requested?.set(key, tunable);
  const fits = (way: string | undefined): V | undefined => candidates.find((candidate) => candidate === way);
  const forced = tuning.forced.get(tunable.family);
  if (forced !== undefined) return fits(forced) ?? fits('naive') ?? candidates[0];
  return fits(tuning.table.get(key)) ?? candidates[0];
}

/** Runs `body` with some families forced to a way. For tests and benchmarks. */
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
