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
import { rightOnes } from './right.mjs';

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
const names = Array.from(labels, (label) => classes[label]);
const percent = (right) => ((100 * right.filter(Boolean).length) / right.length).toFixed(1);
const rows = [];
const gpu = await openGpu();
for (const network of networks) {
  const cells = [network];
  for (const tta of ['none', 'flip']) {
    const classifier = await Classifier.open(gpu, [network], { tta });
    const right = await rightOnes(classifier, images, names, height, width);
    cells.push(percent(right), percent(right.filter((_, i) => !twins.has(i))));
    await classifier.dispose();
  }
  rows.push(cells);
}
console.log(
  `${labels.length} validation images, ${twins.size} of them with a twin among the training images\n`,
);
console.log(table(['network', 'all, %', 'without twins, %', 'flips, all, %', 'flips, without, %'], rows));
gpu.close();
