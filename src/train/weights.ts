import { readFileSync } from 'node:fs';
import type { Preprocess, PreprocessName } from '../data/preprocess.js';
import type { NamedArray } from '../nn/parameters.js';
import { decodeSafetensors, encodeSafetensors } from '../nn/safetensors.js';
import { atomicWrite } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';

/** A trained network as it lies on disk: everything that is needed to use it again. */
export interface SavedModel {
  /** Name of a built-in network. */
  readonly model: string;
  readonly classes: readonly string[];
  readonly preprocess: Preprocess;
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Where it came from: run, epoch, validation accuracy. */
  readonly notes: Readonly<Record<string, string>>;
}

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
      format: 'fer-tui 1',
      model: saved.model,
      classes: saved.classes.join(','),
      preprocess: name,
    }),
  );
}

/** Reads what `saveModel` wrote. Throws RunError when the file is missing, damaged, or something else. */
export function loadModel(path: string): SavedModel {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(cause);
    throw new RunError(`cannot read weights ${path}: ${why}; expected e.g. runs/r1/best.safetensors`, {
      cause,
    });
  }
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const { format, model, classes, preprocess, ...notes } = metadata;
  if (format !== 'fer-tui 1' || model === undefined || classes === undefined || preprocess === undefined) {
    throw new RunError(
      `${path}: a .safetensors file, but not one that fer-tui wrote (no format, model and classes in it)`,
    );
  }
  const mean = tensors.get(MEAN)?.data;
  tensors.delete(MEAN);
  const name = preprocess as PreprocessName;
  return {
    model,
    classes: classes.split(','),
    preprocess: mean === undefined ? { name } : { name, mean },
    weights: tensors,
    notes,
  };
}
