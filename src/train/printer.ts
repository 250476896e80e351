import { counted } from '../util/counted.js';
import { printable } from '../util/printable.js';
import { terminalSize } from '../util/terminal_size.js';
import type { EpochEvent, NoteEvent, StepEvent, TrainEvent } from './events.js';

/** An output stream, such as `process.stderr`. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface PrinterOptions {
  readonly color?: 'auto' | 'always' | 'never';
  readonly silent?: boolean;
  /** The current time in milliseconds, from any origin. */
  readonly now?: () => number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Without a terminal, there is a line at least this often. */
const PLAIN_EVERY_MS = 30_000;
/** On a terminal, the line is repainted at most this often. */
const PAINT_EVERY_MS = 100;
/** Data that loads faster than this shows no progress. */
const PATIENCE_MS = 1_000;

/**
 * Prints a run as lines. On a terminal a progress line is repainted below the completed epochs. Elsewhere there is a line
 * for each epoch and one every 30 seconds, without carriage returns.
 */
export class Printer {
  readonly #live: boolean;
  readonly #color: boolean;
  readonly #now: () => number;
  readonly #begin: number;
  #painted = false;
  #lastNote = Number.NEGATIVE_INFINITY;
  #last: number;
  #epochs = 0;

  constructor(
    private readonly out: Output,
    private readonly options: PrinterOptions = {},
  ) {
    const env = options.env ?? process.env;
    this.#live = out.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'];
    this.#color = wantsColor(options.color ?? 'auto', out.isTTY === true, env);
    this.#now = options.now ?? (() => performance.now());
    this.#begin = this.#now();
    this.#last = this.#begin;
  }

  /** Shows the progress of loading data. */
  loading({ done, total, unit }: { done: number; total: number; unit: string }): void {
    if (!this.#live || this.#now() - this.#begin < PATIENCE_MS) return;
    this.#paint(
      `reading data ${bar(done / total, 20)} ${Math.round((100 * done) / total)} % of ${total.toLocaleString('en')} ${unit}`,
    );
  }

  show(event: TrainEvent): void {
    switch (event.type) {
      case 'start':
        this.#epochs = event.of;
        this.line(
          `${event.run}: ${event.model} (${event.parameters.toLocaleString('en')} parameters) on ${event.data.name}, ${event.data.train.toLocaleString('en')} training and ${event.data.validation.toLocaleString('en')} validation images, ${event.adapter}`,
        );
        break;
      case 'note':
        this.#note(event);
        break;
      case 'step':
        this.#step(event);
        break;
      case 'epoch':
        this.#write(epochLine(event, this.#color));
        break;
      case 'validation':
        this.line(
          `after step ${event.step}  val-loss ${event.val.loss.toFixed(3)}  val-acc ${percent(event.val.acc)}`,
        );
        break;
      default:
        break; // the command itself prints result, error and end
    }
  }

  /** Shows how far an activity is that has no other events. */
  progress(message: string, { done, total }: { readonly done: number; readonly total: number }): void {
    if (this.#live) this.#paint(printable(`${bar(done / total, 20)} ${message}`));
    else if (this.#now() - this.#lastNote >= PLAIN_EVERY_MS) {
      this.#lastNote = this.#now();
      this.line(message);
    }
  }

  /** Ends the progress line. */
  close(): void {
    this.#clear();
  }

  #note({ message, progress }: NoteEvent): void {
    if (progress === undefined) this.line(message);
    else this.progress(message, progress);
  }

  #step(e: StepEvent): void {
    const rate = `${Math.round(e.imgPerS).toLocaleString('en')} img/s`;
    const text = `epoch ${e.epoch}/${this.#epochs} ${e.stepInEpoch}/${e.of}  loss ${e.loss.toFixed(3)}  acc ${percent(e.acc)}  ${rate}  ETA ${duration(e.etaS)}`;
    if (this.#live) this.#paint(`${bar(e.stepInEpoch / e.of, 20)} ${text}`);
    else if (this.#now() - this.#last >= PLAIN_EVERY_MS) this.line(text);
  }

  #paint(text: string): void {
    if (this.options.silent || (this.#painted && this.#now() - this.#last < PAINT_EVERY_MS)) return;
    this.#last = this.#now();
    this.out.write(`\r\x1b[2K${text.slice(0, terminalSize(this.out).cols - 1)}`);
    this.#painted = true;
  }

  /** Prints a line above the progress. It may quote names and contents of files. */
  line(text: string): void {
    this.#write(printable(text));
  }

  /** Prints a line as it is, with its colours. */
  #write(text: string): void {
    if (this.options.silent) return;
    this.#clear();
    this.#last = this.#now();
    this.out.write(`${text}\n`);
  }

  #clear(): void {
    if (this.#painted) this.out.write('\r\x1b[2K');
    this.#painted = false;
  }
}

function epochLine(e: EpochEvent, color: boolean): string {
  const val = e.val === undefined ? '' : `  val-loss ${e.val.loss.toFixed(3)}  val-acc ${percent(e.val.acc)}`;
  const rate = e.imgPerS > 0 ? `${Math.round(e.imgPerS).toLocaleString('en')} img/s` : '— img/s';
  const best = e.best ? (color ? '  \x1b[32mbest\x1b[0m' : '  best') : '';
  const cut = e.steps === undefined ? '' : ` (${counted(e.steps, 'step')})`;
  return `epoch ${e.epoch}/${e.of}${cut}  loss ${e.train.loss.toFixed(3)}  acc ${percent(e.train.acc)}${val}  lr ${Number(e.lr.toPrecision(4)).toExponential()}  ${rate}  ETA ${duration(e.etaS)}${best}`;
}

/** Whether to use colour. The first that is set decides: --color, NO_COLOR, FORCE_COLOR; else: on a capable terminal. */
export function wantsColor(
  choice: 'auto' | 'always' | 'never',
  isTTY: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return isTTY && env['TERM'] !== 'dumb';
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** A duration in words, from seconds; an em dash when it is unknown. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '—';
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function bar(fraction: number, width: number): string {
  const full = Math.round(Math.min(1, fraction) * width);
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}]`;
}
