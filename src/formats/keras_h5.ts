import { formatShape, sizeOf } from '../gpu/shape.js';
import type { Network, PlacedLayer } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { atomicWrite } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import { foreignJson } from '../util/foreign.js';
import { readWhole } from '../util/read_whole.js';
import { isH5, readH5Tree } from './hdf5.js';
import { groupAt, type H5Group, numbersAt } from './hdf5_tree.js';
import { encodeH5, type NewH5Group, putGroup, putNumbers, putText, putTexts } from './hdf5_writer.js';
import { readKeras, toKeras } from './keras_architecture.js';
import { imageInput, isFeature, looksAtImages } from './keras_features.js';
import { isWeightsFile, readKerasWeights } from './keras_weights.js';

/**
 * Reads and writes Keras's `.h5` files. A full model has the attribute `model_config` and its weights in the group
 * `model_weights`. A file that holds only weights has them at the root, and the architecture must come from elsewhere. The
 * layout is Keras's legacy H5 format, https://keras.io/api/models/.
 */
export interface KerasFile {
  /** Whether the file contains the network, not just weights. */
  readonly whole: boolean;
  readonly network: Network;
  /** Whether the model in the file ends in logits, and a softmax was added. */
  readonly softmaxAdded?: boolean;
  /** Name of the preprocessing that layers of the file contained. */
  readonly preprocess?: string | undefined;
  readonly weights: NamedArrays;
  /** What fer-tui stored in addition; undefined for files of other programs. */
  readonly own: OwnNotes | undefined;
}

/** What fer-tui stores in addition to Keras's format. */
export interface OwnNotes {
  readonly classes: readonly string[];
  readonly preprocess: string;
  readonly mean?: Float32Array | undefined;
  readonly std?: Float32Array | undefined;
  readonly notes: Readonly<Record<string, string>>;
}

const OWN = 'fer_tui';
const OWN_MEAN = 'fer_tui_mean';
const OWN_STD = 'fer_tui_std';

/** Describes the first members of a file. */
function contentsOf({ members }: H5Group): string {
  const all = [...members].map(([name, one]) =>
    'members' in one ? `the group ${name}` : `the array ${name} ${formatShape(one.shape)}`,
  );
  if (all.length === 0) return 'nothing in it';
  return all.length > 3 ? `${all.slice(0, 3).join(', ')}, ...` : all.join(', ');
}

/**
 * Reads a model. Throws RunError when the file is not HDF5, its architecture is missing, or weights do not fit.
 * @param architecture the parsed JSON of `model.to_json()`, for files that hold only weights @param bytes of the file
 */
export async function readH5(
  path: string,
  architecture?: unknown,
  bytes: Uint8Array = readWhole(path),
): Promise<KerasFile> {
  if (!isH5(bytes)) throw new RunError(`${path}: not an HDF5 file`);
  const file = await readH5Tree(bytes, path);
  const config = file.attributes.get('model_config');
  if (config === undefined && !isWeightsFile(file)) {
    throw new RunError(
      `${path}: an HDF5 file with ${contentsOf(file)}, but without a model or weights of Keras; give the file that model.save() wrote`,
    );
  }
  if (config === undefined && architecture === undefined) {
    throw new RunError(
      `${path}: the file holds only weights; give the architecture, too: --model FILE.json (as model.to_json() writes it)`,
    );
  }
  const model = readKeras(
    config === undefined ? architecture : foreignJson(String(config), `${path}: damaged: its model_config`),
    path,
    versionIn(file),
  );
  const group = config === undefined ? file : groupAt(file, 'model_weights');
  if (group === undefined) throw new RunError(`${path}: the group model_weights is missing`);
  const weights = readKerasWeights(group, model, path);
  const { network, softmaxAdded, preprocess } = model;
  return {
    whole: config !== undefined,
    network,
    softmaxAdded,
    preprocess,
    weights,
    own: readOwn(file, path),
  };
}

/** Whether a file has groups of weights, but no network. Throws RunError when it is damaged. */
export async function holdsOnlyWeights(bytes: Uint8Array, path: string): Promise<boolean> {
  const { attributes, members } = await readH5Tree(bytes, path);
  return !attributes.has('model_config') && members.size > 0;
}

/** The version of Keras that wrote the file. */
function versionIn({ attributes }: H5Group): string | undefined {
  const version = attributes.get('keras_version');
  return version === undefined ? undefined : String(version);
}

function readOwn(file: H5Group, path: string): OwnNotes | undefined {
  const text = file.attributes.get(OWN);
  if (text === undefined) return undefined;
  const own = notesOf(foreignJson(String(text), `${path}: damaged: its ${OWN}`), path);
  // Older files have this attribute.
  const mean = numbersAt(file, OWN_MEAN)?.data ?? file.attributes.get(OWN_MEAN);
  const std = numbersAt(file, OWN_STD)?.data;
  return { ...own, mean: mean instanceof Float32Array ? mean : undefined, std };
}

/** Checks the notes of a file. Throws RunError where they are not what `writeH5` writes. */
function notesOf(value: unknown, path: string): Omit<OwnNotes, 'mean' | 'std'> {
  const { classes, preprocess, notes } = (value ?? {}) as Partial<Record<keyof OwnNotes, unknown>>;
  const texts = (of: unknown): boolean =>
    typeof of === 'object' && of !== null && Object.values(of).every((text) => typeof text === 'string');
  if (!Array.isArray(classes) || !texts(classes) || typeof preprocess !== 'string' || !texts(notes)) {
    throw new RunError(
      `${path}: damaged: its ${OWN} is ${JSON.stringify(value)?.slice(0, 80)}; expected classes, preprocess and notes`,
    );
  }
  return { classes, preprocess, notes: notes as OwnNotes['notes'] };
}

/**
 * Writes a full model in the layout of Keras 2, which Keras 3 also reads. The file is complete or unchanged. Throws RunError.
 */
export async function writeH5(
  path: string,
  network: Network,
  weights: NamedArrays,
  { mean, std, ...own }: OwnNotes,
): Promise<void> {
  const bytes = await encodeH5((file) => {
    const { keras_version: version, backend, ...model } = toKeras(network);
    const about = (of: NewH5Group): void => {
      putText(of, 'keras_version', version);
      putText(of, 'backend', backend);
    };
    about(file);
    putText(file, 'model_config', toAscii(JSON.stringify(model)));
    putText(file, OWN, JSON.stringify(own), 'utf8');
    if (mean !== undefined) putNumbers(file, OWN_MEAN, mean, [mean.length]);
    if (std !== undefined) putNumbers(file, OWN_STD, std, [std.length]);
    const group = putGroup(file, 'model_weights');
    about(group);
    // In a functional model, the inputs are layers.
    const functional = model.class_name === 'Functional';
    const images = imageInput(network);
    const inputs = functional && looksAtImages(network) ? [images] : [];
    putTexts(
      group,
      'layer_names',
      model.config.layers
        .map(({ config }) => String(config['name']))
        .filter((name) => functional || name !== images),
    );
    for (const name of [...inputs, 'top_level_model_weights']) {
      putTexts(putGroup(group, name), 'weight_names', []);
    }
    for (const layer of network.layers) {
      const own = isFeature(layer) ? { ...layer, weights: [] } : layer;
      putLayer(putGroup(group, layer.name), own, weights);
    }
  });
  atomicWrite(path, bytes);
}

/** Writes the weights of a layer under Keras's names: `conv2d/kernel:0` in the group `conv2d`. */
function putLayer(group: NewH5Group, { name, weights: specs }: PlacedLayer, weights: NamedArrays): void {
  putTexts(
    group,
    'weight_names',
    specs.map((spec) => `${spec.name}:0`),
  );
  if (specs.length === 0) return;
  const inner = putGroup(group, name);
  for (const spec of specs) {
    const array = weights.get(spec.name);
    if (array === undefined || array.data.length !== sizeOf(spec.shape)) {
      throw new RunError(`weights of ${spec.name}: expected ${formatShape(spec.shape)}`);
    }
    putNumbers(inner, `${spec.name.slice(name.length + 1)}:0`, array.data, spec.shape);
  }
}

/** JSON as Python writes it: characters beyond ASCII are escaped. */
function toAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
