import { improves, type Monitor } from '../train/callbacks/monitor.js';
import { percent } from '../util/axis.js';
import type { TrialRecord } from './trial.js';

/**
 * The score of a trial after a number of epochs: the best value of its curve up to there, negated if smaller is better, so that a
 * larger score is always better. -Infinity for a trial that failed, or has no number.
 */
export function scoreAt({ state, curve }: TrialRecord, epochs: number, objective: Monitor): number {
  if (state === 'failed') return Number.NEGATIVE_INFINITY;
  const sign = improves(1, 0, { monitor: objective, mode: 'auto', minDelta: 0 }) ? 1 : -1;
  const scores = curve.slice(0, epochs).map((value) => (Number.isNaN(value) ? -Infinity : sign * value));
  return Math.max(...scores, Number.NEGATIVE_INFINITY);
}

/**
 * The trials from the best score to the worst; of equal ones, the earlier first. Those that failed come after all others.
 * @param epochs compares the scores after this many epochs; default: after all
 */
export function ranked(
  trials: readonly TrialRecord[],
  objective: Monitor,
  epochs = Number.POSITIVE_INFINITY,
): readonly TrialRecord[] {
  const scored = trials.map((trial) => ({ trial, score: scoreAt(trial, epochs, objective) }));
  // -Infinity - -Infinity is NaN, so scores are compared, not subtracted.
  scored.sort(
    (a, b) =>
      Number(a.trial.state === 'failed') - Number(b.trial.state === 'failed') ||
      Number(b.score > a.score) - Number(a.score > b.score) ||
      a.trial.number - b.trial.number,
  );
  return scored.map(({ trial }) => trial);
}

/** The best trial; undefined while none has a result. A trial that failed has none. */
export function bestTrial(trials: readonly TrialRecord[], objective: Monitor): TrialRecord | undefined {
  const [first] = ranked(trials, objective);
  return first === undefined || first.state === 'failed' || first.metric === null ? undefined : first;
}

/** Whether the score of a trial after `wanted` epochs is known: it has trained for as many, or will not train any more. */
export function hasReached({ state, epochs, until }: TrialRecord, wanted: number): boolean {
  // A trial that failed counts for all epochs that it was meant to train for.
  return state === 'complete' || (state === 'failed' ? until : epochs) >= wanted;
}

/**
 * The number of epochs after which to compare trials: the largest that at least `least` trials have reached; undefined if there
 * is none.
 */
export function comparableEpochs(trials: readonly TrialRecord[], least: number): number | undefined {
  const budgets = [...new Set(trials.map(({ epochs }) => epochs))].filter((epochs) => epochs > 0);
  const known = (epochs: number): number => trials.filter((trial) => hasReached(trial, epochs)).length;
  return budgets.sort((a, b) => b - a).find((epochs) => known(epochs) >= least);
}

/** A value of the objective as text: accuracies and F1 in percent. */
export function objectiveText(value: number, objective: Monitor): string {
  return objective.endsWith('loss') ? value.toFixed(4) : percent(value, 2);
}
