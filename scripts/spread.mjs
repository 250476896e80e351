/**
 * Trains a shipped network by its recipe with other seeds, to see how much of its accuracy is chance, and writes what they reach into its card:
 *
 *   npm run spread -- fer-shallow --data fer2013.csv [--seeds 8,9] [--out runs/spread]
 *
 * The weights stay where they are. The runs lie in runs/spread-NAME-SEED; a run that was stopped goes on.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findData } from '../dist/data/find_data.js';
import { findRun } from '../dist/train/runs.js';
import { readCard, shippedModels } from '../dist/train/shipped_models.js';
import { writeCard } from './model_card.mjs';
import { partsOf, trainPart } from './recipe_parts.mjs';
import { refuse, scriptOptions } from './script_options.mjs';

const { values, positionals } = scriptOptions(import.meta.url, {
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    seeds: { type: 'string', default: '8,9' },
    out: { type: 'string', default: 'runs/spread' },
  },
});
const [name] = positionals;
if (!shippedModels().includes(name)) {
  const given = name === undefined ? 'no network is named' : `there is no network "${name}"`;
  refuse(import.meta.url, `${given}; expected one of ${shippedModels().join(', ')}; --help shows a line`);
}
const data = values.data ?? findData();
if (data === undefined)
  refuse(import.meta.url, 'no data; expected --data fer2013.csv, or FER-2013 in ./data');
const spread = values.seeds.split(',').map(Number).map(trained);
writeCard({ ...readCard(name), spread });
console.log(`models/${name}.json and models/README.md are written`);

/** What a training with this seed reaches, in the epoch that it keeps. */
function trained(seed) {
  const parts = partsOf(name, `${values.out}-${name}-${seed}`);
  for (const part of parts) trainPart(part, data, ['--seed', String(seed)]);
  const { out } = parts.at(-1);
  const { bestEpoch } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  const { acc, loss } = findRun(out).epochs.find(({ epoch }) => epoch === bestEpoch).val;
  return { seed, bestEpoch, valAcc: acc, valLoss: loss };
}
