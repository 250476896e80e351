/**
 * What a training step costs the host: Dawn's null adapter accepts every command and computes nothing, so what is left is the
 * recording of the step's commands, the uploads and the waits. Says how many steps a second the host could feed to a GPU
 * that takes no time, and what single calls of WebGPU cost through Node's binding.
 *
 *   node bench/host.mjs [MODEL] [--batch 28] [--seconds 1]
 *
 * Medians of many short slices, of so many seconds for each row. On a busy machine the clock says little: give the process
 * precedence (chrt -f 10 node bench/host.mjs).
 */
import { randomBatch } from '../dist/bench/steps.js';
import { addInto, fill } from '../dist/gpu/kernels/elementwise.js';
import { Recorder } from '../dist/gpu/recorder.js';
import { buildModel, Learner } from '../dist/index.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { nullGpu } from './null_gpu.mjs';

const { positionals, values } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    batch: { type: 'number', whole: true, default: 28 },
    seconds: { type: 'number', default: 1 },
  },
});
const [model = 'fer-cnn'] = positionals;

const gpu = await nullGpu();
const { device } = gpu;
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Microseconds of processor time and of the clock that one of the `times` that `body` does takes. */
async function cost(times, body) {
  const slices = { processor: [], clock: [] };
  for (const end = performance.now() + 1000 * values.seconds; performance.now() < end; ) {
    const [before, begin] = [process.cpuUsage(), performance.now()];
    await body(times);
    const { user, system } = process.cpuUsage(before);
    slices.processor.push((user + system) / times);
    slices.clock.push((1000 * (performance.now() - begin)) / times);
  }
  return { processor: median(slices.processor), clock: median(slices.clock) };
}

function tell(what, { processor, clock }) {
  const [left, right] = [processor, clock].map((us) => us.toFixed(1).padStart(10));
  console.log(`${what.padEnd(36)}${left}${right}`);
}

const batch = values.batch;
const learner = new Learner(gpu, buildModel(model));
const [images, labels] = randomBatch(batch);
await learner.train(images, labels);
const dispatches = (await learner.commands(batch)).length;
console.log(`${model}, batch ${batch}: ${dispatches} dispatches a step (without subgroups)\n`);
console.log(`${'microseconds'.padEnd(36)}${'processor'.padStart(10)}${'clock'.padStart(10)}`);
const step = await cost(50, async (times) => {
  for (let i = 0; i < times; i++) await learner.train(images, labels);
});
tell('a training step', step);

const tensor = gpu.empty([images.length], 'images');
const words = gpu.empty([4], 'words');
/** A program of so many dispatches of two kernels in turns. */
async function programOf(count) {
  const recorder = new Recorder(gpu);
  for (let i = 0; i < count; i++) {
    if (i % 2 === 0) fill(recorder, words, 0);
    else addInto(recorder, words, other);
  }
  return recorder.finish();
}
const other = gpu.empty([4], 'other words');
const [none, many] = [await programOf(0), await programOf(1000)];
const repeated = (body) => (times) => {
  for (let i = 0; i < times; i++) body();
  device.queue.submit([]);
};
const ROWS = {
  'a dispatch: three calls': [1000, () => many.run()],
  'a submission': [100, repeated(() => none.run())],
  'an upload of 16 bytes': [100, repeated(() => gpu.write(words, new Uint32Array(4)))],
  'an upload of a batch': [100, repeated(() => gpu.write(tensor, images))],
  'a wait': [
    100,
    async (times) => {
      for (let i = 0; i < times; i++) await gpu.sync();
    },
  ],
};
for (const [what, [times, body]] of Object.entries(ROWS)) tell(what, await cost(times, body));

const [steps, faces] = [1e6 / step.clock, (1e6 * batch) / step.clock].map(Math.round);
console.log(`\n${steps} steps/s, ${faces} img/s at most`);
process.exit(0);
