import type { StepMetrics } from '../nn/learner.js';

/** Sums of an epoch so far, in float64. */
export class RunningMean {
  #loss: number;
  #correct: number;
  #count: number;

  /** @param sums to go on from, as `sums` gave them */
  constructor(sums: RunningMean['sums'] = { loss: 0, correct: 0, count: 0 }) {
    this.#loss = sums.loss;
    this.#correct = sums.correct;
    this.#count = sums.count;
  }

  get sums(): { readonly loss: number; readonly correct: number; readonly count: number } {
    return { loss: this.#loss, correct: this.#correct, count: this.#count };
  }

  add({ loss, correct, count }: StepMetrics): void {
    this.#loss += loss * count;
    this.#correct += correct;
    this.#count += count;
  }

  get loss(): number {
    return this.#loss / this.#count;
  }

  get acc(): number {
    return this.#correct / this.#count;
  }
}

/** Steps that are not timed: the first ones compile kernels and fill caches. */
const WARM_UP = 5;

/** How fast training goes, and how long the rest will take. Time that validation took does not count as training. */
export class Pace {
  #steps = 0;
  #seconds = 0;
  #validation = 0;
  #last: number | undefined;

  /** @param now in seconds, any origin */
  constructor(
    private readonly batch: number,
    private readonly now: () => number,
  ) {}

  /** Training goes on from here (after set-up or validation). */
  resume(): void {
    this.#last = this.now();
  }

  /** `count` more steps are done. */
  steps(count: number): void {
    const now = this.now();
    if (this.#steps >= WARM_UP && this.#last !== undefined) this.#seconds += now - this.#last;
    else if (count > 0) this.#untimed += count;
    this.#steps += count;
    this.#last = now;
  }
  #untimed = 0;

  /** A validation took this long. */
  validated(seconds: number): void {
    this.#validation = seconds;
  }

  /** Images a second; 0 until steady. */
  get imgPerS(): number {
    const timed = this.#steps - this.#untimed;
    return timed > 0 && this.#seconds > 0 ? (timed * this.batch) / this.#seconds : 0;
  }

  /** Seconds left for this many steps and validations; null until steady. */
  eta(steps: number, validations: number): number | null {
    const rate = this.imgPerS;
    return rate === 0 ? null : (steps * this.batch) / rate + validations * this.#validation;
  }
}
