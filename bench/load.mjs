#!/usr/bin/env node
/** How long opening a model of about 10 MB takes, by format (after `npm run build`): `node bench/load.mjs`. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialize } from '../dist/nn/init.js';
import { buildModel } from '../dist/nn/models.js';
import { saveModel } from '../dist/train/model_file.js';
import { openModel, saveH5 } from '../dist/train/weights.js';
import { CLASS_NAMES } from '../dist/util/classes.js';
import { Rng } from '../dist/util/random.js';

const ROUNDS = 9;
const network = buildModel('fer-cnn', { dense: [900] });
const weights = new Map(
  network.weights.map(({ name, shape, initializer }, i) => [
    name,
    { shape, data: initialize(initializer, shape, new Rng(1, i)) },
  ]),
);
const saved = { network, weights, classes: CLASS_NAMES, preprocess: { name: 'scale255' }, notes: {} };
const folder = mkdtempSync(join(tmpdir(), 'fer-tui-load-'));
try {
  await saveH5(join(folder, 'model.h5'), saved);
  saveModel(join(folder, 'model.safetensors'), saved);
  for (const file of ['model.h5', 'model.safetensors']) {
    const path = join(folder, file);
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now();
      await openModel(path);
      times.push(performance.now() - begin);
    }
    const [first] = times;
    const median = times.toSorted((a, b) => a - b)[ROUNDS >> 1];
    const size = (statSync(path).size / 1e6).toFixed(1);
    console.log(
      `${file}: ${size} MB, first ${first.toFixed(0)} ms, median of ${ROUNDS} ${median.toFixed(0)} ms`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
