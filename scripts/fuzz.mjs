/**
 * Feeds damaged files to every reader of files. Files that a program of ours wrote, or a test, are changed at random; one that
 * makes a reader run code in a way that none has before is changed further. Told of, and kept in test/fuzz/corpus, which
 * `npm test` reads again, is each file that ends the process, takes 5 seconds or 1 GB, is accepted with a number that is none, or
 * is refused without an error for people that names it.
 *
 *   npm run fuzz -- [KIND ...] [--minutes 1] [--inputs N] [--seed N]
 *
 * Minutes and inputs are for all kinds together, the same for each; the first that is reached ends a kind. With --inputs alone,
 * time has no limit. Another seed (default: the time) changes the files otherwise. Exit code 1 where something was found.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fuzzKind } from './fuzz/fuzz_kind.mjs';
import { KINDS } from './fuzz/readers.mjs';
import { refuse, scriptOptions } from './script_options.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CORPUS = join(ROOT, 'test/fuzz/corpus');

const { values, positionals } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    minutes: { type: 'number' },
    inputs: { type: 'number', whole: true },
    seed: { type: 'number', whole: true },
  },
});
const {
  inputs = 1e9,
  minutes = values.inputs === undefined ? 1 : Number.POSITIVE_INFINITY,
  seed = Date.now() % 1e6,
} = values;
const unknown = positionals.find((kind) => !Object.hasOwn(KINDS, kind));
if (unknown !== undefined) {
  refuse(import.meta.url, `no kind "${unknown}"; expected some of ${Object.keys(KINDS).join(', ')}`);
}

const kinds = positionals.length > 0 ? positionals : Object.keys(KINDS);
const folder = mkdtempSync(join(tmpdir(), 'fer-tui-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
writeSeeds();

const WIDTHS = [13, 8, 10, 9, 10, 8, 9];
const line = (cells) =>
  cells.map((cell, i) => String(cell)[i === 0 ? 'padEnd' : 'padStart'](WIDTHS[i])).join('');
console.log(`seed ${seed}\n${line(['kind', 'inputs', 'accepted', 'refused', 'ways', 'slowest', 'found'])}`);
const sums = [0, 0, 0, 0];
const end = Date.now() + minutes * 60_000;
for (const [n, kind] of kinds.entries()) {
  const left = kinds.length - n;
  const limits = {
    inputs: Math.ceil((inputs - sums[0]) / left),
    end: Date.now() + (end - Date.now()) / left,
  };
  const { accepted, refused, ways, slowest, found } = await fuzzKind(
    kind,
    join(folder, kind),
    seed,
    limits,
    keep,
  );
  const counts = [accepted + refused + found, accepted, refused, found];
  for (const [i, count] of counts.entries()) sums[i] += count;
  console.log(line([kind, ...counts.slice(0, 3), ways, `${slowest} ms`, found]));
}
console.log(line(['all', ...sums.slice(0, 3), '', '', sums[3]]));
process.exit(sums[3] > 0 ? 1 : 0);

/** Has the tests write good files of each kind. */
function writeSeeds() {
  const { status, stdout } = spawnSync('npx', ['vitest', 'run', 'test/fuzz/seeds.test.ts'], {
    cwd: ROOT,
    env: { ...process.env, FER_FUZZ_SEEDS: folder },
    encoding: 'utf8',
  });
  if (status === 0) return;
  console.error(`good files to begin with could not be written:\n${stdout}`);
  process.exit(1);
}

/** Keeps a file that a reader did not stand. */
function keep(kind, path, why) {
  const hash = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 10);
  const kept = join(CORPUS, `${kind}-${hash}`);
  mkdirSync(CORPUS, { recursive: true });
  copyFileSync(path, kept);
  console.log(`${kind}: ${why.slice(0, 1500)}\n  kept as ${kept}`);
}
