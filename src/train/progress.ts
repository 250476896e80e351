import type { StepMetrics } from '../nn/metrics_ring.js';

/** Means over the images of an epoch so far, summed in float64. */
export class RunningMean {
  #loss: number;
  #correct: number;
  #count: number;

  /** @param sums where to continue: an earlier value of `sums` */
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

/** Number of first steps that are not timed: they compile kernels and fill caches. */
const WARM_UP = 5;

/** How long an image of a validation takes, in those of training: forward is one third of forward and backward. */
const FORWARD = 1 / 3;

/** Measures images per second and estimates the time left. Validation does not count as training time. */
export class Pace {
  #steps = 0;
  /** Completed steps that were not timed. */
  #untimed = 0;
  /** Seconds that the timed steps took. */
  #seconds = 0;
  /** Seconds that the latest validation took; undefined before the first one. */
  #validation: number | undefined;
  /** When timing began or steps were last counted. */
  #last: number | undefined;

  /** @param batch images per step @param now the current time in seconds, from any origin */
  constructor(
    private readonly batch: number,
    private readonly now: () => number,
  ) {}

  /** Starts timing, after set-up, a pause or a validation. */
  resume(): void {
    this.#last = this.now();
  }

  /** Counts completed steps. */
  steps(count: number): void {
    const now = this.now();
    if (this.#steps >= WARM_UP && this.#last !== undefined) this.#seconds += now - this.#last;
    else if (count > 0) this.#untimed += count;
    this.#steps += count;
    this.#last = now;
  }

  /** Records the duration of a validation, in seconds. */
  validated(seconds: number): void {
    this.#validation = seconds;
  }

  /** Images per second; 0 until enough steps are timed. */
  get imgPerS(): number {
    const timed = this.#steps - this.#untimed;
    return timed > 0 && this.#seconds > 0 ? (timed * this.batch) / this.#seconds : 0;
  }

  /**
   * Estimates the seconds for this many steps and validations; null until enough steps are timed.
   * @param validated images of a validation: until one is timed, its duration is estimated from them
   */
  eta(steps: number, validations: number, validated: number): number | null {
    const rate = this.imgPerS;
    if (rate === 0) return null;
    return (steps * this.batch) / rate + validations * (this.#validation ?? (FORWARD * validated) / rate);
  }
}
