import { Pace } from './progress.js';

/** Measures the duration of a training. Pauses and requests made by the user do not count. */
export class TrainingClock {
  readonly pace: Pace;
  /** Seconds before the run was resumed. */
  #before = 0;
  #begin = performance.now();
  #epochBegin = performance.now();
  /** When the clock was stopped, in milliseconds; undefined while it runs. */
  #heldSince: number | undefined;

  /** @param batch images per step */
  constructor(batch: number) {
    this.pace = new Pace(batch, () => performance.now() / 1000);
  }

  /** Starts the clock. @param secondsBefore duration of the training before it was resumed */
  beginTraining(secondsBefore = this.#before): void {
    this.#before = secondsBefore;
    this.#begin = performance.now();
  }

  beginEpoch(): void {
    this.#epochBegin = performance.now();
    this.pace.resume();
  }

  /** Stops the clock until `go`. */
  hold(): void {
    this.#heldSince = performance.now();
  }

  /** Restarts the clock after `hold`. */
  go(): void {
    const held = performance.now() - this.#now;
    this.#begin += held;
    this.#epochBegin += held;
    this.#heldSince = undefined;
    this.pace.resume();
  }

  /** Seconds of training, including those before the run was resumed. */
  get seconds(): number {
    return this.#before + (this.#now - this.#begin) / 1000;
  }

  /** Seconds of the current epoch. */
  get epochSeconds(): number {
    return (this.#now - this.#epochBegin) / 1000;
  }

  get #now(): number {
    return this.#heldSince ?? performance.now();
  }
}
