import { duplicateFaces, type Twin } from '../data/facts.js';
import type { FaceVotes } from '../data/ferplus.js';
import type { Correction, Place } from '../data/labels_file.js';
import { type NearPair, nearDuplicates } from '../data/near_duplicates.js';
import { type Dataset, SPLIT_NAMES } from '../data/types.js';
import { csvLine } from '../util/csv.js';
import { findLabelErrors, type LabelReport, type Ranking } from './confident_learning.js';
import { type FerplusAgreement, ferplusAgreement } from './ferplus_agreement.js';
import { type NotFace, notFaces } from './not_faces.js';

/** What is probably wrong in a data set. */
export interface NoiseReport {
  /** Of the training images. */
  readonly labels: LabelReport;
  /** Suspects that are left out above, because somebody has decided about them already. */
  readonly decided: number;
  /** What FER+ says about the suspects, the decided ones included; only with its votes. */
  readonly ferplus?: FerplusAgreement;
  /** Groups of identical images, across all splits. */
  readonly identical: readonly (readonly Twin[])[];
  /** Pairs of nearly identical images, across all splits. */
  readonly near: readonly NearPair[];
  /** Pictures that are probably no faces, of all splits. */
  readonly notFaces: readonly NotFace[];
}

/** Options of `noiseReport`. */
export interface NoiseOptions {
  readonly ranking: Ranking;
  /** What was decided about images before: these are no suspects any more. */
  readonly decided: readonly Correction[];
  /** Votes of FER+ for each training image. */
  readonly votes?: readonly FaceVotes[] | undefined;
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

/**
 * Looks for wrong labels, duplicates and pictures that are no faces.
 * @param probabilities [N, classes] of the training images, each predicted by a network that was not trained on it
 */
export async function noiseReport(
  dataset: Dataset,
  probabilities: Float32Array,
  options: NoiseOptions,
): Promise<NoiseReport> {
  const { splits, classes } = dataset;
  const labels = findLabelErrors(probabilities, splits.train.labels, classes.length, options.ranking);
  const known = new Set(options.decided.flatMap(({ split, index }) => (split === 'train' ? [index] : [])));
  const suspects = labels.suspects.filter(({ row }) => !known.has(row));
  const near = await nearDuplicates(dataset, {
    onProgress: (done, total) => options.onProgress?.('comparing images', done, total),
  });
  return {
    labels: { ...labels, suspects },
    decided: labels.suspects.length - suspects.length,
    ...(options.votes && {
      ferplus: ferplusAgreement(options.votes, splits.train.labels, labels.suspects),
    }),
    identical: duplicateFaces(dataset),
    near,
    notFaces: SPLIT_NAMES.flatMap((split) => notFaces(split, splits[split])),
  };
}

/**
 * The suspects as CSV, the most suspect first. The columns `split,index,face` are those of `labels.csv`.
 * @param placeOf where a training image is in the source @param faceOf identifies its pixels
 */
export function suspectsCsv(
  { suspects }: LabelReport,
  classes: readonly string[],
  placeOf: (row: number) => Place,
  faceOf: (row: number) => string,
): string {
  const lines = suspects.map(({ row, label, proposed, own, other, score }) => {
    const numbers = [own, other, score].map((value) => value.toFixed(4));
    const { split, index } = placeOf(row);
    const names = [classes[label] ?? '', classes[proposed] ?? ''];
    return `${csvLine([split, index, faceOf(row), ...names, ...numbers])}\n`;
  });
  return `split,index,face,label,proposed,label_probability,proposed_probability,score\n${lines.join('')}`;
}
