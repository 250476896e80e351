import { ensembleOfOne } from '../train/ensemble.js';
import { type ProbabilityMetrics, probabilityMetrics } from '../train/metrics.js';
import { adjusted, requireSafetensors, saveModel, unadjusted } from '../train/model_file.js';
import { meanTempered } from '../train/temperature.js';
import { meanOf, withTta } from '../train/tta.js';
import { collectVotes, type VoteOptions } from '../train/votes.js';
import { type ForeignModel, openModel } from '../train/weights.js';
import { crossFitted, type Rows, requireEnough } from './cross_fit.js';
import { fitTemperature } from './fit_temperature.js';

/** What to calibrate, and on which images: the validation images, see docs/ensembles.md. */
export interface CalibrateOptions extends Omit<VoteOptions, 'split' | 'versionsApart'> {
  /** Path of a model file. */
  readonly weights: string;
  /** For a file that fer-tui did not write. */
  readonly foreign?: ForeignModel;
  /** Where the calibrated model is written. */
  readonly out: string;
  /** Seed of the two halves of cross-fitting. */
  readonly seed: number;
}

/** A temperature, and what it does to probabilities. */
export interface Calibration {
  readonly temperature: number;
  /** Whether the best temperature lies beyond the range that is tried. */
  readonly atLimit: boolean;
  /** Images that it was fitted on. */
  readonly count: number;
  /** At temperature 1. */
  readonly before: ProbabilityMetrics;
  /** On the rows that it was fitted on. */
  readonly after: ProbabilityMetrics;
  /** On rows whose temperature was fitted on the other half. */
  readonly crossFitted: ProbabilityMetrics;
}

/**
 * Fits a temperature on the validation images, and writes the model with it. A temperature that the file has already is
 * replaced; offsets of its classes (`balance`) are dropped, because they belong to that temperature. Throws RunError, DataError, NoGpuError.
 */
export async function calibrate(
  options: CalibrateOptions,
): Promise<Calibration & { readonly balanceDropped: boolean }> {
  const { weights: path, out, foreign, seed } = options;
  requireSafetensors(out);
  const opened = await openModel(path, foreign);
  const { raw, adjustment } = unadjusted(opened, path);
  adjusted(raw, { temperature: 1 }, path); // fails before the work for a network that cannot have one
  const { labels, votes, data } = await collectVotes(ensembleOfOne(raw, path), {
    ...options,
    split: 'validation',
    versionsApart: true,
  });
  requireEnough(labels.length);
  const found = calibrationOf({ votes, labels, classes: raw.classes.length }, seed);
  const calibration = `temperature ${found.temperature.toFixed(4)}, fitted on ${found.count} validation images of ${data}${withTta(options.tta)}`;
  const { balance: _, ...notes } = raw.notes;
  saveModel(out, { ...raw, notes: { ...notes, calibration } }, found);
  return { ...found, balanceDropped: adjustment.offsets !== undefined };
}

/** Fits a temperature to the votes of one network on some rows, one for each version of the images. */
export function calibrationOf(rows: Rows, seed: number): Calibration {
  const { votes, labels, classes } = rows;
  const measured = (probabilities: Float32Array): ProbabilityMetrics =>
    probabilityMetrics(probabilities, labels, classes);
  const fitted = fitTemperature(votes, labels, classes);
  const honest = crossFitted(rows, seed, (some) => {
    const { temperature } = fitTemperature(some.votes, some.labels, classes);
    return (others) => meanTempered(others, classes, temperature);
  });
  return {
    ...{ ...fitted, count: labels.length, before: measured(meanOf(votes)) },
    after: measured(meanTempered(votes, classes, fitted.temperature)),
    crossFitted: measured(honest),
  };
}
