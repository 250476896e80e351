#!/usr/bin/env node
/**
 * Accuracy of networks on the validation images of a data set, and on those of them that have no twin, identical or nearly so, among
 * the training images (after a build):
 *
 *   node bench/twins.mjs [--data fer2013.csv] WEIGHTS ...
 *
 * A network that was trained on the twin of an image has seen the image. Each network is measured alone and with flips.
 */
import { table } from '../dist/cli/table.js';
import { duplicateFaces } from '../dist/data/facts.js';
import { loadDataset } from '../dist/data/load.js';
import { nearDuplicates } from '../dist/data/near_duplicates.js';
import { openGpu } from '../dist/gpu/device.js';
import { Classifier } from '../dist/train/classifier.js';
import { scriptOptions } from '../scripts/script_options.mjs';

const { values: options, positionals: networks } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: { data: { type: 'string', default: '../shared/fer2013/fer2013.csv.gz' } },
});
const dataset = await loadDataset(options.data);
const { classes, splits, height = 48, width = 48 } = dataset;
const { images, labels } = splits.validation;
const twins = new Set();
const pairs = [...(await nearDuplicates(dataset, { across: true }))].map(({ a, b }) => [a, b]);
for (const group of [...duplicateFaces(dataset), ...pairs]) {
  if (!group.some(({ split }) => split === 'train')) continue;
  for (const { split, index } of group) if (split === 'validation') twins.add(index);
}
const rows = [];
const gpu = await openGpu();
for (const network of networks) {
  const cells = [network];
  for (const tta of ['none', 'flip']) {
    const classifier = await Classifier.open(gpu, [network], { tta });
    const shares = await classifier.classify(images, labels.length, height, width);
    const n = classifier.classes.length;
    const right = Array.from(labels.keys()).filter((i) => {
      const own = shares.subarray(i * n, (i + 1) * n);
      return classifier.classes[own.indexOf(Math.max(...own))] === classes[labels[i]];
    });
    const alone = right.filter((i) => !twins.has(i)).length / (labels.length - twins.size);
    cells.push((100 * (right.length / labels.length)).toFixed(1), (100 * alone).toFixed(1));
    await classifier.dispose();
  }
  rows.push(cells);
}
console.log(
  `${labels.length} validation images, ${twins.size} of them with a twin among the training images\n`,
);
console.log(table(['network', 'all, %', 'without twins, %', 'flips, all, %', 'flips, without, %'], rows));
gpu.close();
