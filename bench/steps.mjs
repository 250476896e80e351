/** Whole training steps and inference of a network, and where the time of a step goes. */
import * as fer from '../dist/index.js';
import { bar, figure, table } from './report.mjs';
import { sample, summarize } from './statistics.mjs';

/** Random images and labels, the same at every call. */
export function randomBatch(batch) {
  const rng = new fer.Rng(1);
  return [
    Float32Array.from({ length: batch * fer.FACE_SIZE ** 2 }, () => rng.normal()),
    Uint32Array.from({ length: batch }, () => rng.int(7)),
  ];
}

export async function benchSteps(gpu, { models, batches, inference, seconds, log }) {
  const results = [];
  for (const model of models) {
    for (const batch of batches) {
      log(`${model}, training, batch ${batch}`);
      const learner = new fer.Learner(gpu, fer.buildModel(model));
      const [images, labels] = randomBatch(batch);
      const step = async () => {
        const begin = performance.now();
        await learner.train(images, labels);
        await gpu.sync();
        return performance.now() - begin;
      };
      await step();
      const ms = summarize(await sample(step, { seconds }));
      const kernels = await profile(learner, images, labels);
      results.push({
        name: `${model} training, batch ${batch}`,
        ms,
        imgPerS: (1000 * batch) / ms.median,
        dispatches: kernels.length,
        bytes: gpu.pool.stats.liveBytes,
        kernels: byKernel(kernels),
      });
      await learner.dispose();
    }
    for (const batch of inference) {
      log(`${model}, inference, batch ${batch}`);
      const learner = new fer.Learner(gpu, fer.buildModel(model));
      const [images] = randomBatch(batch);
      const run = async () => {
        const begin = performance.now();
        await learner.predict(images);
        return performance.now() - begin;
      };
      await run();
      const ms = summarize(await sample(run, { seconds }));
      results.push({ name: `${model} inference, batch ${batch}`, ms, imgPerS: (1000 * batch) / ms.median });
      await learner.dispose();
    }
  }
  return results;
}

/** Median device time of every dispatch of a step. */
async function profile(learner, images, labels) {
  const runs = [];
  for (let i = 0; i < 7; i++) runs.push(await learner.profile(images, labels));
  return runs[0].map((command, i) => ({
    ...command,
    ms: summarize(runs.map((run) => run[i].nanoseconds / 1e6)).median,
  }));
}

function byKernel(commands) {
  const sums = new Map();
  for (const { kernel, ms } of commands) {
    const entry = sums.get(kernel) ?? { kernel, ms: 0, dispatches: 0 };
    entry.ms += ms;
    entry.dispatches++;
    sums.set(kernel, entry);
  }
  return [...sums.values()].sort((a, b) => b.ms - a.ms);
}

export function stepTable(results) {
  return table(
    ['what', 'img/s', 'ms', 'p95', 'dispatches', 'MiB'],
    results.map((r) => [
      r.name,
      figure(r.imgPerS),
      figure(r.ms.median),
      figure(r.ms.p95),
      r.dispatches ?? '',
      r.bytes === undefined ? '' : figure(r.bytes / 2 ** 20),
    ]),
  );
}

/** One training step, kernel by kernel. */
export function waterfall({ name, kernels }) {
  const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
  const rows = kernels.map(({ kernel, ms, dispatches }) => [
    kernel,
    dispatches,
    figure(ms),
    `${Math.round((100 * ms) / total)} %`,
    bar(ms / kernels[0].ms),
  ]);
  return `${name}: ${figure(total)} ms of device time\n${table(['kernel', 'dispatches', 'ms', 'share', ''], rows)}`;
}
