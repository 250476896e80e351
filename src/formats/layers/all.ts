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

/** The table of docs/keras.md, as Markdown: what is supported of each class. */
export function layerTable(): string {
  const rows = new Map<string, string[]>();
  for (const [kind, { options }] of FILE_LAYERS) rows.set(options, [...(rows.get(options) ?? []), kind]);
  const lines = [...rows].map(([options, kinds]) => `| ${kinds.join(', ')} | ${options} |`);
  return ['| layer | supported options |', '|---|---|', ...lines].join('\n');
}
