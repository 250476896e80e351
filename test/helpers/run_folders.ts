import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainEvent } from '../../src/train/events.js';
import { fakeEnd, fakeEvents } from './events.js';

/** A folder for runs that nobody else uses. */
export const runsFolder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-runs-'));

export interface RunFiles {
  readonly events?: readonly TrainEvent[];
  /** What stands behind the events in the log. */
  readonly rest?: string;
  /** Other files by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes the folder of a run; default: a finished one without weights. Returns its path. */
export function writeRun(
  parent: string,
  name: string,
  { events = [...fakeEvents(), ...fakeEnd()], rest = '', files = {} }: RunFiles = {},
): string {
  const path = join(parent, name);
  mkdirSync(path);
  const log = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  for (const [file, text] of Object.entries({ 'events.ndjson': log + rest, ...files })) {
    writeFileSync(join(path, file), text);
  }
  return path;
}
