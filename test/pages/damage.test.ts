import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildModel } from '../../src/nn/models.js';
import { reportPage } from '../../src/pages/report.js';
import { saveModel } from '../../src/train/model_file.js';
import { reviewRun } from '../../src/train/run_review.js';
import { findRun } from '../../src/train/runs.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { FerError } from '../../src/util/errors.js';
import { Rng } from '../../src/util/random.js';
import { fakeEnd, fakeEvents } from '../helpers/events.js';
import { randomWeights } from '../helpers/networks.js';
import { pageProblems } from '../helpers/pages.js';
import { runsFolder, writeRun } from '../helpers/run_folders.js';

/** How often each file is damaged. */
const TIMES = 100;

const parent = runsFolder();
const path = writeRun(parent, 'r7', {
  events: [...fakeEvents({ steps: 2 }), ...fakeEnd()],
  files: { 'config.json': '{"model":"fer-shallow","data":"/nowhere","epochs":5,"filters":"4","seed":7}' },
});
const network = buildModel('fer-shallow', { filters: [4], dense: [8] });
saveModel(join(path, 'best.safetensors'), {
  ...{ network, classes: CLASS_NAMES, weights: randomWeights(network), notes: {} },
  preprocess: { name: 'scale255' },
});

it.each([
  'events.ndjson',
  'config.json',
  'best.safetensors',
])('any damage of %s gives a page or a message', async (name) => {
  const file = join(path, name);
  const intact = readFileSync(file);
  // Of weights, the header: every number is a weight.
  const header = name.endsWith('.safetensors') ? 8 + Number(intact.readBigUInt64LE(0)) : intact.length;
  const rng = new Rng(1);
  const below = (n: number): number => Math.floor(rng.uniform(0, n));
  const ends = { page: 0, message: 0 };
  for (let i = 0; i < TIMES; i++) {
    let bytes = Buffer.from(intact);
    if (i % 10 === 0) bytes = bytes.subarray(0, below(bytes.length));
    else for (let k = 0; k < 3; k++) bytes[below(header)] = 32 + below(95);
    writeFileSync(file, bytes);
    try {
      expect(pageProblems(reportPage(await reviewRun(findRun('r7', parent))))).toEqual([]);
      ends.page++;
    } catch (error) {
      if (!(error instanceof FerError)) throw error;
      ends.message++;
    }
  }
  writeFileSync(file, intact);
  expect(ends.page + ends.message).toBe(TIMES);
  expect(ends.page).toBeGreaterThan(TIMES / 2);
});
