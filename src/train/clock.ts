import { Pace } from './progress.js';

/** Measures the duration of a training. Pauses and requests made by the user do not count. */
export class TrainingClock {
  readonly pace: Pace;
  /** Seconds before the run was resumed. */
  #before = 0;
  #begin = performance.now();
  #epochBegin = performance.now();

  /** @param batch images a step */
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

  /** Does not count the time since `begin`, a value of `performance.now()` in milliseconds. */
  excludeSince(begin: number): void {
    const spent = performance.now() - begin;
    this.#begin += spent;
    this.#epochBegin += spent;
    this.pace.resume();
  }

  /** Seconds of training, including those before the run was resumed. */
  get seconds(): number {
    return this.#before + (performance.now() - this.#begin) / 1000;
  }

  /** Seconds of the current epoch. */
  get epochSeconds(): number {
    return (performance.now() - this.#epochBegin) / 1000;
  }
}
