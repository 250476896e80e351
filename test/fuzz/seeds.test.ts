import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KINDS } from '../../scripts/fuzz/readers.mjs';
import { needs } from '../helpers/needs.js';
import { writeSeeds } from './seeds.js';

/** `npm run fuzz` runs this file to have the good files written that it begins with. */
it('there are good files of every kind', async () => {
  const folder = process.env['FER_FUZZ_SEEDS'] ?? mkdtempSync(join(tmpdir(), 'fer-tui-seeds-'));
  await writeSeeds(folder);
  expect(readdirSync(folder).sort()).toEqual(Object.keys(KINDS).sort());
  const empty = Object.keys(KINDS).filter((kind) => readdirSync(join(folder, kind, 'seeds')).length === 0);
  expect(empty).toEqual(needs.sharp.skip ? ['gif', 'webp', 'tiff', 'avif'] : []);
});
