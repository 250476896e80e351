/** Fewest and most steps that may be unfinished: enough to keep the device busy while the host prepares the next ones. */
const [FEWEST, MOST] = [2, 8];
/** Milliseconds of work to keep queued. A stop waits for this work, or for two steps if they take longer. */
const AHEAD_MS = 25;
/** Weight of the newest measurement in the moving average of a step's time. */
const NEWEST = 0.25;

/**
 * Limits how many steps the host submits before the device has finished earlier ones. It allows many short steps, so that waiting
 * and polling take less time than the steps themselves. It allows two long steps, so that a training run can stop soon. The length
 * of a step is measured during training.
 */
export class Flight {
  /** Promises, in order, that each resolve when all steps submitted up to then are done. */
  readonly #fences: Promise<void>[] = [];
  /** Steps submitted since the last fence. */
  #open = 0;
  /** Mean milliseconds of a step; unknown at first. */
  #mean = Number.POSITIVE_INFINITY;
  /** Steps submitted since the last fence that was awaited, and when that was. */
  #steps = 0;
  #last: number | undefined;

  /**
   * @param fence resolves when all that has been submitted is done
   * @param now milliseconds; for tests
   */
  constructor(
    private readonly fence: () => Promise<void>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** How many steps may be unfinished at present. */
  get limit(): number {
    return Math.min(MOST, Math.max(FEWEST, Math.floor(AHEAD_MS / this.#mean)));
  }

  /** Must be called after each step. Resolves when few enough are unfinished. Throws what the fence throws. */
  async submitted(): Promise<void> {
    this.#open++;
    this.#steps++;
    // Two fences at most: each stands for half of the steps.
    if (this.#open >= this.limit >> 1) {
      const done = this.fence();
      done.catch(() => undefined); // an error is thrown where the fence is awaited: here or in `landed`
      this.#fences.push(done);
      this.#open = 0;
    }
    if (this.#fences.length < 2) return;
    await this.#fences.shift();
    this.#measure();
  }

  /** Resolves when all steps up to the newest fence are done; a later read waits for the rest. Throws what the fences throw. */
  async landed(): Promise<void> {
    await Promise.all(this.#fences.splice(0));
    this.#last = undefined;
  }

  #measure(): void {
    const [now, last, steps] = [this.now(), this.#last, this.#steps];
    [this.#last, this.#steps] = [now, 0];
    if (last === undefined) return;
    const each = (now - last) / steps;
    this.#mean = Number.isFinite(this.#mean) ? this.#mean + NEWEST * (each - this.#mean) : each;
  }
}
