import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { layerTable } from '../dist/formats/layers/all.js';
import { shaderTable } from '../dist/gpu/shader.js';
import { withPart } from './generated_parts.mjs';

/** `npm run docs`: writes the tables of the documents that follow from the code. */
const shaders = readdirSync(new URL('../shaders/', import.meta.url))
  .filter((file) => file.endsWith('.wgsl'))
  .map((file) => file.replace('.wgsl', ''))
  .sort();

const PARTS = [
  ['docs/keras.md', 'layers', layerTable()],
  ['shaders/README.md', 'shaders', shaderTable(shaders)],
];

for (const [path, name, text] of PARTS) {
  const file = new URL(`../${path}`, import.meta.url);
  writeFileSync(file, withPart(readFileSync(file, 'utf8'), name, 'npm run docs', text));
}
