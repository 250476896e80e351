import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import * as h5wasm from 'h5wasm/node';
import { formatShape, sizeOf } from '../gpu/shape.js';
import type { Network, PlacedLayer } from '../nn/network.js';
import type { NamedArray, NamedArrays } from '../nn/parameters.js';
import { writeError } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import { fromKeras, KERAS_VERSION, toKeras } from './keras_architecture.js';

/**
 * Keras's `.h5` files, through the HDF5 library compiled to WebAssembly (h5wasm). A full model has the attribute
 * `model_config` and its weights in the group `model_weights`; a file of weights alone has them at the root and needs the
 * architecture from elsewhere. Layout and attributes: Keras's legacy H5 format, https://keras.io/api/models/.
 */
export interface H5Model {
  readonly network: Network;
  readonly weights: NamedArrays;
  /** What fer-tui wrote beside them; undefined for files of others. */
  readonly own: OwnNotes | undefined;
}

/** Everything that Keras's format has no place for. */
export interface OwnNotes {
  readonly classes: readonly string[];
  readonly preprocess: string;
  readonly mean?: Float32Array | undefined;
  readonly notes: Readonly<Record<string, string>>;
}

const OWN = 'fer_tui';
const OWN_MEAN = 'fer_tui_mean';
const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** Whether a file is in the HDF5 format. */
export function isH5(bytes: Uint8Array): boolean {
  return SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));
}

/**
 * Reads a model. Throws RunError when the file is none, when it lacks its architecture, or when weights do not fit.
 * @param architecture of a file of weights alone: the parsed JSON of `model.to_json()`
 */
export async function readH5(path: string, architecture?: unknown): Promise<H5Model> {
  await h5wasm.ready;
  if (!isH5(readFileSync(path))) throw new RunError(`${path}: not an HDF5 file`);
  const file = new h5wasm.File(path, 'r');
  try {
    const config = attribute(file, 'model_config');
    if (config === undefined && architecture === undefined) {
      throw new RunError(
        `${path}: it holds weights without a model; give the model too: --model FILE.json (what model.to_json() wrote)`,
      );
    }
    const network = fromKeras(config === undefined ? architecture : JSON.parse(String(config)), path);
    const group = config === undefined ? file : file.get('model_weights');
    if (!(group instanceof h5wasm.Group)) throw new RunError(`${path}: it has a model, but no model_weights`);
    return { network, weights: readWeights(group, network, path), own: readOwn(file) };
  } finally {
    file.close();
  }
}

function attribute(of: { attrs: Record<string, h5wasm.Attribute> }, name: string): unknown {
  return of.attrs[name]?.value ?? undefined;
}

/** A list of names; an array attribute in files of Keras, one text where there is one. */
function names(of: { attrs: Record<string, h5wasm.Attribute> }, name: string): string[] {
  const value = attribute(of, name);
  return Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
}

/** Weights go to layers in their order, as when Keras loads them: names differ from one making of a model to the next. */
function readWeights(group: h5wasm.Group, network: Network, path: string): Map<string, NamedArray> {
  const found = names(group, 'layer_names')
    .map((layer) => ({ layer, group: group.get(layer) }))
    .flatMap(({ layer, group: own }) => {
      const list = own instanceof h5wasm.Group ? names(own, 'weight_names') : [];
      return list.length > 0 ? [{ layer, own: own as h5wasm.Group, list }] : [];
    });
  const wanted = network.layers.filter(({ weights }) => weights.length > 0);
  if (found.length !== wanted.length) {
    throw new RunError(
      `${path}: weights of ${found.length} layers; the model has ${wanted.length} with weights`,
    );
  }
  const result = new Map<string, NamedArray>();
  wanted.forEach((placed, i) => {
    const { layer, own, list } = found[i] as (typeof found)[number];
    if (list.length !== placed.weights.length) {
      throw new RunError(
        `${path}: layer "${layer}" has ${list.length} weights; "${placed.name}" (${placed.layer.kind}) has ${placed.weights.length}`,
      );
    }
    placed.weights.forEach(({ name, shape }, k) => {
      const dataset = own.get(list[k] ?? '');
      const got = dataset instanceof h5wasm.Dataset ? (dataset.shape ?? []) : [];
      if (!(dataset instanceof h5wasm.Dataset) || formatShape(got) !== formatShape(shape)) {
        throw new RunError(
          `${path}: weight "${list[k]}" of layer "${layer}" is ${formatShape(got)}; the model expects ${formatShape(shape)}`,
        );
      }
      const value = dataset.value as ArrayLike<number>;
      result.set(name, { shape, data: value instanceof Float32Array ? value : Float32Array.from(value) });
    });
  });
  return result;
}

function readOwn(file: h5wasm.File): OwnNotes | undefined {
  const text = attribute(file, OWN);
  if (text === undefined) return undefined;
  const own = JSON.parse(String(text)) as OwnNotes;
  const mean = attribute(file, OWN_MEAN);
  return { ...own, mean: mean instanceof Float32Array ? mean : undefined };
}

/**
 * Writes a full model in the form of Keras 2, which Keras 3 opens too. The whole file or nothing: it is made beside the
 * old one and renamed. Throws RunError.
 */
export async function writeH5(
  path: string,
  network: Network,
  weights: NamedArrays,
  { mean, ...own }: OwnNotes,
): Promise<void> {
  await h5wasm.ready;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = new h5wasm.File(temporary, 'w');
    try {
      const { keras_version: version, backend, ...model } = toKeras(network);
      text(file, 'keras_version', version);
      text(file, 'backend', backend);
      text(file, 'model_config', JSON.stringify(model));
      text(file, OWN, JSON.stringify(own));
      if (mean !== undefined) file.create_attribute(OWN_MEAN, mean);
      const group = file.create_group('model_weights');
      text(group, 'keras_version', KERAS_VERSION);
      text(group, 'backend', backend);
      texts(
        group,
        'layer_names',
        network.layers.map(({ name }) => name),
      );
      for (const layer of network.layers) writeLayer(group.create_group(layer.name), layer, weights);
    } finally {
      file.close();
    }
    renameSync(temporary, path);
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary, { force: true });
    throw cause instanceof RunError ? cause : writeError(path, cause);
  }
}

/** Keras's words for the weights of a layer: `conv2d/kernel:0` under the group `conv2d`. */
function writeLayer(group: h5wasm.Group, { name, weights: specs }: PlacedLayer, weights: NamedArrays): void {
  const list = specs.map((spec) => `${spec.name}:0`);
  texts(group, 'weight_names', list);
  if (specs.length === 0) return;
  const inner = group.create_group(name);
  specs.forEach((spec, i) => {
    const array = weights.get(spec.name);
    if (array === undefined || array.data.length !== sizeOf(spec.shape)) {
      throw new RunError(`weights of ${spec.name}: expected ${formatShape(spec.shape)}`);
    }
    const short = (list[i] ?? '').slice(name.length + 1);
    inner.create_dataset({ name: short, data: array.data, shape: [...spec.shape], dtype: '<f' });
  });
}

/** One text, of fixed length, as h5py writes bytes. */
function text(of: h5wasm.File | h5wasm.Group, name: string, value: string): void {
  of.create_attribute(name, value, null, `S${Math.max(1, Buffer.byteLength(value))}`);
}

function texts(of: h5wasm.Group, name: string, values: readonly string[]): void {
  const length = Math.max(1, ...values.map((value) => Buffer.byteLength(value)));
  of.create_attribute(name, [...values], [values.length], `S${length}`);
}
