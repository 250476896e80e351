import { ACTIVATIONS } from './activations.js';
import { CONVOLUTIONS } from './convolution.js';
import { CORE } from './core.js';
import type { FileLayer } from './file_layer.js';
import { MERGING } from './merging.js';
import { NORMALIZATION } from './normalization.js';
import { POOLING } from './pooling.js';
import { RESHAPING } from './reshaping.js';

/** All layer classes that files may contain, by Keras's name. */
export const FILE_LAYERS: ReadonlyMap<string, FileLayer> = new Map(
  [CONVOLUTIONS, CORE, NORMALIZATION, RESHAPING, MERGING, POOLING, ACTIVATIONS].flatMap((group) =>
    Object.entries(group),
  ),
);

/**
 * The table of docs/keras.md, as Markdown: what is supported of each class. test/formats/layer_table.test.ts checks it.
 * @param tfjs the limits of TensorFlow.js files, by class of layer
 */
export function layerTable(tfjs: Readonly<Record<string, string>>): string {
  const rows = new Map<string, string[]>();
  for (const [kind, { options }] of FILE_LAYERS) {
    const row = `yes | yes | yes | yes | ${tfjs[kind] ?? 'yes'} | yes | ${options}`;
    rows.set(row, [...(rows.get(row) ?? []), kind]);
  }
  const lines = [...rows].map(([row, kinds]) => `| ${kinds.join(', ')} | ${row} |`);
  const head =
    '| layer | Keras 2 | Keras 3 | ONNX out | ONNX in | TensorFlow.js out | trains | supported options |';
  return [head, '|---|---|---|---|---|---|---|---|', ...lines].join('\n');
}
