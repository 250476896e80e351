#!/usr/bin/env node
/**
 * Compares candidates for the recipe of a network on equal budgets: each is trained with each seed on the first third of the
 * training images and validated on all PublicTest images (after a build, which `npm run bench:candidates` makes):
 *
 *   npm run bench:candidates -- --data fer2013.csv [--limit 9570] [--epochs 12] [--seeds 7,8] [--out runs/candidates]
 *
 * --only WORD,...: candidates whose group or name contains one of these words. --table: only print what has been trained so far.
 * Trainings that are finished in --out are not repeated, and one that was interrupted goes on, so the script can be stopped at
 * any time. The accuracy is that of the last epoch: the best one would be chosen on the images that it is measured on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { table } from '../dist/cli/table.js';
import { toKeras } from '../dist/formats/keras_architecture.js';
import { readEvents } from '../dist/train/event_log.js';
import { scriptOptions } from '../scripts/script_options.mjs';
import { ARCHITECTURES } from './candidates/architectures.mjs';
import { BASE, CANDIDATES } from './candidates/list.mjs';

const { values: options } = scriptOptions(import.meta.url, {
  options: {
    data: { type: 'string', default: '../shared/fer2013/fer2013.csv.gz' },
    limit: { type: 'string', default: '9570' },
    epochs: { type: 'string', default: '12' },
    seeds: { type: 'string', default: '7,8' },
    out: { type: 'string', default: 'runs/candidates' },
    only: { type: 'string', default: '' },
    table: { type: 'boolean', default: false },
  },
});
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const epochs = Number(options.epochs);
const seeds = options.seeds.split(',').map(Number);
const words = options.only.split(',');
const candidates = CANDIDATES.filter(([group, name]) =>
  words.some((word) => `${group} ${name}`.includes(word)),
);
const folderOf = (name, seed) => join(options.out, `${name.replaceAll(/[^\w.]+/g, '-')}-${seed}`);

/** The settings of a candidate as arguments of `train`. */
function argumentsOf(changes, seed) {
  const { architecture, swa, ...rest } = { ...BASE, ...changes };
  const settings = { ...rest, data: options.data, limit: options.limit, epochs, seed };
  if (swa !== undefined) settings.swa = Math.ceil((2 * epochs) / 3) + 1;
  if (architecture !== undefined) {
    delete settings.model;
    settings.architecture = join(options.out, `${architecture}.json`);
    writeFileSync(settings.architecture, JSON.stringify(toKeras(ARCHITECTURES[architecture]())));
  }
  return Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
}

/** Trains a candidate, unless it has been. */
function train(name, changes, seed) {
  const folder = folderOf(name, seed);
  if (lastEpoch(folder)?.epoch === epochs) return;
  const begun = existsSync(join(folder, 'checkpoint.safetensors'));
  const which = begun ? ['--resume', folder] : [...argumentsOf(changes, seed), '--out', folder];
  const { status, signal } = spawnSync(
    process.execPath,
    [CLI, 'train', '--no-tui', '--quiet', '--json', ...which],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (signal !== null) process.exit(130);
  if (status !== 0) console.error(`${name}, seed ${seed}: train ended with ${status}`);
}

/** The last complete epoch in the log of a run; undefined if it has none. */
function lastEpoch(folder) {
  const log = join(folder, 'events.ndjson');
  return existsSync(log) ? readEvents(log).findLast(({ type }) => type === 'epoch') : undefined;
}

const percent = (x) => (100 * x).toFixed(1);
const mean = (values) => values.reduce((a, b) => a + b) / values.length;

function printTable() {
  const rows = candidates.flatMap(([group, name]) => {
    const ends = seeds.map((seed) => lastEpoch(folderOf(name, seed))).filter((e) => e?.epoch === epochs);
    if (ends.length === 0) return [];
    const accuracies = ends.map(({ val }) => val.acc);
    return [{ group, name, accuracies, loss: mean(ends.map(({ val }) => val.loss)) }];
  });
  const base = rows.find(({ group }) => group === 'base');
  const cells = rows
    .toSorted((a, b) => mean(b.accuracies) - mean(a.accuracies))
    .map(({ group, name, accuracies, loss }) => [
      ...[name, group, accuracies.map(percent).join(' '), percent(mean(accuracies)), loss.toFixed(3)],
      base === undefined ? '' : (100 * (mean(accuracies) - mean(base.accuracies))).toFixed(1),
    ]);
  console.log(
    `${options.limit} training images, ${epochs} epochs, seeds ${seeds.join(', ')}; accuracy in percent\n`,
  );
  console.log(table(['candidate', 'changes', 'each seed', 'mean', 'loss', 'against the base'], cells));
}

mkdirSync(options.out, { recursive: true });
if (!options.table) {
  for (const seed of seeds) for (const [, name, changes] of candidates) train(name, changes, seed);
}
printTable();
