import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { candidatesTable } from '../../bench/candidates/table.mjs';
import { layerTable } from '../../src/formats/layers/all.js';
import { TFJS_LACKS } from '../../src/formats/tfjs.js';
import { spaceSchema } from '../../src/study/space_schema.js';
import { configSchema } from '../../src/train/config_schema.js';
import { optionTable } from '../../src/train/option_text.js';

const schema = (name: string): unknown => JSON.parse(readFileSync(`schemas/${name}.schema.json`, 'utf8'));

it('docs/keras.md has the layers of the code; "npm run docs" writes them', () => {
  expect(readFileSync('docs/keras.md', 'utf8')).toContain(layerTable(TFJS_LACKS));
});

it('docs/training.md has the settings of the table, and schemas/train.schema.json is made of it', () => {
  expect(readFileSync('docs/training.md', 'utf8')).toContain(optionTable());
  expect(schema('train')).toEqual(configSchema());
});

it('schemas/space.schema.json is made of the same table', () => {
  expect(schema('space')).toEqual(spaceSchema());
});

it('docs/results.md has the results of the candidates; "npm run bench:candidates -- --table --write" writes them', () => {
  const results = JSON.parse(readFileSync('bench/results/candidates.json', 'utf8'));
  const table = candidatesTable(results, { limit: 9570, epochs: 8, seeds: [7, 8] });
  expect(table.split('\n').length).toBeGreaterThan(3);
  expect(readFileSync('docs/results.md', 'utf8')).toContain(table);
});
