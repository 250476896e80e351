import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { layerTable } from '../dist/formats/layers/all.js';
import { TFJS_LACKS } from '../dist/formats/tfjs.js';
import { shaderTable } from '../dist/gpu/shader.js';
import { spaceSchema } from '../dist/study/space_schema.js';
import { configSchema } from '../dist/train/config_schema.js';
import { optionTable } from '../dist/train/option_text.js';
import { withPart } from './generated_parts.mjs';

/** `npm run docs`: writes the tables of the documents that follow from the code, and the JSON schemas of `--config` files and spaces. */
const shaders = readdirSync(new URL('../shaders/', import.meta.url))
  .filter((file) => file.endsWith('.wgsl'))
  .map((file) => file.replace('.wgsl', ''))
  .sort();

const PARTS = [
  ['docs/keras.md', 'layers', layerTable(TFJS_LACKS)],
  ['docs/training.md', 'settings', optionTable()],
  ['shaders/README.md', 'shaders', shaderTable(shaders)],
];

for (const [path, name, text] of PARTS) {
  const file = new URL(`../${path}`, import.meta.url);
  writeFileSync(file, withPart(readFileSync(file, 'utf8'), name, 'npm run docs', text));
}

const SCHEMAS = { train: configSchema(), space: spaceSchema() };

for (const [name, schema] of Object.entries(SCHEMAS)) {
  const file = new URL(`../schemas/${name}.schema.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
}
