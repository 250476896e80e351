// The process that reads changed files of a kind, and tells of each what became of it. The file that it reads is `current`, so
// that it is there when the process dies.
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchCoverage } from './coverage.mjs';
import { judge } from './judge.mjs';
import { generator, mutate } from './mutate.mjs';
import { KINDS } from './readers.mjs';

/** Files that are changed further, beside the good ones. */
const MOST_GROWN = 400;

const { kind, folder, seed, inputs } = JSON.parse(process.argv[2]);
const grownFolder = join(folder, 'grown');
mkdirSync(grownFolder, { recursive: true });
const filesIn = (path) =>
  existsSync(path) ? readdirSync(path).map((name) => readFileSync(join(path, name))) : [];
const seeds = filesIn(join(folder, 'seeds'));
const grown = filesIn(grownFolder);
const largest = 4 * Math.max(...seeds.map(({ length }) => length), 1000);
const { mend, pack = (bytes) => bytes } = KINDS[kind];
const random = generator(seed);
const isNovel = await watchCoverage();

for (const bytes of seeds) await judge(kind, pack(bytes), folder);
process.send({ ready: true });
await isNovel();
let ways = grown.length;
for (let i = 0; i < inputs && seeds.length > 0; i++) {
  const pool = grown.length > 0 && random.next() < 0.5 ? grown : seeds;
  const changed = mutate(random.of(pool), random, random.of(seeds)).subarray(0, largest);
  const bytes = pack(mend !== undefined && random.next() < 0.5 ? mend(Buffer.from(changed)) : changed);
  writeFileSync(join(folder, 'current'), bytes);
  const before = process.resourceUsage().maxRSS;
  const begin = performance.now();
  const verdict = await judge(kind, bytes, folder);
  const ms = Math.round(performance.now() - begin);
  const peak = 1024 * (process.resourceUsage().maxRSS - before);
  if (await isNovel()) {
    ways++;
    if (grown.length < MOST_GROWN) {
      writeFileSync(join(grownFolder, `${grown.length}`), changed);
      grown.push(changed);
    }
  }
  process.send({ ...verdict, ms, peak, ways });
  await once(process, 'message'); // a finding is copied before the next file
}
process.send({ last: true });
