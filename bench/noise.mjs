// Plants wrong labels in drawn faces, and measures how many `fer-tui noise` finds: precision and recall at the planted rate.
//
//   npm run bench:noise [-- FACES [FOLDS [EPOCHS]]]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLabels } from '../dist/data/labels_file.js';
import { loadDataset } from '../dist/data/load.js';
import { findLabelErrors } from '../dist/noise/confident_learning.js';
import { crossPredict } from '../dist/noise/cross_predict.js';
import { plantNoise } from '../dist/noise/plant_noise.js';
import { Control } from '../dist/train/control.js';

const [faces = 1400, folds = 5, epochs = 8] = process.argv.slice(2).map(Number);
const data = `synthetic:${faces}`;
const folder = mkdtempSync(join(tmpdir(), 'fer-tui-noise-'));
const percent = (x) => `${(100 * x).toFixed(1)} %`;

console.log(`${data}, ${folds} folds, ${epochs} epochs`);
console.log('planted  suspects  precision  recall  estimated rate  seconds');
try {
  for (const rate of [0.1, 0.2, 0.3]) {
    const clean = await loadDataset(data);
    const planted = plantNoise(clean, rate, 11);
    const labels = join(folder, `labels-${rate}.csv`);
    writeLabels(labels, planted, clean.classes);
    const dataset = await loadDataset(data, { labels });
    const begin = performance.now();
    const settings = { data, labels, epochs, ...SMALL() };
    const out = join(folder, String(rate));
    const p = await crossPredict(dataset, { settings, folds, folder: out, control: new Control() });
    const seconds = (performance.now() - begin) / 1000;
    const report = findLabelErrors(p, dataset.splits.train.labels, clean.classes.length);
    const wrong = new Set(planted.map(({ index }) => index));
    const found = report.suspects.filter(({ row }) => wrong.has(row)).length;
    const cells = [percent(rate), report.suspects.length, percent(found / report.suspects.length)];
    cells.push(percent(found / wrong.size), percent(report.noise), seconds.toFixed(0));
    console.log(cells.map((cell, i) => String(cell).padStart([7, 8, 9, 6, 14, 7][i])).join('  '));
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** A network that learns drawn faces in seconds. */
function SMALL() {
  return {
    ...{ filters: '16,32,64', convolutions: 1, dense: '64', batch: 16, augment: 'flip', dropout: 0.1 },
    // The average of the last weights gets statistics of batch norm of its own: so few steps leave those behind.
    ...{ lr: 0.002, schedule: 'one-cycle', swa: epochs - 1 },
  };
}
