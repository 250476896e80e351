import type { Archive } from '../archives/archive.js';
import { inMemory } from '../archives/byte_source.js';
import { readZip } from '../archives/zip.js';
import { RunError } from '../util/errors.js';
import { foreignJson } from '../util/foreign.js';
import { readH5Tree } from './hdf5.js';
import { readKeras } from './keras_architecture.js';
import type { KerasFile } from './keras_h5.js';
import { readKerasWeights } from './keras_weights.js';

/** Reads Keras 3's `.keras` files: a zip with the architecture in `config.json` and the weights in `model.weights.h5`. */
const [CONFIG, WEIGHTS, ABOUT] = ['config.json', 'model.weights.h5', 'metadata.json'];

/** Most bytes of a file in the zip. */
const MOST = 2e9;

/** Whether a file is a zip. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** Reads a model. Throws RunError. @param path name of the file, for messages */
export async function readKerasZip(bytes: Uint8Array, path: string): Promise<KerasFile> {
  const files = unzip(bytes, path);
  const [config, weights] = [files[CONFIG], files[WEIGHTS]];
  if (config === undefined || weights === undefined) {
    throw new RunError(
      `${path}: a zip without ${config === undefined ? CONFIG : WEIGHTS}; expected a .keras file as model.save() writes it`,
    );
  }
  const text = Buffer.from(config).toString('utf8');
  const model = readKeras(
    foreignJson(text, `${path}: damaged: its ${CONFIG}`),
    path,
    versionIn(files[ABOUT], path),
  );
  const file = await readH5Tree(weights, path);
  const { network, softmaxAdded, preprocess } = model;
  return {
    whole: true,
    network,
    softmaxAdded,
    preprocess,
    weights: readKerasWeights(file, model, path),
    own: undefined,
  };
}

/** The version of Keras that wrote the file. */
function versionIn(about: Uint8Array | undefined, path: string): string | undefined {
  if (about === undefined) return undefined;
  const json = foreignJson(Buffer.from(about).toString('utf8'), `${path}: damaged: its ${ABOUT}`);
  const { keras_version: version } = (json ?? {}) as { keras_version?: unknown };
  return typeof version === 'string' ? version : undefined;
}

/**
 * The content of the files in the zip, undefined for a missing one. Verifies their checksums. Throws RunError if the zip is
 * damaged.
 */
function unzip(bytes: Uint8Array, path: string): Record<string, Uint8Array | undefined> {
  try {
    const { members }: Archive = readZip(inMemory(bytes), path);
    const read = (name: string) => members.get(name)?.unpack(MOST);
    return { [CONFIG]: read(CONFIG), [WEIGHTS]: read(WEIGHTS), [ABOUT]: read(ABOUT) };
  } catch (cause) {
    throw new RunError((cause as Error).message, { cause });
  }
}
