import type { Gpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import type { Precision } from '../nn/learner_options.js';
import { buildModel } from '../nn/models.js';
import { CLASS_NAMES, FACE_SIZE } from '../util/classes.js';
import { Rng } from '../util/random.js';
import { gridsOf, type Occupancy, occupancyOf } from './occupancy.js';
import { bar, figure, type Table } from './report.js';
import { type Summary, sample, summarize } from './statistics.js';

/** Benchmarks of whole training steps and of inference, and the device time of each kernel in a step. */

/** Random images [batch, 48, 48, 1] and labels, the same at every call. */
export function randomBatch(batch: number): [Float32Array, Uint32Array] {
  const rng = new Rng(1);
  return [
    Float32Array.from({ length: batch * FACE_SIZE ** 2 }, () => rng.normal()),
    Uint32Array.from({ length: batch }, () => rng.int(CLASS_NAMES.length)),
  ];
}

/** Device time of one kernel in a step, summed over its dispatches. */
export interface KernelShare {
  readonly kernel: string;
  readonly ms: number;
  readonly dispatches: number;
}

export interface StepResult {
  readonly name: string;
  readonly ms: Summary;
  readonly imgPerS: number;
  /** Dispatches per step; only of training. */
  readonly dispatches?: number;
  /** What its grids leave idle; only of training. */
  readonly occupancy?: Occupancy;
  /** Device memory in use; only of training. */
  readonly bytes?: number;
  /** Device time by kernel, the slowest first; only of training, and on adapters with timestamp queries. */
  readonly kernels?: readonly KernelShare[];
}

export interface StepBenchOptions {
  readonly models: readonly string[];
  /** Batch sizes to train with. */
  readonly batches: readonly number[];
  readonly precisions: readonly Precision[];
  /** Batch sizes to predict with. */
  readonly inference: readonly number[];
  /** Seconds per measurement. */
  readonly seconds: number;
  readonly log?: (text: string) => void;
}

export async function benchSteps(gpu: Gpu, options: StepBenchOptions): Promise<StepResult[]> {
  const { models, batches, precisions, inference, seconds, log } = options;
  const results: StepResult[] = [];
  for (const model of models) {
    for (const batch of batches) {
      for (const precision of precisions) {
        log?.(`${model}, training, batch ${batch}, ${precision}`);
        results.push(await benchTraining(gpu, model, batch, precision, seconds));
      }
    }
    for (const batch of inference) {
      log?.(`${model}, inference, batch ${batch}`);
      results.push(await benchInference(gpu, model, batch, seconds));
    }
  }
  return results;
}

async function benchTraining(
  gpu: Gpu,
  model: string,
  batch: number,
  precision: Precision,
  seconds: number,
): Promise<StepResult> {
  const learner = new Learner(gpu, buildModel(model), { precision });
  const [images, labels] = randomBatch(batch);
  const step = timed(async () => {
    await learner.train(images, labels);
    await gpu.sync();
  });
  await step();
  const ms = summarize(await sample(step, { seconds }));
  const kernels = gpu.device.features.has('timestamp-query')
    ? byKernel(await profile(learner, images, labels))
    : undefined;
  const commands = await learner.commands(batch);
  const result = {
    name: `${model} training, batch ${batch}${precision === 'float32' ? '' : `, ${precision}`}`,
    ms,
    imgPerS: (1000 * batch) / ms.median,
    bytes: gpu.pool.stats.liveBytes,
    dispatches: commands.length,
    occupancy: occupancyOf(gridsOf(commands)),
    ...(kernels && { kernels }),
  };
  await learner.dispose();
  return result;
}

async function benchInference(gpu: Gpu, model: string, batch: number, seconds: number): Promise<StepResult> {
  const learner = new Learner(gpu, buildModel(model));
  const [images] = randomBatch(batch);
  const run = timed(() => learner.predict(images));
  await run();
  const ms = summarize(await sample(run, { seconds }));
  await learner.dispose();
  return { name: `${model} inference, batch ${batch}`, ms, imgPerS: (1000 * batch) / ms.median };
}

/** The milliseconds that something takes. */
function timed(run: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    const begin = performance.now();
    await run();
    return performance.now() - begin;
  };
}

interface TimedCommand {
  readonly kernel: string;
  readonly ms: number;
}

/** Median device time of every dispatch of a step. */
async function profile(learner: Learner, images: Float32Array, labels: Uint32Array): Promise<TimedCommand[]> {
  const runs: Awaited<ReturnType<Learner['profile']>>[] = [];
  for (let i = 0; i < 7; i++) runs.push(await learner.profile(images, labels));
  return (runs[0] ?? []).map(({ kernel }, i) => ({
    kernel,
    ms: summarize(runs.map((run) => (run[i]?.nanoseconds ?? 0) / 1e6)).median,
  }));
}

function byKernel(commands: readonly TimedCommand[]): KernelShare[] {
  const sums = new Map<string, { kernel: string; ms: number; dispatches: number }>();
  for (const { kernel, ms } of commands) {
    const entry = sums.get(kernel) ?? { kernel, ms: 0, dispatches: 0 };
    entry.ms += ms;
    entry.dispatches++;
    sums.set(kernel, entry);
  }
  return [...sums.values()].sort((a, b) => b.ms - a.ms);
}

export function stepTable(results: readonly StepResult[]): Table {
  return {
    head: ['what', 'img/s', 'ms', 'p95', 'dispatches', 'MiB'],
    rows: results.map((r) => [
      r.name,
      figure(r.imgPerS),
      figure(r.ms.median),
      figure(r.ms.p95),
      String(r.dispatches ?? ''),
      r.bytes === undefined ? '' : figure(r.bytes / 2 ** 20),
    ]),
  };
}

/** The device time of one training step in milliseconds: in total, and as a table by kernel. */
export function waterfall(kernels: readonly KernelShare[]): { total: number; table: Table } {
  const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
  const rows = kernels.map(({ kernel, ms, dispatches }) => [
    kernel,
    String(dispatches),
    figure(ms),
    `${Math.round((100 * ms) / total)} %`,
    bar(ms / (kernels[0]?.ms ?? 1), 20),
  ]);
  return { total, table: { head: ['kernel', 'dispatches', 'ms', 'share', ''], rows } };
}
