// Reads good files, KIND/seeds/N in a folder, and those of a corpus, KIND-HASH, and prints a line for each: what is wrong with how
// it was read, or `good`. Good files have to be accepted.
//
//   node scripts/fuzz/replay.mjs SEEDS CORPUS
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from './judge.mjs';
import { KINDS } from './readers.mjs';

const [seeds, corpus] = process.argv.slice(2);
const kept = readdirSync(corpus);
for (const kind of Object.keys(KINDS)) {
  const folder = join(seeds, kind);
  const { pack = (bytes) => bytes } = KINDS[kind];
  for (const name of readdirSync(join(folder, 'seeds'))) {
    const { accepted, error, finding } = await judge(
      kind,
      pack(readFileSync(join(folder, 'seeds', name))),
      folder,
    );
    console.log(`${kind} ${name}: ${finding ?? (accepted ? 'good' : `refused: ${error}`)}`);
  }
  for (const name of kept.filter((file) => file.replace(/-\w+$/, '') === kind)) {
    const { finding } = await judge(kind, readFileSync(join(corpus, name)), folder);
    console.log(`${name}: ${finding ?? 'good'}`);
  }
}
