import { readFileSync } from 'node:fs';
import type { Preprocess, PreprocessName } from '../data/preprocess.js';
import { fromKeras, toKeras } from '../formats/keras_architecture.js';
import { isH5, readH5, writeH5 } from '../formats/keras_h5.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import type { Network } from '../nn/network.js';
import type { NamedArray } from '../nn/parameters.js';
import { atomicWrite } from '../util/atomic_write.js';
import { CLASS_NAMES } from '../util/classes.js';
import { RunError } from '../util/errors.js';

/** A trained network as it lies on disk: everything that is needed to use it again. */
export interface SavedModel {
  readonly network: Network;
  readonly classes: readonly string[];
  readonly preprocess: Preprocess;
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Where it came from: run, epoch, validation accuracy. */
  readonly notes: Readonly<Record<string, string>>;
}

const FORMAT = 'fer-tui 2';
/** Name of the mean image among the weights. */
const MEAN = 'preprocess/mean';

/** Writes atomically. Throws RunError. */
export function saveModel(path: string, saved: SavedModel): void {
  const tensors = new Map(saved.weights);
  const { name, mean } = saved.preprocess;
  if (mean !== undefined) tensors.set(MEAN, { shape: [mean.length], data: mean });
  atomicWrite(
    path,
    encodeSafetensors(tensors, {
      ...saved.notes,
      format: FORMAT,
      model: saved.network.name,
      architecture: JSON.stringify(toKeras(saved.network)),
      classes: saved.classes.join(','),
      preprocess: name,
    }),
  );
}

function readWeightFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(cause);
    throw new RunError(`cannot read weights ${path}: ${why}; expected e.g. runs/r1/best.safetensors`, {
      cause,
    });
  }
}

/** What a file of others does not say about itself. */
export interface ForeignModel {
  /** A JSON file as `model.to_json()` writes it, for a file of weights alone. */
  readonly architecture?: string | undefined;
  readonly preprocess?: PreprocessName | undefined;
  readonly classes?: readonly string[] | undefined;
}

/**
 * Reads a model of any format that we know: our `.safetensors`, Keras's `.h5`. Throws RunError.
 * @param foreign for files that fer-tui did not write
 */
export async function openModel(path: string, foreign: ForeignModel = {}): Promise<SavedModel> {
  if (!isH5(readWeightFile(path))) return loadModel(path);
  const { network, weights, own } = await readH5(
    path,
    foreign.architecture && readJson(foreign.architecture),
  );
  const name = foreign.preprocess ?? (own?.preprocess as PreprocessName | undefined);
  if (name === undefined || (name === 'mean' && own?.mean === undefined)) {
    throw new RunError(
      `${path}: it does not say how pixels become its input; give --preprocess scale255, minus1to1 or none`,
    );
  }
  const outputs = network.outputShape.at(-1) ?? 0;
  const classes = foreign.classes ?? own?.classes ?? CLASS_NAMES;
  if (classes.length !== outputs) {
    throw new RunError(
      `${path}: the model knows ${outputs} classes, there are ${classes.length} names; give --classes a,b,c in its order`,
    );
  }
  const preprocess = name === 'mean' && own?.mean !== undefined ? { name, mean: own.mean } : { name };
  return { network, classes, preprocess, weights, notes: own?.notes ?? {} };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new RunError(`${path}: cannot be read as JSON; expected what model.to_json() writes`, { cause });
  }
}

/** Writes a model as Keras's `.h5`, with what else is needed to use it again. Throws RunError. */
export async function saveH5(path: string, saved: SavedModel): Promise<void> {
  const { network, weights, classes, notes } = saved;
  const { name, mean } = saved.preprocess;
  await writeH5(path, network, weights, { classes, preprocess: name, mean, notes });
}

/** Reads what `saveModel` wrote. Throws RunError when the file is missing, damaged, or something else. */
export function loadModel(path: string): SavedModel {
  const bytes = readWeightFile(path);
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const { format, model, architecture, classes, preprocess, ...notes } = metadata;
  if (format !== FORMAT || architecture === undefined || classes === undefined || preprocess === undefined) {
    throw new RunError(
      `${path}: a .safetensors file, but not one that this version of fer-tui wrote (no ${FORMAT}, architecture and classes in it)`,
    );
  }
  const mean = tensors.get(MEAN)?.data;
  tensors.delete(MEAN);
  const name = preprocess as PreprocessName;
  return {
    network: fromKeras(JSON.parse(architecture), path),
    classes: classes.split(','),
    preprocess: mean === undefined ? { name } : { name, mean },
    weights: tensors,
    notes,
  };
}
