import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { layerTable } from '../../src/formats/layers/all.js';
import { configSchema } from '../../src/train/config_schema.js';
import { optionTable } from '../../src/train/option_text.js';

it('docs/keras.md has the layers of the code; "npm run docs" writes them', () => {
  expect(readFileSync('docs/keras.md', 'utf8')).toContain(layerTable());
});

it('docs/training.md has the settings of the table, and schemas/train.schema.json is made of it', () => {
  expect(readFileSync('docs/training.md', 'utf8')).toContain(optionTable());
  const schema: unknown = JSON.parse(readFileSync('schemas/train.schema.json', 'utf8'));
  expect(schema).toEqual(configSchema());
});
