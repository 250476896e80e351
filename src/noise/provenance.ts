import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { facesHash } from '../data/faces_file.js';
import { asInSource } from '../data/hold_out.js';
import type { Dataset } from '../data/types.js';
import { recorded } from '../train/assemble.js';
import type { TrainConfig } from '../train/config.js';
import { atomicWrite, needFolder } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import { readForeignJson } from '../util/foreign.js';

/** What the results in a folder of `crossPredict` were made with: the hash of the data, the folds, and all settings. */
type Provenance = Readonly<Record<string, unknown>>;

const FILE = 'made-with.json';

/** Settings that change no result, or differ from fold to fold. */
const LEFT_OUT: readonly string[] = [
  'out',
  'fold',
  'adapter',
  'tensorboard',
  'logEvery',
  'checkpointSeconds',
];

/** Says what results are made with. @param config of any of the folds */
export function provenanceOf(dataset: Dataset, config: TrainConfig, folds: number): Provenance {
  const settings = Object.entries(recorded(config)).filter(
    ([name, value]) => value !== undefined && !LEFT_OUT.includes(name),
  );
  return { content: facesHash(asInSource(dataset)), folds, ...Object.fromEntries(settings) };
}

/**
 * Makes sure that the folds which a folder has already belong to the same data and settings, and notes these in the folder.
 * Throws RunError that names each difference.
 */
export function claimFolder(folder: string, wanted: Provenance): void {
  const path = join(folder, FILE);
  if (!existsSync(folder) || !readdirSync(folder).some((name) => /^fold-\d+$/.test(name))) {
    needFolder(folder);
    atomicWrite(path, `${JSON.stringify(wanted, null, 2)}\n`);
    return;
  }
  if (!existsSync(path)) {
    throw new RunError(
      `${folder}: its results do not say with which data and settings they were made (${FILE} is missing): give another --out`,
    );
  }
  const found = readForeignJson(path, 'what the results were made with (or give another --out)');
  const differences = differencesOf(found, wanted);
  if (differences.length === 0) return;
  throw new RunError(
    `${folder}: its results were made with ${differences.join('; ')}: give another --out, or the same data and settings`,
  );
}

function differencesOf(found: Provenance, wanted: Provenance): string[] {
  const names = new Set([...Object.keys(found), ...Object.keys(wanted)]);
  return [...names]
    .filter((name) => found[name] !== wanted[name])
    .map((name) =>
      name === 'content'
        ? 'other images, labels or classes'
        : `${name} = ${String(found[name] ?? 'its default')}, not ${String(wanted[name] ?? 'its default')}`,
    );
}
