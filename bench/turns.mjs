/**
 * Two versions of the kernels against each other: single training steps of this checkout and of another one, both built, in
 * turns in one process, so that whatever slows the machine down slows down both.
 *
 *   node bench/turns.mjs OTHER_CHECKOUT [MODEL] [--batch 28] [--seconds 30] [--precision mixed_float16]
 *
 * The precision is that of this checkout; the other one trains with float32. So `node bench/turns.mjs . fer-vgg --precision
 * mixed_float16` tells what halves bring.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuse, scriptOptions } from '../scripts/script_options.mjs';

const { positionals, values } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    batch: { type: 'number', whole: true, default: 28 },
    seconds: { type: 'number', default: 30 },
    precision: { type: 'string', default: 'float32' },
  },
});
const [other, model = 'fer-cnn'] = positionals;
if (other === undefined || !existsSync(resolve(other, 'dist/index.js'))) {
  const given = other === undefined ? 'no other checkout is named' : `${other}: no checkout that is built`;
  refuse(import.meta.url, `${given}; expected a folder with dist/index.js, which "npm run build" makes`);
}

/** A training of a checkout on a device of its own; its kernels are compiled. */
async function open(folder, precision) {
  const load = (file) => import(pathToFileURL(resolve(folder, 'dist', file)).href);
  const { openGpu, Learner, buildModel } = await load('index.js');
  const { randomBatch } = await load('bench/steps.js');
  const gpu = await openGpu();
  const learner = new Learner(gpu, buildModel(model), { precision });
  const [images, labels] = randomBatch(values.batch);
  const step = async () => {
    const begin = performance.now();
    await learner.train(images, labels);
    await gpu.sync();
    return performance.now() - begin;
  };
  for (let i = 0; i < 3; i++) await step();
  return { step, close: () => gpu.close() };
}

const at = (list, share) => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * share)];

const here = new URL('..', import.meta.url).pathname;
const ratios = [];
const times = { here: [], other: [] };
// Who opens its device first has the better memory, by a percent or two: each does once.
for (const order of [
  ['here', 'other'],
  ['other', 'here'],
]) {
  const runs = {};
  for (const name of order)
    runs[name] = await (name === 'here' ? open(here, values.precision) : open(other, 'float32'));
  const end = performance.now() + 500 * values.seconds;
  for (let turn = 0; performance.now() < end; turn++) {
    const pair = {};
    for (const name of turn % 2 === 0 ? order : order.toReversed()) pair[name] = await runs[name].step();
    for (const name of order) times[name].push(pair[name]);
    ratios.push(pair.here / pair.other);
  }
  for (const name of order) runs[name].close();
}
for (const name of ['here', 'other']) {
  const [fast, median] = [at(times[name], 0.1), at(times[name], 0.5)].map((ms) => ms.toFixed(1));
  console.log(`${name.padEnd(5)}  median ${median} ms, fastest tenth below ${fast} ms`);
}
console.log(
  `here / other: median of ${ratios.length} pairs ${at(ratios, 0.5).toFixed(3)}, half of them between ` +
    `${at(ratios, 0.25).toFixed(3)} and ${at(ratios, 0.75).toFixed(3)}; fastest tenths ` +
    (at(times.here, 0.1) / at(times.other, 0.1)).toFixed(3),
);
process.exit(0);
