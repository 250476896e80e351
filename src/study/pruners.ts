import type { Monitor } from '../train/callbacks/monitor.js';
import { UsageError } from '../util/errors.js';
import { hasReached, ranked, scoreAt } from './score.js';
import type { Pruner, TrialRecord, TrialStep } from './trial.js';

/** How a study decides which trials are worth more epochs. */
export const PRUNERS = ['none', 'asha', 'halving'] as const;
export type PrunerName = (typeof PRUNERS)[number];

/** The settings of a study that a pruner needs. */
export interface PrunerOptions {
  readonly pruner: PrunerName;
  /** Epochs of a trial that is not pruned. */
  readonly epochs: number;
  /** The fewest epochs after which a trial may be judged. */
  readonly minEpochs: number;
  /** The reduction factor, above 1: from rung to rung, one in `factor` trials continues, and for `factor` times the epochs. */
  readonly factor: number;
  /** The largest number of trials; Infinity if unknown. */
  readonly trials: number;
  /** The metric of the trials' curves. */
  readonly objective: Monitor;
}

/** The pruner of a study. Throws UsageError when its options do not fit each other. */
export function prunerOf(options: PrunerOptions): Pruner {
  const { pruner, epochs, trials, factor } = options;
  if (pruner === 'none') {
    return { next: (history) => (history.length < trials ? { trial: 'new', epochs } : undefined) };
  }
  if (!(factor > 1)) throw new UsageError(`reduction = ${factor}: expected a number above 1`);
  const rungs = rungsOf(options);
  if (pruner === 'asha') return { next: (history) => ashaStep(history, rungs, options) };
  if (!Number.isFinite(trials)) {
    throw new UsageError('--pruner halving: needs the number of trials (--trials); asha does not');
  }
  return { next: (history) => halvingStep(history, rungs, options) };
}

/**
 * The epochs after which trials are judged, the last being all of them: epochs / factor^k, down to `minEpochs`. Throws UsageError
 * when that is more than `epochs`.
 */
export function rungsOf({
  epochs,
  minEpochs,
  factor,
}: Pick<PrunerOptions, 'epochs' | 'minEpochs' | 'factor'>): readonly number[] {
  if (!(minEpochs >= 1 && minEpochs <= epochs)) {
    throw new UsageError(
      `min-epochs = ${minEpochs}: expected a number from 1 to the ${epochs} epochs of a trial`,
    );
  }
  const rungs: number[] = [];
  for (let rung = epochs; rung >= minEpochs; rung /= factor) rungs.unshift(Math.round(rung));
  return [...new Set(rungs)];
}

/**
 * The asynchronous successive halving algorithm (Li et al. 2018, A system for massively parallel hyperparameter tuning, algorithm
 * 2): it never waits. A trial that is among the best 1 / factor of its rung so far is promoted to the next rung. If there is
 * none, a new trial begins. When all trials have begun and none has reached the last rung, the best one is promoted.
 */
function ashaStep(
  history: readonly TrialRecord[],
  rungs: readonly number[],
  { factor, trials, objective }: PrunerOptions,
): TrialStep | undefined {
  const [lowest = 1] = rungs;
  const steps = rungs.slice(1).map((next, k) => ({ rung: rungs[k] ?? 1, next }));
  steps.reverse();
  for (const { rung, next } of steps) {
    const there = history.filter((trial) => hasReached(trial, rung));
    const best = ranked(there, objective, rung).slice(0, Math.floor(there.length / factor));
    const chosen = best.find((trial) => canGoOn(trial, next));
    if (chosen !== undefined) return { trial: chosen.number, epochs: next };
  }
  if (history.length < trials) return { trial: 'new', epochs: lowest };

  const top = rungs.at(-1) ?? 1;
  const done = history.some((trial) => trial.state !== 'failed' && hasReached(trial, top));
  if (done || history.some(({ state }) => state === 'running')) return undefined;
  for (const { rung, next } of steps) {
    const there = history.filter((trial) => hasReached(trial, rung) && canGoOn(trial, next));
    const [best] = ranked(there, objective, rung);
    if (best !== undefined) return { trial: best.number, epochs: next };
  }
  return undefined;
}

/**
 * Successive halving (Jamieson & Talwalkar 2016): all trials of a rung are judged together, when the last has arrived. The best 1
 * / factor of them, and at least one, are promoted.
 */
function halvingStep(
  history: readonly TrialRecord[],
  rungs: readonly number[],
  { factor, trials, objective }: PrunerOptions,
): TrialStep | undefined {
  const [lowest = 1] = rungs;
  if (history.length < trials) return { trial: 'new', epochs: lowest };
  let members = history;
  for (const [k, rung] of rungs.entries()) {
    const next = members.find((trial) => canGoOn(trial, rung));
    if (next !== undefined) return { trial: next.number, epochs: rung };
    if (!members.every((trial) => hasReached(trial, rung))) return undefined;
    const most = Math.max(1, Math.floor(trials / factor ** (k + 1)));
    const alive = members.filter((trial) => scoreAt(trial, rung, objective) > Number.NEGATIVE_INFINITY);
    members = ranked(alive, objective, rung).slice(0, most);
  }
  return undefined;
}

/** Whether a trial is paused before this many epochs, so that it can be promoted. */
function canGoOn({ state, epochs }: TrialRecord, until: number): boolean {
  return state === 'paused' && epochs < until;
}
