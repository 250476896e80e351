/** Seconds over which the rate is measured. */
const WINDOW = 2;

/** Events per second over the last two seconds. */
export class Rate {
  #times: number[] = [];

  /** Counts an event at time `now`, in seconds. Returns the rate; 0 until there are two events. */
  count(now: number): number {
    this.#times.push(now);
    while (this.#times.length > 2 && now - (this.#times[0] as number) > WINDOW) this.#times.shift();
    const span = now - (this.#times[0] as number);
    return span > 0 ? (this.#times.length - 1) / span : 0;
  }
}
