import { statSync } from 'node:fs';
import { isSystemError, RunError } from '../util/errors.js';
import { printableTexts } from '../util/printable.js';
import { readText } from '../util/read_whole.js';
import type { TrainEvent } from './events.js';

/** Reads the log of a run, `events.ndjson`: one event a line. Its texts, which anybody may have written, are made safe to print. */

/**
 * Reads a log. An incomplete last line is ignored, because a crash may leave one. Throws RunError on any other line that is
 * no event.
 */
export function readEvents(path: string): TrainEvent[] {
  const { events, damagedAfter } = readLog(path);
  if (damagedAfter === undefined) return events;
  throw new RunError(`${path}:${damagedAfter + 1}: not an event of a run; the log is damaged`);
}

/**
 * Reads a log up to its first bad line. `damagedAfter` counts the good lines before it; undefined: all are good. One that cannot
 * be read, or is a folder or a pipe, has no good lines.
 */
export function readLog(path: string): { events: TrainEvent[]; damagedAfter: number | undefined } {
  const text = textOf(path);
  if (text === undefined) return { events: [], damagedAfter: 0 };
  const lines = text.split('\n');
  // The text after the last line break is empty, or an incomplete line that a crash left.
  const rest = lines.pop() ?? '';
  const events: TrainEvent[] = [];
  for (const line of lines) {
    const event = parseEvent(line);
    if (event === undefined) return { events, damagedAfter: events.length };
    events.push(event);
  }
  const last = parseEvent(rest);
  if (last !== undefined) events.push(last);
  return { events, damagedAfter: undefined };
}

/** The text of a file; undefined where it cannot be read. Throws Node's error where there is none. */
function textOf(path: string): string | undefined {
  if (!statSync(path).isFile()) return undefined;
  try {
    return readText(path);
  } catch (error) {
    if (isSystemError(error)) return undefined; // of another user, or on a damaged disk
    throw error;
  }
}

/** What a part of an event is. `score`: numbers of a training or validation; the loss is null where it was no number. */
type Kind = 'text' | 'number' | 'whole' | 'object' | 'score' | 'validation' | 'status';

/** The parts that every version of the program writes, and that readers of a log rely on. */
const PARTS: Readonly<Record<TrainEvent['type'], Readonly<Record<string, Kind>>>> = {
  start: { t: 'text', model: 'text', adapter: 'text', of: 'whole', config: 'object', 'data.name': 'text' },
  step: { step: 'whole', epoch: 'whole', acc: 'number', lr: 'number' },
  epoch: { epoch: 'whole', lr: 'number', seconds: 'number', train: 'score' },
  validation: { epoch: 'whole', val: 'validation' },
  note: { kind: 'text', message: 'text' },
  result: { epochs: 'whole', steps: 'whole', seconds: 'number' },
  error: { message: 'text' },
  end: { status: 'status' },
};

const ENDS: readonly unknown[] = ['finished', 'stopped', 'early-stop', 'failed'];

const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  whole: (value) => Number.isInteger(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  score: (value) => IS.object(value) && isScore(value as Score),
  validation: (value) => IS.score(value) && isNumbers((value as { recall?: unknown }).recall),
  status: (value) => ENDS.includes(value),
};

/** The event of a line of a log; undefined where it is none. */
export function parseEvent(line: string): TrainEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    // Lines without escapes and beyond ASCII, which most are, have nothing to escape.
    const safe = /^[\x20-\x5b\x5d-\x7e]*$/.test(line);
    const event = (safe ? value : printableTexts(value)) as { readonly type?: unknown } | null;
    // In logs of earlier versions, notes have the type `event`.
    return whole((event?.type === 'event' ? { ...event, type: 'note' } : event) as TrainEvent);
  } catch {
    return undefined;
  }
}

/** The event, if it has the parts that readers rely on. */
function whole(event: TrainEvent): TrainEvent | undefined {
  if (!Object.hasOwn(PARTS, event?.type)) return undefined;
  const complete = Object.entries(PARTS[event.type]).every(([part, kind]) => IS[kind](partOf(event, part)));
  if (!complete) return undefined;
  if (event.type !== 'epoch') return event;
  const { train, val } = event;
  if (val !== undefined && !IS.validation(val)) return undefined;
  return { ...event, train: withNaN(train), ...(val && { val: withNaN(val) }) };
}

/** A part of an event by its path, such as `data.name`. */
const partOf = (event: object, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], event);

interface Score {
  readonly loss: number | null;
  readonly acc: number;
}

const isScore = ({ loss, acc }: Score): boolean =>
  typeof acc === 'number' && (typeof loss === 'number' || loss === null);

/** The recall of a class without images is no number, which JSON writes as null. */
const isNumbers = (list: unknown): boolean =>
  Array.isArray(list) && list.every((value) => typeof value === 'number' || value === null);

/** JSON writes a loss that is no number as null. */
function withNaN<S extends Score>(score: S): S {
  return { ...score, loss: score.loss ?? Number.NaN };
}
