import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { formatShape, sizeOf } from '../gpu/shape.js';
import type { Network, PlacedLayer } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { writeError } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import {
  attribute,
  groupAt,
  type H5Group,
  isH5,
  numbersAt,
  putNumbers,
  putText,
  putTexts,
  readingH5,
  writingH5,
} from './hdf5.js';
import { fromKeras, toKeras } from './keras_architecture.js';
import { imageInput, isFeature, looksAtImages } from './keras_features.js';
import { readKerasWeights } from './keras_weights.js';

/**
 * Reads and writes Keras's `.h5` files. A full model has the attribute `model_config` and its weights in the group
 * `model_weights`. A file that holds only weights has them at the root, and the architecture must come from elsewhere. The
 * layout is Keras's legacy H5 format, https://keras.io/api/models/.
 */
export interface KerasFile {
  /** Whether the file contains the network, not just weights. */
  readonly whole: boolean;
  readonly network: Network;
  readonly weights: NamedArrays;
  /** What fer-tui stored in addition; undefined for files of other programs. */
  readonly own: OwnNotes | undefined;
}

/** What fer-tui stores in addition to Keras's format. */
export interface OwnNotes {
  readonly classes: readonly string[];
  readonly preprocess: string;
  readonly mean?: Float32Array | undefined;
  readonly notes: Readonly<Record<string, string>>;
}

const OWN = 'fer_tui';
const OWN_MEAN = 'fer_tui_mean';

/**
 * Reads a model. Throws RunError when the file is not HDF5, its architecture is missing, or weights do not fit.
 * @param architecture the parsed JSON of `model.to_json()`, for files that hold only weights
 */
export async function readH5(path: string, architecture?: unknown): Promise<KerasFile> {
  if (!isH5(readFileSync(path))) throw new RunError(`${path}: not an HDF5 file`);
  return readingH5(path, path, (file) => {
    const config = attribute(file, 'model_config');
    if (config === undefined && architecture === undefined) {
      throw new RunError(
        `${path}: the file holds only weights; give the architecture, too: --model FILE.json (as model.to_json() writes it)`,
      );
    }
    const network = fromKeras(config === undefined ? architecture : JSON.parse(String(config)), path);
    const group = config === undefined ? file : groupAt(file, 'model_weights');
    if (group === undefined) throw new RunError(`${path}: the group model_weights is missing`);
    const weights = readKerasWeights(group, network, path);
    return { whole: config !== undefined, network, weights, own: readOwn(file) };
  });
}

function readOwn(file: H5Group): OwnNotes | undefined {
  const text = attribute(file, OWN);
  if (text === undefined) return undefined;
  const own = JSON.parse(String(text)) as OwnNotes;
  // Older files have this attribute.
  const mean = numbersAt(file, OWN_MEAN)?.data ?? attribute(file, OWN_MEAN);
  return { ...own, mean: mean instanceof Float32Array ? mean : undefined };
}

/**
 * Writes a full model in the layout of Keras 2, which Keras 3 also reads. It writes a temporary file and renames it, so that
 * the file is complete or unchanged. Throws RunError.
 */
export async function writeH5(
  path: string,
  network: Network,
  weights: NamedArrays,
  { mean, ...own }: OwnNotes,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writingH5(temporary, (file) => {
      const { keras_version: version, backend, ...model } = toKeras(network);
      const about = (of: H5Group): void => {
        putText(of, 'keras_version', version);
        putText(of, 'backend', backend);
      };
      about(file);
      putText(file, 'model_config', toAscii(JSON.stringify(model)));
      putText(file, OWN, JSON.stringify(own), 'utf8');
      if (mean !== undefined) putNumbers(file, OWN_MEAN, mean, [mean.length]);
      const group = file.create_group('model_weights') as H5Group;
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
        putTexts(group.create_group(name) as H5Group, 'weight_names', []);
      }
      for (const layer of network.layers) {
        const own = isFeature(layer) ? { ...layer, weights: [] } : layer;
        putLayer(group.create_group(layer.name) as H5Group, own, weights);
      }
    });
    renameSync(temporary, path);
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary, { force: true });
    throw cause instanceof RunError ? cause : writeError(path, cause);
  }
}

/** Writes the weights of a layer under Keras's names: `conv2d/kernel:0` in the group `conv2d`. */
function putLayer(group: H5Group, { name, weights: specs }: PlacedLayer, weights: NamedArrays): void {
  putTexts(
    group,
    'weight_names',
    specs.map((spec) => `${spec.name}:0`),
  );
  if (specs.length === 0) return;
  const inner = group.create_group(name) as H5Group;
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
