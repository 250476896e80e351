import type { Learner } from '../../nn/learner.js';
import type { NoteEvent, TrainEvent } from '../events.js';
import type { Feed } from '../feed.js';
import type { EpochLogs } from './monitor.js';

/** A weight file in a run's folder: `best`, `last`, the one that early stopping restores, or that of an epoch. */
export type WeightFile = 'best' | 'last' | 'restore' | number;

/** The training, as its callbacks see and control it. */
export interface Training {
  /** The network being trained. */
  readonly learner: Learner;
  /** Class names, in the order of the outputs. */
  readonly classes: readonly string[];
  /** The training images, as batches on the device. */
  readonly feed: Feed;
  /** Completed epochs. */
  readonly epoch: number;
  /** Completed steps, over all epochs. */
  readonly step: number;
  /** The learning rate before the schedule's factor. A new value takes effect at the next step; checkpoints keep it. */
  learningRate: number;
  /** Reports an event to the user and the run's log. */
  emit(event: TrainEvent): void;
  /** Reports a message to the user and the run's log. */
  note(kind: NoteEvent['kind'], message: string): void;
  /** Saves the weights that are validated: their average, if the learner keeps one. Does nothing without a run folder. */
  save(file: WeightFile): Promise<void>;
  /** Loads saved weights, and saves them as the last ones. Returns false without a run folder. */
  restoreWeights(file: WeightFile): boolean;
  /** Ends training after this epoch, as Keras's `model.stop_training = True`. */
  stop(): void;
}

/**
 * Code that runs at certain points of a training: Keras's callback (https://keras.io/api/callbacks/base_callback/). To write
 * one, define an object or a class with the hooks it needs and put it into `TrainPlan.callbacks`. Training calls the hooks
 * in the order of that list and waits for each. An error that a hook throws ends the training.
 */
export interface Callback {
  /** The name under which checkpoints store `state`. */
  readonly name?: string;
  /** JSON data that a resumed run needs. Checkpoints store it, resuming sets it. Needs a `name`. */
  state?: unknown;
  /** Before the first step of a new or resumed run. */
  onTrainBegin?(training: Training): void | Promise<void>;
  /**
   * Before the first step of an epoch, which for a resumed run may be one that had begun before.
   * @param epoch counted from 1
   */
  onEpochBegin?(epoch: number, training: Training): void | Promise<void>;
  /** After a step was submitted to the device. Its loss is not known yet: waiting for it would slow training down. */
  onTrainBatchEnd?(step: number, training: Training): void | Promise<void>;
  /** After the last step of a complete epoch, before its validation. Keras has no such hook. */
  onEpochTrained?(epoch: number, training: Training): void | Promise<void>;
  /** After the validation of an epoch. */
  onEpochEnd?(epoch: number, logs: EpochLogs, training: Training): void | Promise<void>;
  /** After the last step, also when training was stopped; not after an error. */
  onTrainEnd?(training: Training): void | Promise<void>;
}

/** The states of callbacks, by name. */
export type CallbackStates = Readonly<Record<string, unknown>>;

/** Calls the hooks of several callbacks in order, and collects their states. */
export class CallbackList {
  constructor(private readonly callbacks: readonly Callback[]) {
    const names = callbacks.flatMap(({ name }) => name ?? []);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new RangeError(`two callbacks are named "${twice}"; expected a different name for each`);
    }
  }

  get states(): CallbackStates {
    const stateful = this.callbacks.filter(({ name, state }) => name !== undefined && state !== undefined);
    return Object.fromEntries(stateful.map(({ name, state }) => [name, state]));
  }

  /** Sets the states of all callbacks that `states` has one for. */
  restore(states: CallbackStates): void {
    for (const callback of this.callbacks) {
      const { name } = callback;
      if (name !== undefined && states[name] !== undefined) callback.state = states[name];
    }
  }

  async trainBegin(training: Training): Promise<void> {
    for (const callback of this.callbacks) await callback.onTrainBegin?.(training);
  }

  async epochBegin(epoch: number, training: Training): Promise<void> {
    for (const callback of this.callbacks) await callback.onEpochBegin?.(epoch, training);
  }

  async trainBatchEnd(step: number, training: Training): Promise<void> {
    for (const callback of this.callbacks) await callback.onTrainBatchEnd?.(step, training);
  }

  async epochTrained(epoch: number, training: Training): Promise<void> {
    for (const callback of this.callbacks) await callback.onEpochTrained?.(epoch, training);
  }

  async epochEnd(epoch: number, logs: EpochLogs, training: Training): Promise<void> {
    for (const callback of this.callbacks) await callback.onEpochEnd?.(epoch, logs, training);
  }

  async trainEnd(training: Training): Promise<void> {
    for (const callback of this.callbacks) await callback.onTrainEnd?.(training);
  }
}
