import { terminalSize } from '../util/terminal_size.js';

/** An activity is shown only if it takes longer than this. */
const PATIENCE_MS = 500;
const EVERY_MS = 100;
const WIDTH = 20;

/**
 * Shows the progress of an activity and the time left on one line of stderr. Shows nothing if stderr is not a terminal or
 * `quiet` is set.
 */
export class ProgressLine {
  #what = '';
  #begin = 0;
  #last = 0;
  #painted = false;

  constructor(private readonly quiet: boolean) {}

  /** Shows that `done` of `total` are done. A new `what` begins a new activity. */
  show(what: string, done: number, total: number): void {
    if (this.quiet || !process.stderr.isTTY) return;
    const now = performance.now();
    if (what !== this.#what) [this.#what, this.#begin] = [what, now];
    const passed = now - this.#begin;
    if (passed < PATIENCE_MS || now - this.#last < EVERY_MS) return;
    this.#last = now;
    const part = total > 0 ? Math.min(1, done / total) : 0;
    const full = Math.round(part * WIDTH);
    const left = part > 0 ? `  ETA ${Math.ceil((passed / part - passed) / 1000)} s` : '';
    const bar = `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}]`;
    const text = `${bar} ${what} ${Math.round(100 * part)} %${left}`;
    process.stderr.write(`\r\x1b[2K${text.slice(0, terminalSize(process.stderr).cols - 1)}`);
    this.#painted = true;
  }

  /** Clears the line. */
  close(): void {
    if (this.#painted) process.stderr.write('\r\x1b[2K');
    this.#painted = false;
  }
}
