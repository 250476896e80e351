import { Pace } from './progress.js';

/** How long a training takes. Time in which training was held, or attended to a wish, does not count. */
export class TrainingClock {
  readonly pace: Pace;
  /** Seconds of earlier sittings. */
  #before = 0;
  #begin = performance.now();
  #epochBegin = performance.now();

  /** @param batch images a step */
  constructor(batch: number) {
    this.pace = new Pace(batch, () => performance.now() / 1000);
  }

  /** Training begins, after so many seconds in earlier sittings. */
  beginTraining(secondsBefore = this.#before): void {
    this.#before = secondsBefore;
    this.#begin = performance.now();
  }

  beginEpoch(): void {
    this.#epochBegin = performance.now();
    this.pace.resume();
  }

  /** Takes out the time since `begin`, in milliseconds of `performance.now()`. */
  excludeSince(begin: number): void {
    const spent = performance.now() - begin;
    this.#begin += spent;
    this.#epochBegin += spent;
    this.pace.resume();
  }

  /** Seconds of training, all sittings together. */
  get seconds(): number {
    return this.#before + (performance.now() - this.#begin) / 1000;
  }

  /** Seconds of this epoch. */
  get epochSeconds(): number {
    return (performance.now() - this.#epochBegin) / 1000;
  }
}
