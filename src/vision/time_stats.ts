import type { PartTimes } from './protocol.js';

/** Milliseconds: the middle, and what 95 of 100 frames keep to. */
export interface Spread {
  readonly median: number;
  readonly p95: number;
}

/** How many frames are remembered. */
const KEPT = 5000;

/** The three parts' times of the latest frames. */
export class TimeStats {
  readonly #times: PartTimes[] = [];
  #at = 0;

  add(ms: PartTimes): void {
    this.#times[this.#at++ % KEPT] = ms;
  }

  /** Zeros as long as there is no frame. */
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
