/**
 * The terms of a study, which searches for good settings of a training. It runs trials: trainings that differ in some settings. A
 * sampler chooses the settings, a pruner which trials are worth more epochs. Both decide from the records of the trials so far
 * and from nothing else, so a study that is interrupted and resumed continues as if it had not been interrupted.
 */

/** The settings in which the trials of a study differ, by option name of `fer-tui train`; only those that are active. */
export type Values = Readonly<Record<string, string | number | boolean>>;

/**
 * `running`: a process trains it, or was interrupted while it did; `interrupted`: the same, when it is known that no process
 * trains it now (`Study.liveTrials` finds out; the journal cannot say so); `paused`: it has trained for as many epochs as the pruner
 * wanted so far; `complete`: for all of its epochs, or until early stopping; `failed`: it cannot go on.
 */
export const TRIAL_STATES = ['running', 'interrupted', 'paused', 'complete', 'failed'] as const;
export type TrialState = (typeof TRIAL_STATES)[number];

/** Whether the latest step of a trial has not ended. */
export const isOpen = ({ state }: Pick<TrialRecord, 'state'>): boolean =>
  state === 'running' || state === 'interrupted';

/** Trials by state. */
export function countStates(trials: readonly TrialRecord[]): Readonly<Record<TrialState, number>> {
  const counts = { running: 0, interrupted: 0, paused: 0, complete: 0, failed: 0 };
  for (const { state } of trials) counts[state]++;
  return counts;
}

/** The record of a trial: all that samplers, pruners and reports know of it. */
export interface TrialRecord {
  /** Counted from 1, in the order in which the trials were begun. */
  readonly number: number;
  readonly values: Values;
  /** Epochs trained so far. Learning-rate schedules span the epochs of a complete trial, however soon it is paused. */
  readonly epochs: number;
  /** The epochs that it trains for in its current step, or trained for in its last. */
  readonly until: number;
  readonly state: TrialState;
  /** Best number of `curve`; null without one. */
  readonly metric: number | null;
  /** The study's objective after each epoch. NaN where an epoch has none. */
  readonly curve: readonly number[];
  /** Seconds of training, over all sessions. */
  readonly seconds: number;
  /** Path of its run folder. A trial that failed early may have none. */
  readonly run: string;
  /** Why it failed. */
  readonly error?: string;
  /** The exit code of that error, one of EXIT; earlier versions did not record it. */
  readonly exit?: number;
}

/** Chooses the settings of trials. */
export interface Sampler {
  /**
   * The settings of a new trial; undefined when the space is exhausted. Depends only on the study's seed and the arguments.
   * @param number of the new trial
   * @param history the trials with smaller numbers, in order; some may still be running
   */
  suggest(number: number, history: readonly TrialRecord[]): Values | undefined;
}

/** Decides how long to train which trial. */
export interface Pruner {
  /**
   * What to train next; undefined: nothing, until a running trial has ended its step. If the study cannot begin a new trial, it
   * treats `new` as undefined. So a pruner returns `new` only when no paused trial should continue.
   * @param history all trials, in order
   */
  next(history: readonly TrialRecord[]): TrialStep | undefined;
}

/** A part of a trial: from its current epoch until it has `epochs` epochs. */
export interface TrialStep {
  /** The number of a paused trial, or `new`. */
  readonly trial: number | 'new';
  readonly epochs: number;
}
