import { improves } from '../train/callbacks/monitor.js';
import { type Spread, spreadOf } from '../util/spread.js';
import { type Comparison, compareScores } from './compare.js';
import type { CvSettings } from './settings.js';
import type { Sampler, TrialRecord, Values } from './trial.js';

/** The place of a trial in a cross-validation. All numbers count from 0. */
export interface FoldPlace {
  readonly config: number;
  readonly repeat: number;
  readonly fold: number;
}

type Sizes = Pick<CvSettings, 'configs' | 'folds'>;

/**
 * The place of a trial. All configurations are trained with one fold, then with the next. So an interrupted cross-validation can
 * compare what it has.
 */
export function placeOf(number: number, { configs, folds }: Sizes): FoldPlace {
  const count = Object.keys(configs).length;
  const division = Math.floor((number - 1) / count);
  return { config: (number - 1) % count, fold: division % folds, repeat: Math.floor(division / folds) };
}

/** The name of the configuration that a trial trains. */
export function configurationOf({ number }: Pick<TrialRecord, 'number'>, study: Sizes): string {
  return Object.keys(study.configs)[placeOf(number, study).config] ?? '';
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

/** The result of a cross-validation for one configuration. */
export interface ConfigReport extends Spread {
  readonly name: string;
  /** In the order of the folds and divisions; null where a training has failed, or has not ended yet. */
  readonly scores: readonly (number | null)[];
}

/** The comparison of a configuration with the one of the best mean. */
export interface ConfigComparison extends Comparison {
  readonly name: string;
  readonly best: string;
}

/** The comparison of a configuration with the best one; undefined for the best, and for fewer than two folds of both. */
export function comparisonOf({ comparisons }: CvReport, name: string): ConfigComparison | undefined {
  return comparisons.find((comparison) => comparison.name === name && comparison.pairs > 1);
}

/** The results of a cross-validation so far. */
export interface CvReport {
  /** In the order in which they were given. */
  readonly configs: readonly ConfigReport[];
  readonly comparisons: readonly ConfigComparison[];
}

/**
 * Mean and standard deviation of each configuration, and the corrected resampled t-test of each against the best.
 *
 * The score of a fold is the objective after the last epoch. (The best epoch would be chosen by the very images that judge it.)
 */
export function cvReport(study: CvSettings, trials: readonly TrialRecord[]): CvReport {
  const { folds, repeats, objective } = study;
  const scores = Object.keys(study.configs).map(() => new Array<number | null>(folds * repeats).fill(null));
  for (const { number, state, curve } of trials) {
    const { config, fold, repeat } = placeOf(number, study);
    const row = scores[config];
    if (row !== undefined && state === 'complete') row[repeat * folds + fold] = curve.at(-1) ?? null;
  }
  const configs = Object.keys(study.configs).map((name, i): ConfigReport => {
    const own = scores[i] ?? [];
    return { name, scores: own, ...spreadOf(own.filter((score) => score !== null)) };
  });
  const better = (a: ConfigReport, b: ConfigReport): boolean =>
    improves(a.mean, Number.isNaN(b.mean) ? null : b.mean, { monitor: objective, mode: 'auto' });
  const best = configs.reduce((a, b) => (better(b, a) ? b : a));
  const comparisons = configs
    .filter((config) => config !== best)
    .map(({ name, scores: own }) => ({ name, best: best.name, ...compareScores(own, best.scores, folds) }));
  return { configs, comparisons };
}
