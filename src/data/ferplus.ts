import { basename } from 'node:path';
import { DataError, UsageError } from '../util/errors.js';
import { readText } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';
import type { Edits } from './edits.js';
import {
  type Dataset,
  FERPLUS_OTHERS,
  type FerplusOptions,
  type FerplusOther,
  SPLIT_NAMES,
  type SplitName,
} from './types.js';

/**
 * FER+ (Barsoum et al. 2016, Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label Distribution):
 * ten people looked at every image of FER-2013. `fer2013new.csv` has one row for each row of `fer2013.csv`, in its order, with
 * the columns Usage, Image name, and the votes for neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown
 * and NF (no face).
 */

/** Columns of the votes, and the name of our class. */
const VOTES: Readonly<Record<string, string>> = {
  ...{ neutral: 'Neutral', happiness: 'Happy', surprise: 'Surprise', sadness: 'Sad', anger: 'Angry' },
  ...{ disgust: 'Disgust', fear: 'Fear' },
};
const USAGES: ReadonlyMap<string | undefined, SplitName> = new Map([
  ['Training', 'train'],
  ['PublicTest', 'validation'],
  ['PrivateTest', 'test'],
]);

/** The votes for one image. */
export interface FaceVotes {
  /** [classes] */
  readonly classes: readonly number[];
  readonly others: Readonly<Record<FerplusOther, number>>;
}

/** Reads a list of kinds to keep: `contempt,unknown`, or `none`. Throws UsageError. */
export function parseFerplusKeep(text: string): FerplusOther[] {
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    const other = FERPLUS_OTHERS.find((name) => name === word.trim().toLowerCase());
    if (other !== undefined) return other;
    throw new UsageError(`ferplus-keep = ${text}: expected a list of ${FERPLUS_OTHERS.join(', ')}, or none`);
  });
}

/**
 * Reads the votes of each split, in the order of its images.
 * @param classes names of our classes
 * Throws DataError that names file and line.
 */
export function readFerplus(path: string, classes: readonly string[]): Record<SplitName, FaceVotes[]> {
  let text: string;
  try {
    text = readText(path);
  } catch (cause) {
    throw new DataError(`${path}: cannot be read (${systemReason(cause)}); expected fer2013new.csv`, {
      cause,
    });
  }
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const names = head.split(',').map((name) => name.trim().toLowerCase());
  const column = (name: string): number => {
    const at = names.indexOf(name.toLowerCase());
    if (at >= 0) return at;
    throw new DataError(
      `${path}:1: no column "${name}"; expected the header of fer2013new.csv: Usage,Image name,neutral,happiness,...`,
    );
  };
  const usageAt = column('usage');
  const classAt = classes.map((name) => {
    const [vote] = Object.entries(VOTES).find(([, own]) => own === name) ?? [name];
    return column(vote);
  });
  const otherAt = FERPLUS_OTHERS.map((name) => [name, column(name)] as const);
  const votes: Record<SplitName, FaceVotes[]> = { train: [], validation: [], test: [] };
  lines.forEach((line, i) => {
    if (line.trim() === '') return;
    const cells = line.split(',').map((cell) => cell.trim());
    const split = USAGES.get(cells[usageAt]);
    const count = (at: number): number => Number(cells[at] || Number.NaN);
    const own = classAt.map(count);
    const others = Object.fromEntries(otherAt.map(([name, at]) => [name, count(at)]));
    const good = [...own, ...Object.values(others)].every((n) => Number.isInteger(n) && n >= 0);
    if (split === undefined || !good) {
      throw new DataError(
        `${path}:${i + 2}: found "${line.slice(0, 60)}"; expected Training, PublicTest or PrivateTest, a name and ten counts of votes`,
      );
    }
    votes[split].push({ classes: own, others: others as FaceVotes['others'] });
  });
  return votes;
}

/**
 * What an image is by its votes: the index of a class, the kind that most people called it, or undefined without any vote.
 * Of classes with equally many votes, the label that the image has wins, then the first.
 */
export function majorityOf({ classes, others }: FaceVotes, label: number): number | FerplusOther | undefined {
  const most = Math.max(...classes);
  const [other] = FERPLUS_OTHERS.toSorted((a, b) => others[b] - others[a]);
  if (other !== undefined && others[other] > most) return other;
  if (most === 0) return undefined;
  return classes[label] === most ? label : classes.indexOf(most);
}

/** Throws DataError when the file has votes for another number of images of a split than the source. */
function checkCount(
  file: string,
  { source }: Dataset,
  split: SplitName,
  votes: number,
  images: number,
): void {
  if (votes === images) return;
  throw new DataError(
    `${file}: votes for ${votes} images of ${split}; ${source} has ${images}: expected the rows of fer2013.csv, none of them skipped`,
  );
}

/**
 * The votes for each training image of a loaded data set, in its order, also where validation images are held out.
 * Throws DataError as `readFerplus` does, and when the file has votes for another number of images.
 */
export function votesOfTraining(dataset: Dataset, file: string): FaceVotes[] {
  const { train } = readFerplus(file, dataset.classes);
  const images = dataset.splits.train.labels.length;
  const { heldOut } = dataset;
  checkCount(file, dataset, 'train', train.length, images + (heldOut?.validation.length ?? 0));
  return heldOut === undefined ? train : heldOut.train.map((row) => train[row] as FaceVotes);
}

/**
 * Gives the images of a data set the labels of FER+. An image without a vote for one of the seven classes keeps its label if its
 * kind is kept, and is dropped otherwise.
 * @returns what the name of the data set should say about it
 * Throws DataError when the file has votes for another number of images.
 */
export function applyFerplus(
  dataset: Dataset,
  edits: Edits,
  { file, targets, keep }: FerplusOptions,
): string {
  const { classes, splits } = dataset;
  const votes = readFerplus(file, classes);
  let dropped = 0;
  for (const split of SPLIT_NAMES) {
    const { labels } = splits[split];
    if (labels.length === 0) continue;
    checkCount(file, dataset, split, votes[split].length, labels.length);
    const soft = new Float32Array(labels.length * classes.length);
    if (targets === 'votes') edits.target(split, soft);
    votes[split].forEach((face, index) => {
      const label = labels[index] as number;
      const majority = majorityOf(face, label) ?? 'unknown';
      if (typeof majority !== 'number' && !keep.includes(majority)) {
        edits.drop(split, index);
        dropped++;
        return;
      }
      const sum = face.classes.reduce((all, n) => all + n, 0);
      const best = majorityOf({ ...face, others: { contempt: 0, unknown: 0, nf: 0 } }, label);
      edits.relabel(split, index, typeof best === 'number' ? best : label);
      if (sum > 0)
        soft.set(
          face.classes.map((n) => n / sum),
          index * classes.length,
        );
    });
  }
  const what = targets === 'votes' ? 'distributions of votes' : 'majority labels';
  return `${what} of ${basename(file)}, ${dropped} dropped`;
}
