import type { Gpu } from './device.js';
import { type Program, Recorder } from './recorder.js';
import { sizeOf } from './shape.js';
import type { Tensor } from './tensor.js';
import { type Tunable, tuningKey, tuningOf } from './tuning.js';

/** What came out for one row of the tuning table. */
export interface TuneResult {
  readonly key: string;
  readonly way: string;
  /** Median milliseconds of each way that was timed. */
  readonly times: Readonly<Record<string, number>>;
  /** Ways whose result differs from the naive kernel's, with the error relative in norm; they cannot win. */
  readonly wrong: Readonly<Record<string, number>>;
}

export interface AutotuneOptions {
  /** Called before each row, with how many are done and known so far. */
  readonly onProgress?: (progress: { key: string; done: number; known: number }) => void;
  /** Seconds of timing a row; default 0.4. */
  readonly seconds?: number;
}

/** How far a result may be from the naive kernel's: the tolerance of the kernel checks, twice (both may be off). */
const TOLERANCE = 2e-4;
/** A way must beat the best guess by this much to replace it: less is noise. */
const MARGIN = 0.97;
/** Ways slower than this many times the best are not timed again. */
const HOPELESS = 2;
const LEAST_ROUNDS = 5;

/** Everything that `body` asks the tuning of the device for. */
export async function collectTunables(
  gpu: Gpu,
  body: () => Promise<unknown>,
): Promise<Map<string, Tunable<string>>> {
  const tuning = tuningOf(gpu);
  const asked = new Map<string, Tunable<string>>();
  tuning.asked = asked;
  try {
    await body();
  } finally {
    tuning.asked = undefined;
  }
  return asked;
}

/**
 * Measures every way to compute what is asked for, and puts the fastest right ones into the device's tuning table.
 * A way is first held to the naive kernel on random inputs; one that is wrong on this driver cannot win. What a way
 * itself asks for (a convolution its matrix products) is tuned before it is timed. Programs recorded before keep the
 * ways that they were recorded with.
 */
export async function autotune(
  gpu: Gpu,
  asked: ReadonlyMap<string, Tunable<string>>,
  options: AutotuneOptions = {},
): Promise<TuneResult[]> {
  const results: TuneResult[] = [];
  const done = new Set<string>();
  let known = asked.size;
  const tune = async (tunable: Tunable<string>): Promise<void> => {
    const key = tuningKey(tunable);
    if (done.has(key)) return;
    done.add(key);
    const inputs = tunable.inputs.map((shape, i) => randomTensor(gpu, shape, i));
    try {
      const programs: Candidate[] = [];
      for (const way of tunable.candidates) {
        const parts = await collectTunables(gpu, async () => abandonAfter(gpu, tunable, way, inputs));
        parts.delete(key);
        known += [...parts.keys()].filter((part) => !done.has(part) && !asked.has(part)).length;
        for (const part of parts.values()) await tune(part);
        programs.push(await candidate(gpu, tunable, way, inputs));
      }
      options.onProgress?.({ key, done: results.length, known });
      results.push(await compareWays(gpu, tunable, programs, options.seconds ?? 0.4));
      for (const { program, prepare } of programs) {
        program.dispose();
        prepare.dispose();
      }
    } finally {
      for (const tensor of inputs) gpu.free(tensor);
    }
    gpu.pool.trim();
  };
  for (const tunable of asked.values()) await tune(tunable);
  return results;
}

interface Candidate {
  readonly way: string;
  readonly program: Program;
  /** Has run once. */
  readonly prepare: Program;
  readonly outputs: readonly Tensor[];
}

function abandonAfter(gpu: Gpu, tunable: Tunable<string>, way: string, inputs: readonly Tensor[]): void {
  const [rec, prepare] = [new Recorder(gpu), new Recorder(gpu)];
  try {
    tunable.trial(rec, way, inputs, prepare);
  } finally {
    rec.abandon();
    prepare.abandon();
  }
}

async function candidate(
  gpu: Gpu,
  tunable: Tunable<string>,
  way: string,
  inputs: readonly Tensor[],
): Promise<Candidate> {
  const [rec, once] = [new Recorder(gpu), new Recorder(gpu)];
  const outputs = tunable.trial(rec, way, inputs, once);
  const prepare = await once.finish();
  prepare.run();
  return { way, outputs, program: await rec.finish(), prepare };
}

async function compareWays(
  gpu: Gpu,
  tunable: Tunable<string>,
  candidates: readonly Candidate[],
  seconds: number,
): Promise<TuneResult> {
  const key = tuningKey(tunable);
  const wrong = await wrongWays(gpu, candidates);
  let running = candidates.filter(({ way }) => wrong[way] === undefined);
  const samples = new Map<string, number[]>(running.map(({ way }) => [way, []]));
  const end = performance.now() + seconds * 1000;
  // In turns, so that a machine that changes its speed changes it for all.
  for (let round = 0; round < LEAST_ROUNDS || performance.now() < end; round++) {
    for (const { way, program } of running) samples.get(way)?.push(await milliseconds(gpu, program));
    const best = Math.min(...running.map(({ way }) => median(samples.get(way) ?? [])));
    running = running.filter(({ way }) => median(samples.get(way) ?? []) <= HOPELESS * best);
    if (running.length === 1) break;
  }
  const times = Object.fromEntries([...samples].map(([way, list]) => [way, median(list)]));
  const fastest = Object.entries(times).reduce((a, b) => (b[1] < a[1] ? b : a));
  const guess = tunable.candidates[0];
  const beaten = times[guess] === undefined || fastest[1] < MARGIN * times[guess];
  const way = beaten ? fastest[0] : guess;
  tuningOf(gpu).table.set(key, way);
  return { key, way, times, wrong };
}

/** The ways whose outputs differ from the naive ones, with the error. */
async function wrongWays(gpu: Gpu, candidates: readonly Candidate[]): Promise<Record<string, number>> {
  const wrong: Record<string, number> = {};
  const outputsOf = async ({ program, outputs }: Candidate): Promise<Float32Array[]> => {
    program.run();
    const read: Float32Array[] = [];
    for (const output of outputs) read.push(await gpu.read(output));
    return read;
  };
  const naive = candidates.find(({ way }) => way === 'naive');
  if (naive === undefined) return wrong;
  const want = await outputsOf(naive);
  for (const other of candidates) {
    if (other === naive) continue;
    const got = await outputsOf(other);
    const error = Math.max(...got.map((values, i) => relativeDistance(values, want[i] ?? values)));
    if (!(error <= TOLERANCE)) wrong[other.way] = error;
  }
  return wrong;
}

/** One run of a program: device time, or where the adapter cannot tell, the time until it is done. */
export async function milliseconds(gpu: Gpu, program: Program): Promise<number> {
  if (gpu.device.features.has('timestamp-query')) {
    return (await program.profile()).reduce((sum, ns) => sum + ns, 0) / 1e6;
  }
  const begin = performance.now();
  program.run();
  await gpu.sync();
  return performance.now() - begin;
}

function relativeDistance(got: Float32Array, want: Float32Array): number {
  let distance = 0;
  let size = 0;
  for (let i = 0; i < want.length; i++) {
    const w = want[i] as number;
    distance += ((got[i] as number) - w) ** 2;
    size += w * w;
  }
  return Math.sqrt(distance / (size || 1));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY;
}

/** Numbers in [-1, 1), the same for the same place and shape. */
function randomTensor(gpu: Gpu, shape: readonly number[], place: number): Tensor {
  let state = 0x9e3779b9 ^ place;
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
  return gpu.tensor(data, shape, `input ${place}`);
}
