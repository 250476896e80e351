import type { Learner } from '../../nn/learner.js';
import type { NoteEvent, TrainEvent } from '../events.js';
import type { Feed } from '../feed.js';
import type { EpochLogs } from './monitor.js';

/** A weight file of a run's folder: one of three by name, or that of an epoch. */
export type WeightFile = 'best' | 'last' | 'restore' | number;

/** The training that a callback is part of: what it can look at, and what it can do. */
export interface Training {
  /** The network being trained. */
  readonly learner: Learner;
  /** Names of the classes, in the order of the outputs. */
  readonly classes: readonly string[];
  /** The training images, as batches on the device. */
  readonly feed: Feed;
  /** Complete epochs. */
  readonly epoch: number;
  /** Complete steps, over all epochs. */
  readonly step: number;
  /** The rate before the schedule's factor. What is set counts from the next step on and is kept in checkpoints. */
  learningRate: number;
  /** Reports an event to whoever listens. */
  /** Reports an event to whoever listens. */
  emit(event: TrainEvent): void;
  /** Adds a line to the run's log, and to what the user sees. */
  note(kind: NoteEvent['kind'], message: string): void;
  /** Writes the weights that are validated (an average, if one is kept). Without a run folder it does nothing. */
  save(file: WeightFile): Promise<void>;
  /** Loads weights that were saved, and makes them the last ones. Returns false without a run folder. */
  restoreWeights(file: WeightFile): boolean;
  /** Ends training after this epoch, as Keras's `model.stop_training = True`. */
  stop(): void;
}

/**
 * Something that happens along a training: Keras's callback (https://keras.io/api/callbacks/base_callback/). Write your own
 * as an object or a class with the hooks it needs, and put it into `TrainPlan.callbacks`. Hooks run in the order of that
 * list, and training waits for them. What a hook throws ends the training.
 */
export interface Callback {
  /** Under this name `state` is kept in checkpoints. */
  readonly name?: string;
  /** Plain data that a resumed run needs; read at every checkpoint, set before training goes on. Needs a `name`. */
  state?: unknown;
  /** Before the first step; also of a resumed run. */
  onTrainBegin?(training: Training): void | Promise<void>;
  /**
   * Before the first step of an epoch, which for a resumed run may be one that had begun before.
   * @param epoch counted from 1
   */
  onEpochBegin?(epoch: number, training: Training): void | Promise<void>;
  /** After a step was handed to the device. Its loss is not known yet: reading it here would hold up training. */
  onTrainBatchEnd?(step: number, training: Training): void | Promise<void>;
  /** After the last step of a complete epoch, before its validation. Keras has no such hook. */
  onEpochTrained?(epoch: number, training: Training): void | Promise<void>;
  /** After the validation of an epoch. */
  onEpochEnd?(epoch: number, logs: EpochLogs, training: Training): void | Promise<void>;
  /** After the last step, however training ended; not after an error. */
  onTrainEnd?(training: Training): void | Promise<void>;
}

/** States of callbacks by their names. */
export type CallbackStates = Readonly<Record<string, unknown>>;

/** Several callbacks as one. */
export class CallbackList {
  constructor(private readonly callbacks: readonly Callback[]) {
    const names = callbacks.flatMap(({ name }) => name ?? []);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new RangeError(`two callbacks are named "${twice}"; expected names of their own`);
    }
  }

  get states(): CallbackStates {
    const stateful = this.callbacks.filter(({ name, state }) => name !== undefined && state !== undefined);
    return Object.fromEntries(stateful.map(({ name, state }) => [name, state]));
  }

  /** Callbacks without a state in `states` keep the one they have. */
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
