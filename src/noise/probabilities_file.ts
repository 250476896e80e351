import { listOf } from '../data/class_names.js';
import { csvTexts } from '../data/csv_dialect.js';
import { atomicWrite } from '../util/atomic_write.js';
import { csvLine } from '../util/csv.js';
import { DataError } from '../util/errors.js';
import { readText } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';

/**
 * Class probabilities as CSV: `index`, the row among the training images from 0, and a column for each class. Any program can
 * write such a file, so suspects can be found with the predictions of any network.
 */

/** Writes probabilities, [N, classes], atomically. @param rows indices of the images, [N] */
export function writeProbabilities(
  path: string,
  rows: readonly number[],
  probabilities: Float32Array,
  classes: readonly string[],
): void {
  const count = classes.length;
  const lines = rows.map((row, i) => {
    const values = probabilities.subarray(i * count, (i + 1) * count);
    return `${row},${Array.from(values, (value) => value.toPrecision(6)).join(',')}\n`;
  });
  atomicWrite(path, `${csvLine(['index', ...classes])}\n${lines.join('')}`);
}

/**
 * Reads probabilities of all training images, [total, classes]. Columns may be in any order, and so may rows.
 * Throws DataError for a file with other classes, a row that is missing, given twice or no distribution.
 */
export function readProbabilities(path: string, total: number, classes: readonly string[]): Float32Array {
  const probabilities = new Float32Array(total * classes.length).fill(Number.NaN);
  const seen = readRows(path, total, classes, (row, values) => {
    probabilities.set(values, row * classes.length);
  });
  if (seen < total) {
    throw new DataError(`${path}: ${seen} rows; expected one for each of the ${total} training images`);
  }
  return probabilities;
}

/**
 * Reads a file with some of the rows. @returns how many. Throws DataError.
 * @param take receives each row: the index of the image, and its probabilities in the order of `classes`
 */
export function readRows(
  path: string,
  total: number,
  classes: readonly string[],
  take: (row: number, values: Float32Array) => void,
): number {
  const [head = '', ...lines] = textOf(path).split(/\r?\n/);
  const names = csvTexts(head).map((name) => name.toLowerCase());
  const at = ['index', ...classes].map((name) => names.indexOf(name.toLowerCase()));
  if (at.includes(-1)) {
    throw new DataError(
      `${path}:1: expected the columns index, ${listOf(classes)}; found "${head.slice(0, 80)}"`,
    );
  }
  const seen = new Set<number>();
  lines.forEach((line, i) => {
    if (line.trim() === '') return;
    const cells = line.split(',').map((cell) => Number(cell.trim() || Number.NaN));
    const [row = Number.NaN, ...values] = at.map((column) => cells[column] ?? Number.NaN);
    const where = `${path}:${i + 2}`;
    if (!(Number.isInteger(row) && row >= 0 && row < total)) {
      throw new DataError(`${where}: index ${row}; expected a training image, 0 to ${total - 1}`);
    }
    if (seen.has(row)) throw new DataError(`${where}: index ${row} is listed twice`);
    const sum = values.reduce((all, value) => all + value, 0);
    if (!(values.every((value) => value >= 0) && Math.abs(sum - 1) < 0.01)) {
      throw new DataError(
        `${where}: the probabilities add up to ${sum.toFixed(3)}; expected 1, none negative`,
      );
    }
    seen.add(row);
    take(row, Float32Array.from(values));
  });
  return seen.size;
}

function textOf(path: string): string {
  try {
    return readText(path);
  } catch (cause) {
    throw new DataError(
      `${path}: cannot be read (${systemReason(cause)}); expected a file like probabilities.csv of fer-tui noise`,
      { cause },
    );
  }
}
