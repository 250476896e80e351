import { EXIT, UsageError } from '../util/errors.js';

/** Why a run was asked to stop. `user` is someone who watches it: unlike a signal it ends with a validation. */
export type StopReason = 'sigint' | 'sigterm' | 'pipe' | 'user';

const STOP_EXIT: Readonly<Record<StopReason, number>> = {
  sigint: EXIT.interrupted,
  sigterm: EXIT.terminated,
  pipe: EXIT.done,
  user: EXIT.done,
};

/** What the trainer does once, between two batches. */
export type Wish =
  | {
      /** The learning rate from the next batch on. */
      readonly lr: number;
    }
  | 'checkpoint'
  | 'validate';

/**
 * How whoever watches a training steers it: told from outside, asked by the trainer between batches. The first reason
 * to stop counts; a stop after the epoch can still be turned into one at once.
 */
export class Control {
  #stopped: StopReason | undefined;
  #finishing: StopReason | undefined;
  #paused = false;
  #steps = 0;
  #wishes: Wish[] = [];
  #listeners: (() => void)[] = [];

  /** Stops after the batch that is going on, or `after` the epoch. */
  stop(reason: StopReason, after: 'batch' | 'epoch' = 'batch'): void {
    if (after === 'epoch') this.#finishing ??= reason;
    else this.#stopped ??= reason;
    this.#tell();
  }

  /** Holds training before the next batch. */
  pause(): void {
    this.#paused = true;
    this.#tell();
  }

  /** Goes on after `pause`, and forgets single steps that were not taken. */
  resume(): void {
    this.#paused = false;
    this.#steps = 0;
    this.#tell();
  }

  /** One batch (more, if asked again) while paused. Pauses a training that was not. */
  step(): void {
    this.#paused = true;
    this.#steps++;
    this.#tell();
  }

  /** The rate from the next batch on; a schedule goes on from there in proportion. Throws UsageError. */
  setLearningRate(lr: number): void {
    if (!(lr > 0 && lr <= 10)) throw new UsageError(`lr = ${lr}: expected a number in (0, 10]`);
    this.#wishes = [...this.#wishes.filter((wish) => typeof wish === 'string'), { lr }];
    this.#tell();
  }

  /** Saves a checkpoint, or validates, before the next batch. */
  ask(wish: 'checkpoint' | 'validate'): void {
    if (!this.#wishes.includes(wish)) this.#wishes.push(wish);
    this.#tell();
  }

  /** Why to stop at once. */
  get stopped(): StopReason | undefined {
    return this.#stopped;
  }

  /** Why to stop when the epoch is complete. */
  get finishing(): StopReason | undefined {
    return this.#finishing;
  }

  /** The exit code that a reason to stop asks for. */
  get exit(): number {
    const reason = this.#stopped ?? this.#finishing;
    return reason === undefined ? EXIT.done : STOP_EXIT[reason];
  }

  /** Whether training is held. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Whether there is anything for the trainer to attend to before its next batch. */
  get pending(): boolean {
    return this.#paused || this.wishing;
  }

  /** Whether there are wishes to take. */
  get wishing(): boolean {
    return this.#wishes.length > 0;
  }

  /** Takes what was asked for, in order. */
  takeWishes(): readonly Wish[] {
    return this.#wishes.splice(0);
  }

  /** Takes one single step, if one was asked for. */
  takeStep(): boolean {
    if (this.#steps === 0) return false;
    this.#steps--;
    return true;
  }

  /** Resolves when something else is asked for. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  #tell(): void {
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
