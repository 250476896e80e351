import { ensembleOfOne } from '../train/ensemble.js';
import { classMetrics, probabilityMetrics } from '../train/metrics.js';
import { adjusted, requireSafetensors, saveModel, unadjusted } from '../train/model_file.js';
import { meanTempered } from '../train/temperature.js';
import { withTta } from '../train/tta.js';
import { collectVotes, type VoteOptions } from '../train/votes.js';
import { type ForeignModel, openModel } from '../train/weights.js';
import { DataError, UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { crossFitted, type Rows, requireEnough } from './cross_fit.js';
import { fitOffsets, type RecallTarget } from './fit_offsets.js';

/** A class by name, and the share of its images that should be recognised, in (0, 1]. */
export interface WantedRecall {
  readonly name: string;
  readonly recall: number;
}

/** Which classes to raise, and on which images: the validation images, see docs/ensembles.md. */
export interface BalanceOptions extends Omit<VoteOptions, 'split' | 'versionsApart'> {
  /** Path of a model file. */
  readonly weights: string;
  /** For a file that fer-tui did not write. */
  readonly foreign?: ForeignModel;
  readonly recall: readonly WantedRecall[];
  /** How much of the fitted offsets the file gets, in [0, 1]. */
  readonly strength: number;
  /** Where the balanced model is written. */
  readonly out: string;
  /** Seed of the two halves of cross-fitting. */
  readonly seed: number;
}

/** What a share of the offsets does. */
export interface BalancePoint {
  /** Of the fitted offsets, in [0, 1]. */
  readonly strength: number;
  readonly accuracy: number;
  /** Mean of the recalls. */
  readonly macroRecall: number;
  /** Of each class. */
  readonly recalls: readonly number[];
}

/** The offsets, and what they cost. */
export interface Balance {
  readonly classes: readonly string[];
  /** One for each class, at strength 1. */
  readonly offsets: readonly number[];
  /** Images that they were fitted on. */
  readonly count: number;
  /** The trade-off, on the rows fitted on. */
  readonly curve: readonly BalancePoint[];
  /** At strength 1, on rows whose offsets were fitted on the other half. */
  readonly crossFitted: BalancePoint;
}

const CURVE = [0, 0.25, 0.5, 0.75, 1];

/**
 * Fits offsets with which classes reach a recall on the validation images, and writes the model with them. Offsets that the file
 * has already are replaced; its temperature stays. Throws RunError, UsageError, DataError, NoGpuError.
 */
export async function balance(options: BalanceOptions): Promise<Balance> {
  const { weights: path, out, foreign, recall, strength, seed } = options;
  requireSafetensors(out);
  const opened = await openModel(path, foreign);
  const targets = targetsOf(recall, opened.classes);
  const { raw, adjustment } = unadjusted(opened, path);
  const { temperature } = adjustment;
  adjusted(raw, { temperature, offsets: raw.classes.map(() => 0) }, path); // fails before the work for a network without a bias
  const plain = { ...raw, weights: adjusted(raw, { temperature }, path) };
  const { labels, votes, data } = await collectVotes(ensembleOfOne(plain, path), {
    ...options,
    split: 'validation',
    versionsApart: true,
  });
  requireEnough(labels.length);
  const found = balanceOf({ votes, labels, classes: raw.classes.length }, targets, raw.classes, seed);
  const offsets = found.offsets.map((offset) => strength * offset);
  saveModel(
    out,
    { ...raw, notes: { ...raw.notes, balance: note(found, options, data) } },
    { temperature, offsets },
  );
  return found;
}

function note({ count }: Balance, { recall, strength, tta }: BalanceOptions, data: string): string {
  const wanted = recall.map((wanted) => `${wanted.name} ${100 * wanted.recall} %`).join(', ');
  const part = strength === 1 ? '' : `strength ${strength}, `;
  return `${part}fitted on ${count} validation images of ${data}${withTta(tta)} for the recall ${wanted}`;
}

/** Throws UsageError for a class that the model does not have. */
function targetsOf(recall: readonly WantedRecall[], classes: readonly string[]): RecallTarget[] {
  return recall.map(({ name, recall: share }) => {
    const position = classes.indexOf(name);
    if (position >= 0) return { class: position, recall: share };
    const meant = nearest(name, classes);
    const hint = meant === undefined ? '' : `, perhaps ${meant}`;
    throw new UsageError(
      `--recall: the model has no class "${name}"; expected some of ${classes.join(', ')}${hint}`,
    );
  });
}

/** Fits offsets to the votes of one network on some rows, one for each version of the images. Throws DataError where no offsets reach all targets. */
export function balanceOf(
  rows: Rows,
  targets: readonly RecallTarget[],
  names: readonly string[],
  seed: number,
): Balance {
  const { labels, classes } = rows;
  const fitOn = ({ votes, labels: own }: Rows): number[] => {
    const offsets = fitOffsets(votes, own, classes, targets);
    if (offsets !== undefined) return offsets;
    throw new DataError(
      'no offsets reach all of these recalls at once: what one class wins, the others lose; ask for less',
    );
  };
  const point = (strength: number, probabilities: Float32Array): BalancePoint => {
    const { accuracy, confusion } = probabilityMetrics(probabilities, labels, classes);
    const recalls = classMetrics(confusion, names).map((metrics) => metrics.recall);
    return {
      strength,
      accuracy,
      macroRecall: recalls.reduce((sum, recall) => sum + recall, 0) / classes,
      recalls,
    };
  };
  const offsets = fitOn(rows);
  const shifted = (some: readonly Float32Array[], by: readonly number[]) =>
    meanTempered(some, classes, 1, by);
  const honest = crossFitted(rows, seed, (some) => {
    const fitted = fitOn(some);
    return (others) => shifted(others, fitted);
  });
  return {
    ...{ classes: names, offsets, count: labels.length },
    curve: CURVE.map((strength) =>
      point(
        strength,
        shifted(
          rows.votes,
          offsets.map((offset) => strength * offset),
        ),
      ),
    ),
    crossFitted: point(1, honest),
  };
}
