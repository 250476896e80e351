import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { layerTable } from '../../src/formats/layers/all.js';

it('docs/keras.md has the layers of the code; "npm run docs" writes them', () => {
  expect(readFileSync('docs/keras.md', 'utf8')).toContain(layerTable());
});
