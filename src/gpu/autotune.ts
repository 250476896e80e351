import { packHalves } from '../util/halves.js';
import type { Gpu } from './device.js';
import type { Format } from './kernels/storage.js';
import type { Program } from './program.js';
import { Recorder } from './recorder.js';
import { sizeOf } from './shape.js';
import type { Tensor } from './tensor.js';
import { type Tunable, tuningKey, tuningOf } from './tuning.js';

/** The measurement of one row of the tuning table. */
export interface TuneResult {
  readonly key: string;
  readonly way: string;
  /** Median milliseconds of each way that was timed. */
  readonly times: Readonly<Record<string, number>>;
  /** Ways whose result differs from the reference's (the naive kernel's), with the relative error in the 2-norm. They are never chosen. */
  readonly wrong: Readonly<Record<string, number>>;
}

export interface AutotuneOptions {
  /** Called before each row with the number of rows done, and the number of rows known so far. */
  readonly onProgress?: (progress: { key: string; done: number; known: number }) => void;
  /** Seconds of timing per row; default 0.4. */
  readonly seconds?: number;
}

/** Largest relative distance from the reference's result: twice the kernel checks' tolerance, as both may be off. */
const TOLERANCE = 2e-4;
/** A way replaces the best guess only if its time is below this share of the guess's. Smaller gains are noise. */
const MARGIN = 0.97;
/** And only if it is faster in this share of the rounds. */
const MOSTLY = 0.75;
/** Ways slower than the best by this factor are not timed again. */
const HOPELESS = 2;
const LEAST_ROUNDS = 5;

/** Every tunable that `body` looks up in the device's tuning, by its key. */
export async function collectTunables(
  gpu: Gpu,
  body: () => Promise<unknown>,
): Promise<Map<string, Tunable<string>>> {
  const tuning = tuningOf(gpu);
  const requested = new Map<string, Tunable<string>>();
  tuning.requested = requested;
  try {
    await body();
  } finally {
    tuning.requested = undefined;
  }
  return requested;
}

/**
 * Times every way to compute each tunable, and enters the fastest correct one in the device's tuning table. Each way is
 * first compared with the naive kernel, or another reference, on random inputs. One that is wrong on this driver is never chosen. Tunables that
 * a way uses itself (a convolution's matrix products) are tuned first. Programs recorded earlier keep their ways.
 */
export async function autotune(
  gpu: Gpu,
  tunables: ReadonlyMap<string, Tunable<string>>,
  options: AutotuneOptions = {},
): Promise<TuneResult[]> {
  const results: TuneResult[] = [];
  const done = new Set<string>();
  let known = tunables.size;
  const tune = async (tunable: Tunable<string>): Promise<void> => {
    const key = tuningKey(tunable);
    if (done.has(key)) return;
    done.add(key);
    const inputs = tunable.inputs.map((shape, i) => randomTensor(gpu, shape, i, tunable.inputFormat));
    try {
      const programs: Candidate[] = [];
      for (const way of tunable.candidates) {
        const parts = await collectTunables(gpu, async () => recordAndDiscard(gpu, tunable, way, inputs));
        parts.delete(key);
        known += [...parts.keys()].filter((part) => !done.has(part) && !tunables.has(part)).length;
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
  for (const tunable of tunables.values()) await tune(tunable);
  return results;
}

interface Candidate {
  readonly way: string;
  readonly program: Program;
  /** Work that is done once for many runs of `program`. It has already run. */
  readonly prepare: Program;
  readonly outputs: readonly Tensor[];
}

function recordAndDiscard(gpu: Gpu, tunable: Tunable<string>, way: string, inputs: readonly Tensor[]): void {
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
  const wrong = await wrongWays(gpu, candidates, tunable.reference ?? 'naive');
  let running = candidates.filter(({ way }) => wrong[way] === undefined);
  const samples = new Map<string, number[]>(running.map(({ way }) => [way, []]));
  const end = performance.now() + seconds * 1000;
  // The ways take turns, so that a change of the machine's speed affects all of them alike.
  for (let round = 0; round < LEAST_ROUNDS || performance.now() < end; round++) {
    for (const { way, program } of running) samples.get(way)?.push(await milliseconds(gpu, program));
    const best = Math.min(...running.map(({ way }) => median(samples.get(way) ?? [])));
    running = running.filter(({ way }) => median(samples.get(way) ?? []) <= HOPELESS * best);
    if (running.length === 1) break;
  }
  const times = Object.fromEntries([...samples].map(([way, list]) => [way, median(list)]));
  const way = fastestWay(tunable.candidates[0], samples);
  tuningOf(gpu).table.set(key, way);
  return { key, way, times, wrong };
}

/**
 * The fastest way: the best guess, unless another one is faster in most rounds, and by a clear margin in the median round.
 * Times are compared within each round, because other work on the machine slows down all ways of a round alike.
 */
function fastestWay(guess: string, samples: ReadonlyMap<string, readonly number[]>): string {
  const rounds = samples.get(guess);
  const ways = [...samples].map(([way, list]) => ({ way, list }));
  if (rounds === undefined) return ways.reduce((a, b) => (median(b.list) < median(a.list) ? b : a)).way;
  let best = { way: guess, share: 1 };
  for (const { way, list } of ways) {
    const shares = list.slice(0, rounds.length).map((time, i) => time / (rounds[i] as number));
    const share = median(shares);
    const won = shares.filter((one) => one < 1).length / shares.length;
    if (won >= MOSTLY && share < Math.min(MARGIN, best.share)) best = { way, share };
  }
  return best.way;
}

/** The ways whose outputs differ from the reference's, with the relative error. */
async function wrongWays(
  gpu: Gpu,
  candidates: readonly Candidate[],
  reference: string,
): Promise<Record<string, number>> {
  const wrong: Record<string, number> = {};
  const outputsOf = async ({ program, outputs }: Candidate): Promise<Float32Array[]> => {
    program.run();
    const read: Float32Array[] = [];
    for (const output of outputs) read.push(await gpu.read(output));
    return read;
  };
  const trusted = candidates.find(({ way }) => way === reference);
  if (trusted === undefined) {
    for (const { program } of candidates) program.run(); // compiles the kernels, so that the first timed run is like the others
    await gpu.sync();
    return wrong;
  }
  const want = await outputsOf(trusted);
  for (const other of candidates) {
    if (other === trusted) continue;
    const got = await outputsOf(other);
    const error = Math.max(...got.map((values, i) => relativeDistance(values, want[i] ?? values)));
    if (!(error <= TOLERANCE)) wrong[other.way] = error;
  }
  return wrong;
}

/** Milliseconds that one run of a program takes: device time, or wall time on adapters without timestamp queries. */
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

/** Numbers in [-1, 1), the same for the same index and shape. */
function randomTensor(gpu: Gpu, shape: readonly number[], index: number, format: Format = 'f32'): Tensor {
  let state = 0x9e3779b9 ^ index;
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return format === 'f16' ? (state >> 25) / 64 : state / 2 ** 31; // float16 holds multiples of 1/64 exactly
  });
  const label = `input ${index}`;
  return format === 'f16'
    ? gpu.tensor(packHalves(data), [data.length / 2], label)
    : gpu.tensor(data, shape, label);
}
