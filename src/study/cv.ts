import type { CvSettings } from './settings.js';
import type { Sampler, TrialRecord, Values } from './trial.js';

/** Where a trial stands in a cross-validation. All count from 0. */
export interface FoldPlace {
  readonly config: number;
  readonly repeat: number;
  readonly fold: number;
}

type Sizes = Pick<CvSettings, 'configs' | 'folds'>;

/**
 * The place of a trial. All configurations come with one fold, then with the next: so an interrupted cross-validation can
 * compare what it has.
 */
export function placeOf(number: number, { configs, folds }: Sizes): FoldPlace {
  const count = Object.keys(configs).length;
  const division = Math.floor((number - 1) / count);
  return { config: (number - 1) % count, fold: division % folds, repeat: Math.floor(division / folds) };
}

/** Each configuration with each fold of each division, once. The divisions have the seeds 1, 2, 3, ... */
export function foldSampler(study: CvSettings): Sampler {
  const { configs, folds, repeats } = study;
  const all = Object.values(configs);
  return {
    suggest: (number): Values | undefined => {
      const { config, fold, repeat } = placeOf(number, study);
      if (repeat >= repeats) return undefined;
      return { ...all[config], fold: `${fold + 1}/${folds}`, 'fold-seed': repeat + 1 };
    },
  };
}

/** The scores of each configuration, in the order of the folds and divisions; null where a training failed or is missing. */
export function foldScores(study: CvSettings, trials: readonly TrialRecord[]): (number | null)[][] {
  const { configs, folds, repeats } = study;
  const scores = Object.keys(configs).map(() => new Array<number | null>(folds * repeats).fill(null));
  for (const { number, state, metric } of trials) {
    const { config, fold, repeat } = placeOf(number, study);
    const row = scores[config];
    if (row !== undefined && state === 'complete') row[repeat * folds + fold] = metric;
  }
  return scores;
}
