import type { Monitor } from '../train/callbacks/monitor.js';
import { counted } from '../util/counted.js';
import { Rng } from '../util/random.js';
import type { Value } from './domain.js';
import { CODES, type Codes, forest } from './forest.js';
import { comparableEpochs, hasReached, scoreAt } from './score.js';
import type { TrialRecord } from './trial.js';

/** How much the results of a study depend on one setting. */
export interface ParameterImportance {
  readonly name: string;
  /** Its share of the sum of all importances, from 0 to 1. */
  readonly share: number;
  /**
   * Whether it is more than chance: the forests explain something, and in each, the setting is more important than every shadow.
   */
  readonly clear: boolean;
}

/** Which settings the results of a study depend on. */
export interface Importance {
  /** The most important first. */
  readonly parameters: readonly ParameterImportance[];
  /** Trials that were compared, and after how many epochs. */
  readonly trials: number;
  readonly epochs: number;
  /** The share of the variance that the forest explains for out-of-bag trials, up to 1; at most 0 if it learned nothing. */
  readonly explained: number;
}

/** With fewer trials, no importance is computed. */
export const FEWEST_TRIALS = 10;
/** A forest that explains less of the variance has learned nothing, and its importances are noise. */
const LEAST_EXPLAINED = 0.005;
/** Number of forests, and of trees in each. */
const ROUNDS = 5;
const TREES = 30;

/**
 * The importance of each setting: how much worse a random forest predicts the result of a trial when the values of the setting
 * are permuted (Breiman 2001), on out-of-bag trials. The forest predicts the rank of a trial, so that a few very bad results do
 * not dominate; failed trials rank last. To tell importance from chance, every setting has a shadow, a copy whose values are
 * shuffled among the trials (Kursa & Rudnicki 2010, Feature selection with the Boruta package).
 *
 * Trials are compared after as many epochs as at least half of them have. An inactive setting counts as a separate value, and is
 * permuted only among trials in which it is active.
 * @returns undefined for fewer than FEWEST_TRIALS trials
 */
export function importanceOf(trials: readonly TrialRecord[], objective: Monitor): Importance | undefined {
  // A pruner trains few trials for long, and these have similar values of the important settings. So at least half of all are
  // compared.
  const epochs = comparableEpochs(trials, Math.max(FEWEST_TRIALS, Math.ceil(trials.length / 2)));
  if (epochs === undefined) return undefined;
  const known = trials.filter((trial) => hasReached(trial, epochs));
  const targets = ranks(known.map((trial) => scoreAt(trial, epochs, objective)));
  const names = [...new Set(known.flatMap(({ values }) => Object.keys(values)))];
  const settings = names.map((name) => encoded(known.map(({ values }) => values[name])));

  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const rng = new Rng(round);
    const shadows = settings.map(({ active, codes }) => {
      const dealt = rng.shuffle(known.map((_, i) => i));
      return { active: dealt.map((i) => active[i] as boolean), codes: dealt.map((i) => codes[i] ?? []) };
    });
    return harms([...settings, ...shadows], targets, round);
  });
  const found = names.map((_, i) => Math.max(0, mean(rounds.map(({ harm }) => harm[i] ?? 0))));
  const total = found.reduce((sum, value) => sum + value, 0);
  const explained = mean(rounds.map((round) => round.explained));
  const parameters = names.map((name, i): ParameterImportance => {
    const beatsShadows = ({ harm }: Round): boolean =>
      (harm[i] ?? 0) > Math.max(0, ...harm.slice(names.length));
    return {
      name,
      share: total === 0 ? 0 : (found[i] ?? 0) / total,
      clear: explained >= LEAST_EXPLAINED && rounds.every(beatsShadows),
    };
  });
  parameters.sort((a, b) => b.share - a.share);
  return { parameters, trials: known.length, epochs, explained };
}

/** The text in place of an importance that is not known; undefined if it is known. */
export function whyNoImportance(importance: Importance | undefined): string | undefined {
  if (importance === undefined) return `too few trials have results; at least ${FEWEST_TRIALS} are needed`;
  const { trials, epochs, explained } = importance;
  if (explained >= LEAST_EXPLAINED) return undefined;
  return `the settings explain none of the variance of ${trials} trials after ${counted(epochs, 'epoch')}`;
}

/** The values of a setting in all trials, as codes for the forest. */
interface Setting {
  /** Whether the trial has the setting. */
  readonly active: readonly boolean[];
  /** [trials][columns] */
  readonly codes: Codes;
}

/**
 * A numeric setting becomes one column of quantiles, with 0 for trials without it. Any other setting becomes one column per
 * value: 1 for trials with this value (one-hot).
 */
function encoded(values: readonly (Value | undefined)[]): Setting {
  const used = [...new Set(values)].filter((value) => value !== undefined);
  const active = values.map((value) => value !== undefined);
  if (!used.every((value) => typeof value === 'number')) {
    return { active, codes: values.map((value) => used.map((one) => Number(one === value))) };
  }
  used.sort((a, b) => a - b);
  const code = (value: Value | undefined): number =>
    typeof value !== 'number' ? 0 : 1 + Math.floor((used.indexOf(value) * (CODES - 1)) / used.length);
  return { active, codes: values.map((value) => [code(value)]) };
}

/** The result of one forest. */
interface Round {
  /** For each setting: the growth of the trees' squared error when it is permuted. */
  readonly harm: readonly number[];
  readonly explained: number;
}

/** The prediction of a tree for an out-of-bag trial, and the rank of that trial. */
interface Guess {
  readonly trial: number;
  readonly target: number;
  readonly guess: number;
}

function harms(settings: readonly Setting[], targets: readonly number[], seed: number): Round {
  const rows = targets.map((_, trial) => settings.flatMap(({ codes }) => codes[trial] ?? []));
  const code = (trial: number, feature: number): number => rows[trial]?.[feature] as number;
  const trees = forest(rows, targets, TREES, seed)
    .filter(({ unseen }) => unseen.length > 0)
    .map(({ unseen, predict }) => ({
      predict,
      unseen: unseen.map((trial): Guess => {
        const guess = predict((feature) => code(trial, feature));
        return { trial, guess, target: targets[trial] as number };
      }),
    }));
  let to = 0;
  const harm = settings.map(({ active, codes }) => {
    const from = to;
    to += codes[0]?.length ?? 0;
    const belongs = (feature: number): boolean => feature >= from && feature < to;
    const growth = trees.map(({ unseen, predict }, i) => {
      const having = unseen.flatMap(({ trial }) => (active[trial] ? [trial] : []));
      const dealt = new Rng(seed, i).shuffle([...having]);
      const donors = new Map(having.map((trial, d) => [trial, dealt[d] as number]));
      const errors = unseen.map(({ trial, target, guess }) => {
        const donor = donors.get(trial) ?? trial;
        const mixed = predict((feature) => code(belongs(feature) ? donor : trial, feature));
        return (mixed - target) ** 2 - (guess - target) ** 2;
      });
      return mean(errors);
    });
    return mean(growth);
  });
  return {
    harm,
    explained: explainedBy(
      trees.map(({ unseen }) => unseen),
      targets,
    ),
  };
}

/** 1 - squared error / variance, where the prediction of a trial is that of the trees that were not trained with it. */
function explainedBy(trees: readonly (readonly Guess[])[], targets: readonly number[]): number {
  const ofTrial = targets.map((): number[] => []);
  for (const { trial, guess } of trees.flat()) ofTrial[trial]?.push(guess);
  const average = mean(targets);
  let [error, variance] = [0, 0];
  targets.forEach((target, trial) => {
    const predictions = ofTrial[trial] as number[];
    if (predictions.length === 0) return;
    error += (mean(predictions) - target) ** 2;
    variance += (average - target) ** 2;
  });
  return variance === 0 ? 0 : 1 - error / variance;
}

/** The rank of each score, from 0 for the worst to 1 for the best; equal scores share their mean rank. */
function ranks(scores: readonly number[]): number[] {
  const most = Math.max(1, scores.length - 1);
  return scores.map((score) => {
    const below = scores.filter((other) => other < score).length;
    const equal = scores.filter((other) => other === score).length;
    return (below + (equal - 1) / 2) / most;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
