import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { atomicWrite } from '../util/atomic_write.js';
import { csvLine } from '../util/csv.js';
import { DataError } from '../util/errors.js';
import { readText } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';
import { listOf } from './class_names.js';
import { csvTexts } from './csv_dialect.js';
import type { Edits } from './edits.js';
import { PIXELS } from './split_builder.js';
import { type Dataset, SPLIT_NAMES, type Split, type SplitName } from './types.js';

/**
 * Corrections of labels, in a file beside the data set, which itself is never changed: `labels.csv` with the columns
 * `split,index,face,was,action,label`. `face` identifies the picture, so that corrections of another data set, or of the same
 * one in another order, are noticed.
 */

/** What was decided about an image: another label, to leave it out, or that its label is right. */
export type LabelAction = 'relabel' | 'drop' | 'keep';

/** An image of a data set. */
export interface Place {
  readonly split: SplitName;
  /** Its row in the split, from 0. */
  readonly index: number;
}

/** What to do with an image. */
export interface Decision {
  readonly action: LabelAction;
  /** The new label; only of `relabel`. */
  readonly label?: number;
}

/** A decision about one image. */
export interface Correction extends Place, Decision {
  /** `faceId` of its pixels. */
  readonly face: string;
  /** The label that it has in the data set. */
  readonly was: number;
}

const HEAD = 'split,index,face,was,action,label';
const ACTIONS: readonly LabelAction[] = ['relabel', 'drop', 'keep'];

/** Identifies a picture by its pixels: 12 hex digits. */
export function faceId({ images }: Pick<Split, 'images'>, index: number): string {
  const face = images.subarray(index * PIXELS, (index + 1) * PIXELS);
  return createHash('sha1').update(face).digest('hex').slice(0, 12);
}

/** Writes a file of corrections, sorted by split and index, atomically. Throws RunError when it cannot be written. */
export function writeLabels(
  path: string,
  corrections: readonly Correction[],
  classes: readonly string[],
): void {
  const order = (a: Correction, b: Correction): number =>
    SPLIT_NAMES.indexOf(a.split) - SPLIT_NAMES.indexOf(b.split) || a.index - b.index;
  const lines = corrections.toSorted(order).map(({ split, index, face, was, action, label }) => {
    const name = label === undefined ? '' : (classes[label] as string);
    return `${csvLine([split, index, face, classes[was] as string, action, name])}\n`;
  });
  atomicWrite(path, `${HEAD}\n${lines.join('')}`);
}

/**
 * Reads a file of corrections. Throws DataError that names file and line.
 * @param classes names of the classes, in any case of letters in the file
 */
export function readLabels(path: string, classes: readonly string[]): Correction[] {
  return readRows(path, classes).map(({ correction }) => correction);
}

/** A correction, and where it stands: `labels.csv:2`. */
interface Row {
  readonly correction: Correction;
  readonly where: string;
}

function readRows(path: string, classes: readonly string[]): Row[] {
  let text: string;
  try {
    text = readText(path);
  } catch (cause) {
    throw new DataError(`${path}: cannot be read (${systemReason(cause)}); expected a file like labels.csv`, {
      cause,
    });
  }
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (head.trim() !== HEAD) {
    throw new DataError(`${path}:1: found "${head.slice(0, 80)}"; expected the header ${HEAD}`);
  }
  const seen = new Set<string>();
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `${path}:${i + 2}`;
    const correction = readRow(line, classes, where);
    const key = `${correction.split} ${correction.index}`;
    if (seen.has(key)) throw new DataError(`${where}: ${key} is listed twice`);
    seen.add(key);
    return [{ correction, where }];
  });
}

function readRow(line: string, classes: readonly string[], where: string): Correction {
  const [split = '', index = '', face = '', was = '', action = '', label = ''] = csvTexts(line);
  const fail = (what: string, expected: string): never => {
    throw new DataError(`${where}: ${what}; expected ${expected}`);
  };
  const labelOf = (name: string): number => {
    const at = classes.findIndex((own) => own.toLowerCase() === name.toLowerCase());
    return at >= 0 ? at : fail(`class "${name}"`, `one of ${listOf(classes)}`);
  };
  const splitName = SPLIT_NAMES.find((name) => name === split);
  const act = ACTIONS.find((name) => name === action);
  if (splitName === undefined) return fail(`split "${split}"`, SPLIT_NAMES.join(', '));
  if (act === undefined) return fail(`action "${action}"`, ACTIONS.join(', '));
  if (!/^\d{1,9}$/.test(index)) return fail(`index "${index}"`, 'a row of the split, from 0');
  if (!/^[0-9a-f]{12}$/.test(face)) return fail(`face "${face}"`, '12 hex digits');
  const common = { split: splitName, index: Number(index), face, was: labelOf(was) };
  return act === 'relabel' ? { ...common, action: act, label: labelOf(label) } : { ...common, action: act };
}

/** Throws DataError unless the data set has the row, with the picture and the label that were judged. */
function check(
  { splits, source, classes, heldOut }: Dataset,
  place: Place,
  { correction, where }: Row,
): void {
  const { split, index, face, was } = correction;
  const { labels } = splits[split];
  const count =
    split === 'train' && heldOut ? heldOut.train.length + heldOut.validation.length : labels.length;
  const label = splits[place.split].labels[place.index];
  const wrong = (): string | undefined => {
    if (index >= count) {
      const rows = count === 0 ? 'none' : `${count}, 0 to ${count - 1}`;
      return `there is no row ${split} ${index}; ${source} has ${rows}`;
    }
    if (faceId(splits[place.split], place.index) !== face)
      return `${split} ${index} is another picture in ${source}; expected the data set that it was made for`;
    if (label !== was)
      return `was "${classes[was]}"; expected "${classes[label ?? 0]}", the label of ${split} ${index} in ${source}`;
    return undefined;
  };
  const why = wrong();
  if (why !== undefined) throw new DataError(`${where}: ${why}`);
}

/**
 * What a file of corrections says about a loaded data set. Split and index are those in this data set, also if its validation
 * images are held out. Throws DataError as `readLabels` does, and for a row, a picture or a label `was` that the data does not have.
 */
export function correctionsOf(dataset: Dataset, path: string): Correction[] {
  return readRows(path, dataset.classes).map((row) => {
    const place = placeIn(dataset, row.correction);
    check(dataset, place, row);
    return { ...row.correction, ...place };
  });
}

/**
 * Writes or, without a decision, removes what a file of corrections says about one image of a loaded data set. The file is read
 * again first, if there is one: what others have written stays. Throws DataError as `correctionsOf`, RunError when it cannot be written.
 * @param place the image in this data set
 */
export function correct(
  dataset: Dataset,
  path: string,
  place: Place,
  decision: Decision | undefined,
): Correction[] {
  const key = ({ split, index }: Place): string => `${split} ${index}`;
  const before = existsSync(path) ? correctionsOf(dataset, path) : [];
  const others = before.filter((other) => key(other) !== key(place));
  const { split, index } = place;
  const rows = dataset.splits[split];
  const own = { split, index, face: faceId(rows, index), was: rows.labels[index] as number };
  const all = decision === undefined ? others : [...others, { ...own, ...decision }];
  writeLabels(
    path,
    all.map((correction) => ({ ...correction, ...placeInSource(dataset, correction) })),
    dataset.classes,
  );
  return all;
}

/** Where an image of a loaded data set is in its source. They differ if validation images are held out. */
export function placeInSource({ heldOut }: Dataset, { split, index }: Place): Place {
  if (heldOut === undefined || split === 'test') return { split, index };
  return { split: 'train', index: heldOut[split][index] as number };
}

/** Where an image of the source is in the loaded data set; unchanged if it is not there. */
function placeIn({ heldOut }: Dataset, { split, index }: Place): Place {
  if (heldOut === undefined || split !== 'train') return { split, index };
  const name = heldOut.validation.includes(index) ? 'validation' : 'train';
  const row = heldOut[name].indexOf(index);
  return { split: name, index: row < 0 ? index : row };
}

/**
 * Applies a file of corrections to a data set. @returns what the name of the data set should say about them
 * Throws DataError as `correctionsOf` does.
 */
export function applyLabels(dataset: Dataset, edits: Edits, path: string): string {
  let [relabelled, dropped] = [0, 0];
  for (const { split, index, action, label } of correctionsOf(dataset, path)) {
    if (action === 'drop') {
      edits.drop(split, index);
      dropped++;
    } else if (label !== undefined) {
      edits.relabel(split, index, label);
      relabelled++;
    }
  }
  return `${relabelled} relabelled and ${dropped} dropped by ${basename(path)}`;
}
