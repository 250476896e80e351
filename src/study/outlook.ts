import type { TrainEvent } from '../train/events.js';
import { Rng } from '../util/random.js';
import type { TrialOrder } from './run_trial.js';
import type { Advisers, Study } from './study.js';
import type { TrialRecord } from './trial.js';

/** Most future steps that are simulated. */
const FARTHEST = 10_000;

/**
 * Epochs that are still to be trained. Simulates the pruner with random results for future trials: exact without a pruner, else
 * an estimate.
 */
export function epochsLeft(study: Study, { pruner }: Pick<Advisers, 'pruner'>): number {
  const trials = new Map(study.trials.map((trial) => [trial.number, trial]));
  const rng = new Rng(0);
  let left = 0;
  const train = (trial: TrialRecord, to: number): void => {
    const { number, epochs } = trial;
    const whole = study.epochsOf(trial.values);
    const until = Math.min(to, whole);
    left += Math.max(0, until - epochs);
    const metric = rng.uniform(0, 1);
    const curve = Array.from({ length: until }, () => metric);
    const state = until < whole ? 'paused' : 'complete';
    trials.set(number, { ...trial, state, metric, curve, epochs: until });
  };
  for (const trial of trials.values()) if (trial.state === 'running') train(trial, trial.until);
  for (let steps = 0; steps < FARTHEST; steps++) {
    const step = pruner.next([...trials.values()]);
    if (step === undefined) break;
    const trial = step.trial === 'new' ? newTrial(trials.size + 1) : trials.get(step.trial);
    if (trial === undefined || trial.number > study.settings.trials) break;
    train(trial, step.epochs);
  }
  return left;
}

const newTrial = (number: number): TrialRecord => ({
  ...{ number, values: {}, epochs: 0, until: 0, state: 'running' },
  ...{ metric: null, curve: [], seconds: 0, run: '' },
});

/** The progress of a study, over all processes that work on it. */
export class Outlook {
  #left = 0;
  /** Epochs of all trials when this process began to work, and when that was. */
  readonly #before: number;
  readonly #begin = performance.now();
  /** The steps in progress, by trial: epochs at the beginning of the step, and now. */
  readonly #current = new Map<number, { readonly before: number; now: number }>();

  constructor(
    private readonly study: Study,
    private readonly advisers: Pick<Advisers, 'pruner'>,
  ) {
    this.#before = this.#recorded;
    this.#left = epochsLeft(study, advisers);
  }

  /** Call this when a step of a trial begins. */
  begin(order: TrialOrder): void {
    const { epochs = 0 } = this.study.trials.find(({ number }) => number === order.number) ?? {};
    this.#current.set(order.number, { before: epochs, now: epochs });
    this.#left = epochsLeft(this.study, this.advisers);
  }

  /** Call this with each event of the run of a step. */
  hear(event: TrainEvent, { number }: TrialOrder): void {
    const step = this.#current.get(number);
    if (step === undefined) return;
    if (event.type === 'epoch') step.now = event.epoch;
    if (event.type === 'step') step.now = event.epoch - 1 + event.stepInEpoch / event.of;
  }

  /** Call this when the step of a trial has ended. */
  end({ number }: Pick<TrialRecord, 'number'>): void {
    this.#current.delete(number);
    this.#left = epochsLeft(this.study, this.advisers);
  }

  /** Epochs done and planned, of all trials; with fractions. */
  get epochs(): { readonly done: number; readonly total: number } {
    const extra = this.#fresh;
    return { done: this.#recorded + extra, total: this.#recorded + this.#left };
  }

  /** Seconds left, at the pace of all processes since this one began; null until there is a pace. */
  get etaS(): number | null {
    const { done, total } = this.epochs;
    const trained = done - this.#before;
    const seconds = (performance.now() - this.#begin) / 1000;
    return trained > 0 ? (seconds / trained) * Math.max(0, total - done) : null;
  }

  /** Epochs of the steps in progress that are not recorded yet. */
  get #fresh(): number {
    return [...this.#current.values()].reduce((sum, { before, now }) => sum + Math.max(0, now - before), 0);
  }

  get #recorded(): number {
    return this.study.trials.reduce((sum, { epochs }) => sum + epochs, 0);
  }
}
