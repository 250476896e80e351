/**
 * Prints a run's figures as Markdown, for docs/results.md: node scripts/results.mjs runs/NAME
 * Reads nothing but the run's own event log.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuse, scriptOptions } from './script_options.mjs';

const { positionals } = scriptOptions(import.meta.url, { allowPositionals: true });
const [folder] = positionals;
if (folder === undefined) refuse(import.meta.url, 'no run is named; expected its folder, such as runs/r1');
const events = readFileSync(join(folder, 'events.ndjson'), 'utf8')
  .split('\n')
  .filter((line) => line.endsWith('}'))
  .map((line) => JSON.parse(line));
const start = events.find(({ type }) => type === 'start');
const epochs = events.filter(({ type }) => type === 'epoch');
const percent = (/** @type {number} */ x) => `${(100 * x).toFixed(1)} %`;
const best = epochs.reduce((a, b) => ((b.val?.acc ?? 0) > (a.val?.acc ?? 0) ? b : a), epochs[0]);

console.log(`${start.model}, ${start.parameters.toLocaleString('en')} parameters, on ${start.adapter}`);
console.log(
  `${start.data.train.toLocaleString('en')} training and ${start.data.validation.toLocaleString('en')} validation images, seed ${start.config.seed}, batch ${start.config.batch}, ${start.config.optimizer} ${start.config.lr}, augmentation ${start.config.augment}\n`,
);
console.log('| epoch | train loss | train acc | val loss | val acc | img/s | s |');
console.log('|---|---|---|---|---|---|---|');
for (const e of epochs) {
  const val = e.val ? `${e.val.loss.toFixed(3)} | ${percent(e.val.acc)}` : '- | -';
  console.log(
    `| ${e.epoch} | ${e.train.loss.toFixed(3)} | ${percent(e.train.acc)} | ${val} | ${Math.round(e.imgPerS)} | ${Math.round(e.seconds)} |`,
  );
}
if (best?.val) console.log(`\nbest validation accuracy ${percent(best.val.acc)} in epoch ${best.epoch}`);
