#!/usr/bin/env node
/**
 * Compares candidates for the recipe of a network on equal budgets: each is trained with each seed on the first third of the
 * training images and validated on all PublicTest images (after a build, which `npm run bench:candidates` makes):
 *
 *   npm run bench:candidates -- --data fer2013.csv [--limit 9570] [--epochs 8] [--seeds 7,8] [--out runs/candidates]
 *
 * --only WORD,...: candidates whose group or name contains one of these words. --table: only print what has been trained so far. --write:
 * put the table into docs/results.md, too.
 * Results go to bench/results/candidates.json (--results), and a training that stands there is not repeated; one that was
 * interrupted goes on from its checkpoint in --out. So the script can be stopped at any time, and finished on another machine.
 * The accuracy is that of the last epoch: the best one would be chosen on the images that it is measured on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toKeras } from '../dist/formats/keras_architecture.js';
import { readEvents } from '../dist/train/event_log.js';
import { duration } from '../dist/train/printer.js';
import { atomicWrite } from '../dist/util/atomic_write.js';
import { withPart } from '../scripts/generated_parts.mjs';
import { refuse, scriptOptions } from '../scripts/script_options.mjs';
import { ARCHITECTURES } from './candidates/architectures.mjs';
import { BASE, CANDIDATES } from './candidates/list.mjs';
import { candidatesTable, resultOf } from './candidates/table.mjs';

const { values: options } = scriptOptions(import.meta.url, {
  options: {
    data: { type: 'string', default: '../shared/fer2013/fer2013.csv.gz' },
    limit: { type: 'number', whole: true, default: 9570 },
    epochs: { type: 'number', whole: true, default: 8 },
    seeds: { type: 'string', default: '7,8' },
    out: { type: 'string', default: 'runs/candidates' },
    results: { type: 'string', default: 'bench/results/candidates.json' },
    only: { type: 'string', default: '' },
    table: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const COMMAND = 'npm run bench:candidates -- --write';
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const { epochs, limit } = options;
const seeds = options.seeds.split(',').map(Number);
if (!seeds.every((seed) => Number.isInteger(seed) && seed >= 0)) {
  refuse(import.meta.url, `--seeds ${options.seeds}: expected whole numbers with commas between`);
}
const words = options.only.split(',');
const candidates = CANDIDATES.filter(([group, name]) =>
  words.some((word) => `${group} ${name}`.includes(word)),
);

/** One object for each finished training: its candidate, budget and seed, and what its last epoch reached. */
const results = existsSync(options.results) ? JSON.parse(readFileSync(options.results, 'utf8')) : [];

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

/** Trains a candidate and writes down what it reached. */
function train(candidate, changes, seed) {
  const failed = (what) => console.error(`${candidate}, seed ${seed}: ${what}`);
  const folder = join(options.out, `${candidate.replaceAll(/[^\w.]+/g, '-')}-${seed}`);
  const begun = existsSync(join(folder, 'checkpoint.safetensors'));
  const which = begun ? ['--resume', folder] : [...argumentsOf(changes, seed), '--out', folder];
  const { status, signal } = spawnSync(
    process.execPath,
    [CLI, 'train', '--no-tui', '--quiet', '--json', ...which],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (signal !== null) process.exit(130);
  if (status !== 0) return failed(`train ended with ${status}`);
  const end = readEvents(join(folder, 'events.ndjson')).findLast(({ type }) => type === 'epoch');
  if (end?.epoch !== epochs) return failed(`ended after epoch ${end?.epoch}`);
  const { acc, loss } = end.val;
  results.push({ candidate, seed, limit, epochs, acc, loss, trainLoss: end.train.loss });
  atomicWrite(options.results, `${JSON.stringify(results, null, 1)}\n`);
  rmSync(folder, { recursive: true });
}

mkdirSync(options.out, { recursive: true });
if (!options.table) {
  const left = seeds
    .flatMap((seed) => candidates.map(([, name, changes]) => ({ name, changes, seed })))
    .filter(({ name, seed }) => resultOf(results, { candidate: name, seed, limit, epochs }) === undefined);
  const began = performance.now();
  for (const [done, { name, changes, seed }] of left.entries()) {
    const eta =
      done > 0 ? `, ETA ${duration(((performance.now() - began) / 1000 / done) * (left.length - done))}` : '';
    console.error(`training ${done + 1} of ${left.length}: ${name}, seed ${seed}${eta}`);
    train(name, changes, seed);
  }
}
const text = candidatesTable(results, { limit, epochs, seeds, candidates });
console.log(text);
if (options.write) {
  const page = fileURLToPath(new URL('../docs/results.md', import.meta.url));
  atomicWrite(page, withPart(readFileSync(page, 'utf8'), 'candidates', COMMAND, text));
}
