#!/usr/bin/env node
/**
 * Accuracy of a network on the PublicTest images of FER-2013 under conditions of light, camera and pose, as they are and with what
 * the camera does to its crops (after a build, which `npm run bench:robustness` makes):
 *
 *   npm run bench:robustness -- --data fer2013.csv [--weights fer-vgg] [--limit 600] [--seed 7] [--conditions noise,JPEG]
 *       [--tta flip]
 *
 * --tta flip: the probabilities of each face and its mirror image are averaged. --limit: so many images, spread over the set. --conditions: only those that begin with one of these words, and the images as
 * they are. Prints accuracy in percent, and the points that a condition costs.
 */
import { table } from '../dist/cli/table.js';
import { loadDataset } from '../dist/data/load.js';
import { openGpu } from '../dist/gpu/device.js';
import { Classifier } from '../dist/train/classifier.js';
import { normalised } from '../dist/vision/normalise.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { CONDITIONS, under } from './conditions.mjs';
import { rightOnes } from './right.mjs';

const { values: options } = scriptOptions(import.meta.url, {
  options: {
    data: { type: 'string', default: '../shared/fer2013/fer2013.csv.gz' },
    weights: { type: 'string', default: 'fer-vgg' },
    limit: { type: 'number', whole: true, least: 0, default: 0 },
    tta: { type: 'string', default: 'none' },
    seed: { type: 'number', whole: true, least: 0, default: 7 },
    conditions: { type: 'string', default: '' },
  },
});
const words = options.conditions.split(',');
const conditions = CONDITIONS.filter(([name], i) => i === 0 || words.some((word) => name.startsWith(word)));
const { splits, classes, height = 48, width = 48 } = await loadDataset(options.data);
const { images, labels } = splits.validation;
const size = height * width;
const count = Math.min(labels.length, options.limit || labels.length);
const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * labels.length) / count));
const names = chosen.map((image) => classes[labels[image]]);
const gpu = await openGpu();
const classifier = await Classifier.open(gpu, [options.weights], { tta: options.tta });

/** Share of these faces that the network gets right. */
async function accuracy(faces) {
  const all = new Uint8Array(count * size);
  for (const [i, face] of faces.entries()) all.set(face.data, i * size);
  const right = await rightOnes(classifier, all, names, height, width);
  return (100 * right.filter(Boolean).length) / count;
}

const rows = [];
let clean;
for (const [name, change] of conditions) {
  const faces = chosen.map((image) => {
    const data = images.subarray(image * size, (image + 1) * size);
    return under(change, { width, height, channels: 1, data }, options.seed, image);
  });
  const [before, after] = [await accuracy(faces), await accuracy(faces.map(normalised))];
  clean ??= before;
  rows.push(
    [name, before, before - clean, after, after - clean].map((v) =>
      typeof v === 'number' ? v.toFixed(1) : v,
    ),
  );
  process.stderr.write(`${name}: ${before.toFixed(1)} ${after.toFixed(1)}\n`);
}
gpu.close();
console.log(`${options.weights}, ${count} images, seed ${options.seed}`);
console.log(table(['condition', 'as it is', 'cost', 'normalised', 'cost'], rows));
