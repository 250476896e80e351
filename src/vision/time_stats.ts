import type { PartTimes } from './protocol.js';

/** Median and 95th percentile, in milliseconds. */
export interface Spread {
  readonly median: number;
  readonly p95: number;
}

/** Number of frames whose times are kept. */
const KEPT = 5000;

/** Statistics of the stages' times over the latest frames. */
export class TimeStats {
  readonly #times: PartTimes[] = [];
  #at = 0;

  add(ms: PartTimes): void {
    this.#times[this.#at++ % KEPT] = ms;
  }

  /** Frames so far. */
  get count(): number {
    return this.#at;
  }

  /** Median and 95th percentile of each stage; 0 before the first frame. */
  spread(): { capture: Spread; detect: Spread; classify: Spread } {
    return { capture: this.#of('capture'), detect: this.#of('detect'), classify: this.#of('classify') };
  }

  #of(part: keyof PartTimes): Spread {
    const sorted = this.#times.map((ms) => ms[part]).sort((a, b) => a - b);
    const at = (share: number): number =>
      round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
    return { median: at(0.5), p95: at(0.95) };
  }
}

function round(ms: number): number {
  return Number(ms.toFixed(2));
}
