import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import * as h5wasm from 'h5wasm/node';
import type { Network, PlacedLayer } from '../../src/nn/network.js';
import type { NamedArray, NamedArrays } from '../../src/nn/parameters.js';

/** Model files as h5py leaves them when Keras saves, made for tests. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-keras-'));

/** How h5py of a version stores a list of Python bytes: of fixed length (2.x), or each of its own (3.x). */
export type ListKind = 'fixed' | 'variable';

interface Keras2Options {
  readonly lists?: ListKind;
  /** The full model: its architecture, what an optimiser remembers, how it was compiled. Default: weights alone. */
  readonly config?: unknown;
  /** Name of each layer in the file; default its own. */
  readonly nameOf?: (layer: PlacedLayer, index: number) => string;
  /** Shape in the file. */
  readonly shapeOf?: (shape: readonly number[]) => number[];
}

/** A file of Keras 2. */
export async function writeKeras2(
  path: string,
  network: Network,
  weights: NamedArrays,
  {
    lists = 'fixed',
    config,
    nameOf = ({ name }) => name,
    shapeOf = (shape) => [...shape],
  }: Keras2Options = {},
): Promise<void> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  const putList = (of: h5wasm.Group, name: string, list: string[]): void => {
    if (list.length === 0) of.create_attribute(name, new Float64Array(0), [0], '<d');
    else {
      const longest = Math.max(...list.map((text) => text.length));
      of.create_attribute(name, list, [list.length], lists === 'fixed' ? `A${longest}` : 'A');
    }
  };
  const root = config === undefined ? file : (file.create_group('model_weights') as h5wasm.Group);
  if (config !== undefined) {
    file.create_attribute('keras_version', '2.2.4', null, 'S');
    file.create_attribute('backend', 'tensorflow', null, 'S');
    file.create_attribute('model_config', JSON.stringify(config), null, 'A');
    file.create_attribute('training_config', JSON.stringify({ loss: 'categorical_crossentropy' }), null, 'A');
    const optimizer = file.create_group('optimizer_weights') as h5wasm.Group;
    putList(optimizer, 'weight_names', ['Adam/iterations:0']);
  }
  root.create_attribute('backend', 'tensorflow', null, 'A');
  root.create_attribute('keras_version', '2.2.4', null, 'A');
  const names = network.layers.map(nameOf);
  putList(root, 'layer_names', ['input_1', ...names]);
  putList(root.create_group('input_1') as h5wasm.Group, 'weight_names', []);
  network.layers.forEach(({ weights: specs }, i) => {
    const name = names[i] as string;
    const group = root.create_group(name) as h5wasm.Group;
    const short = specs.map((spec) => `${spec.name.split('/').at(-1)}:0`);
    putList(
      group,
      'weight_names',
      short.map((word) => `${name}/${word}`),
    );
    const inner = specs.length > 0 ? (group.create_group(name) as h5wasm.Group) : group;
    specs.forEach((spec, k) => {
      const { data } = weights.get(spec.name) as NamedArray;
      inner.create_dataset({ name: short[k] as string, data, shape: shapeOf(spec.shape), dtype: '<f' });
    });
  });
  file.close();
}

/**
 * The weights of a `.keras` file: numbered variables in folders by class, dropout's random state among them.
 * @param windows whether the names of folders are paths with back-slashes, as Keras 2.12 to 2.15 writes them there
 */
export async function writeNumberedWeights(
  path: string,
  folders: readonly { folder: string; weights: readonly NamedArray[] }[],
  root = 'layers',
  windows = false,
): Promise<void> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  file.create_group('vars');
  const layers: h5wasm.Group = windows ? file : (file.create_group(root) as h5wasm.Group);
  for (const { folder, weights } of folders) {
    const parts = windows ? [`${root}\\${folder}`] : folder.split('/');
    let own = layers;
    for (const part of parts) {
      own = (own.keys().includes(part) ? own.get(part) : own.create_group(part)) as h5wasm.Group;
    }
    const vars = own.create_group('vars') as h5wasm.Group;
    weights.forEach(({ data, shape }, k) => {
      vars.create_dataset({ name: String(k), data, shape: [...shape], dtype: '<f' });
    });
    if (folder.startsWith('dropout')) {
      const seeds = (own.create_group('seed_generator') as h5wasm.Group).create_group('vars') as h5wasm.Group;
      seeds.create_dataset({ name: '0', data: new Uint32Array([1, 2]), shape: [2], dtype: '<I' });
    }
  }
  file.close();
}

/** The zip around them. */
export function kerasZip(config: unknown, weightsFile: string): Uint8Array {
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  return zipSync({
    'metadata.json': json({ keras_version: '3.3.3', date_saved: '2024-05-01@12:00:00' }),
    'config.json': json(config),
    'model.weights.h5': readFileSync(weightsFile),
  });
}
