import { csvTexts } from '../data/csv_dialect.js';
import { fittedSize, PREPROCESS, type PreprocessName } from '../data/preprocess.js';
import type { KerasFile, OwnNotes } from '../formats/keras_h5.js';
import { readOnnx } from '../formats/onnx_reading/read.js';
import { RunError } from '../util/errors.js';
import { printable } from '../util/printable.js';

/**
 * Reads an ONNX file. One that fer-tui wrote names its classes and its preprocessing in its metadata. Throws RunError.
 * @param path names the file
 */
export function openOnnx(bytes: Uint8Array, path: string): KerasFile {
  const { network, weights, softmaxAdded, preprocess, producer, notes } = readOnnx(bytes, path);
  const own = producer === 'fer-tui' ? ownNotes(notes, network.inputShape, path) : undefined;
  return {
    ...{ whole: true, network, weights, softmaxAdded, own },
    preprocess: own === undefined ? preprocess : undefined,
  };
}

/** What `export` noted; undefined without. Throws RunError where it makes no sense. */
function ownNotes(
  notes: Readonly<Record<string, string>>,
  [height = 1, width = 1]: readonly number[],
  path: string,
): OwnNotes | undefined {
  const { classes, preprocess_within: within, preprocess: outside = '' } = notes;
  if (classes === undefined) return undefined;
  const preprocess = within ?? outside;
  const known = PREPROCESS.find((name) => name === preprocess);
  const pixels = known === undefined ? 0 : fittedSize(known as PreprocessName, height * width);
  const numbers = (...keys: readonly string[]): Float32Array | undefined => {
    const text = keys.map((key) => notes[key]).find((one) => one !== undefined);
    if (text === undefined) return undefined;
    const list = Float32Array.from(text.split(',').map(Number));
    if (list.length === pixels && list.every(Number.isFinite)) return list;
    throw new RunError(`${path}: damaged: its ${keys[0]} is no list of ${pixels} numbers`);
  };
  const [mean, std] = [numbers('mean', 'mean_image'), numbers('std', 'std_image')];
  return { classes: csvTexts(classes).map(printable), preprocess, mean, std, notes: {} };
}
