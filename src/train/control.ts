import { ENDING_EXIT, type Ending } from '../util/endings.js';
import { EXIT, FerError, UsageError } from '../util/errors.js';

/** Who asked a run to stop. With `user`, the stop command of an interface, training ends with a validation. */
export type StopReason = Ending | 'user';

const STOP_EXIT: Readonly<Record<StopReason, number>> = { ...ENDING_EXIT, user: EXIT.done };

/** Training was stopped before its first step: there is nothing to save. */
export class StoppedError extends FerError {}

/** A request that the trainer carries out once, between two steps. */
export type TrainRequest =
  | {
      /** The learning rate from the next batch on. */
      readonly lr: number;
    }
  | 'checkpoint'
  | 'validate';

/** Whether a training can take this learning rate by hand: a number in (0, 10]. */
export const isLearningRate = (lr: number): boolean => lr > 0 && lr <= 10;

/**
 * Steers a training from outside. The trainer looks at it between two steps. The first reason to stop counts; a stop at the
 * end of the epoch can be turned into an immediate one.
 */
export class Control {
  #stopped: StopReason | undefined;
  #finishing: StopReason | undefined;
  #paused = false;
  #steps = 0;
  #requests: TrainRequest[] = [];
  #listeners: (() => void)[] = [];

  /** Stops training at the end of the current step, or of the epoch: a paused one goes on, to reach that. */
  stop(reason: StopReason, after: 'batch' | 'epoch' = 'batch'): void {
    if (after === 'batch') {
      this.#stopped ??= reason;
      this.#tell();
    } else {
      this.#finishing ??= reason;
      this.resume();
    }
  }

  /** Pauses training before the next step. */
  pause(): void {
    this.#paused = true;
    this.#tell();
  }

  /** Continues after `pause`, and cancels single steps that were not taken. */
  resume(): void {
    this.#paused = false;
    this.#steps = 0;
    this.#tell();
  }

  /** Takes one step and stays paused; pauses a training that runs. Several calls take several steps. */
  step(): void {
    this.#paused = true;
    this.#steps++;
    this.#tell();
  }

  /** Sets the learning rate of the next step; a schedule continues in proportion to it. Throws UsageError. */
  setLearningRate(lr: number): void {
    if (!isLearningRate(lr)) throw new UsageError(`lr = ${lr}: expected a number in (0, 10]`);
    this.#requests = [...this.#requests.filter((request) => typeof request === 'string'), { lr }];
    this.#tell();
  }

  /** Requests a checkpoint or a validation before the next step. */
  ask(request: 'checkpoint' | 'validate'): void {
    if (!this.#requests.includes(request)) this.#requests.push(request);
    this.#tell();
  }

  /** Why training is to stop at the end of the current step. */
  get stopped(): StopReason | undefined {
    return this.#stopped;
  }

  /** Why training is to stop at the end of the epoch. */
  get finishing(): StopReason | undefined {
    return this.#finishing;
  }

  /** The exit code of the process for the reason to stop. */
  get exit(): number {
    const reason = this.#stopped ?? this.#finishing;
    return reason === undefined ? EXIT.done : STOP_EXIT[reason];
  }

  /** Call before and between the parts of the set-up. Throws StoppedError if training was asked to stop. */
  requireGoing(): void {
    if (this.#stopped === undefined) return;
    throw new StoppedError('stopped before the first step: there is nothing to save', this.exit);
  }

  /** Whether training is paused or about to pause. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Whether the trainer must pause or carry out requests before the next step. */
  get pending(): boolean {
    return this.#paused || this.requested;
  }

  /** Whether there are requests to carry out. */
  get requested(): boolean {
    return this.#requests.length > 0;
  }

  /** Takes all requests, in order. */
  takeRequests(): readonly TrainRequest[] {
    return this.#requests.splice(0);
  }

  /** Takes the request for a single step, if there is one. */
  takeStep(): boolean {
    if (this.#steps === 0) return false;
    this.#steps--;
    return true;
  }

  /** Resolves at the next call from outside. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  #tell(): void {
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
