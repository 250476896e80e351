import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { layerTable } from '../dist/formats/layers/all.js';
import { shaderTable } from '../dist/gpu/shader.js';
import { configSchema } from '../dist/train/config_schema.js';
import { optionTable } from '../dist/train/option_text.js';
import { withPart } from './generated_parts.mjs';

/** `npm run docs`: writes the tables of the documents that follow from the code, and the JSON schema of `--config` files. */
const shaders = readdirSync(new URL('../shaders/', import.meta.url))
  .filter((file) => file.endsWith('.wgsl'))
  .map((file) => file.replace('.wgsl', ''))
  .sort();

const PARTS = [
  ['docs/keras.md', 'layers', layerTable()],
  ['docs/training.md', 'settings', optionTable()],
  ['shaders/README.md', 'shaders', shaderTable(shaders)],
];

for (const [path, name, text] of PARTS) {
  const file = new URL(`../${path}`, import.meta.url);
  writeFileSync(file, withPart(readFileSync(file, 'utf8'), name, 'npm run docs', text));
}

writeFileSync(
  new URL('../schemas/train.schema.json', import.meta.url),
  `${JSON.stringify(configSchema(), null, 2)}\n`,
);
