import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { writeError } from '../util/atomic_write.js';
import { counted } from '../util/counted.js';
import { RunError } from '../util/errors.js';
import { isMapping } from '../util/foreign.js';
import { namesIn } from '../util/names_in.js';
import { printableTexts } from '../util/printable.js';
import { requireFile } from '../util/read_whole.js';
import { TRIAL_STATES, type TrialRecord } from './trial.js';

const NEWLINE = 10;

/**
 * The records of a study on disk: `trials.ndjson`, one JSON object per line. Lines are only appended; the last line of a trial
 * counts. An incomplete line, which a crash has left, is ignored. Texts are made safe to print.
 */
export class Journal {
  readonly #path: string;
  readonly #records = new Map<number, TrialRecord>();
  #damaged = 0;
  /** Bytes that have been read: complete lines. */
  #read = 0;

  /** @param study the study's folder; the paths of run folders are stored relative to it */
  constructor(private readonly study: string) {
    this.#path = join(study, 'trials.ndjson');
  }

  /** Throws RunError if the file is missing although trials were trained: all of them would be trained again. */
  requireList(): void {
    if (existsSync(this.#path)) return;
    const trials = join(this.study, 'trials');
    const runs = namesIn(trials).filter((name) => /^t\d+$/.test(name));
    if (runs.length === 0 || existsSync(this.#path)) return; // or another process has just begun the first
    throw new RunError(
      `${this.#path}: it is missing, with the results of ${counted(runs.length, 'trial')}; restore it from a copy, or remove ${trials} to train all trials again`,
    );
  }

  /** The last record of each trial, by number. Throws RunError as `requireList` does. */
  read(): TrialRecord[] {
    if (existsSync(this.#path)) this.#readOn();
    else this.requireList();
    return [...this.#records.values()].sort((a, b) => a.number - b.number);
  }

  /** Number of complete lines so far that are not records, because the file was edited or damaged. `read` leaves them out. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Appends a record, and flushes it to the disk. Only one process at a time may append. Throws RunError. */
  append(record: TrialRecord): void {
    try {
      const file = openSync(this.#path, 'a+');
      try {
        const line = `${JSON.stringify({ ...record, run: relative(this.study, record.run) })}\n`;
        writeSync(file, endsInLine(file) ? line : `\n${line}`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      throw writeError(this.#path, cause).inside(this.study);
    }
  }

  #readOn(): void {
    requireFile(this.#path);
    const file = openSync(this.#path, 'r');
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#read));
      const length = readSync(file, bytes, 0, bytes.length, this.#read);
      const end = bytes.lastIndexOf(NEWLINE, length - 1) + 1;
      this.#read += end;
      for (const line of bytes.toString('utf8', 0, end).split('\n')) {
        if (line === '') continue;
        const record = this.#parse(line);
        if (record === undefined) this.#damaged++;
        else this.#records.set(record.number, record);
      }
    } finally {
      closeSync(file);
    }
  }

  #parse(line: string): TrialRecord | undefined {
    try {
      const record: unknown = JSON.parse(line);
      if (!isRecord(record)) return undefined;
      // JSON writes NaN as null.
      const curve = record.curve.map((value: number | null) => value ?? Number.NaN);
      return { ...(printableTexts(record) as TrialRecord), curve, run: join(this.study, record.run) };
    } catch {
      return undefined;
    }
  }
}

/** Whether a value has the fields of a record, which `append` has written. */
function isRecord(value: unknown): value is TrialRecord {
  if (!isMapping(value)) return false;
  const { number, values, epochs, until, state, metric, curve, seconds, run } = value;
  const isNumber = (one: unknown): boolean => typeof one === 'number';
  return (
    Number.isInteger(number) &&
    [epochs, until, seconds].every(isNumber) &&
    TRIAL_STATES.some((one) => one === state) &&
    (metric === null || isNumber(metric)) &&
    Array.isArray(curve) &&
    curve.every((one) => one === null || isNumber(one)) &&
    isMapping(values) &&
    typeof run === 'string' &&
    !normalize(run).startsWith('..')
  );
}

/** Whether a file is empty, or ends with a line break. */
function endsInLine(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last[0] === NEWLINE);
}
