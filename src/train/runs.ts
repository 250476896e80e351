import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { atomicWrite } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import type { EpochEvent, TrainEvent } from './events.js';
import { isLocked, readLog } from './run_folder.js';

/**
 * The state of a run. `crashed`: the log has no `end` event and no process trains there, so it can be resumed. `damaged`:
 * the log has a line that cannot be read.
 */
export type RunStatus = 'running' | 'finished' | 'stopped' | 'early-stop' | 'failed' | 'crashed' | 'damaged';

/** What the folder of a run says about it. */
export interface RunReport {
  readonly name: string;
  readonly path: string;
  readonly status: RunStatus;
  /** ISO 8601. */
  readonly begun: string;
  readonly model: string;
  readonly data: string;
  /** What was left out or changed while reading the data, a sentence each. */
  readonly dataNotes: readonly string[];
  readonly adapter: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Epochs that the settings ask for. */
  readonly of: number;
  /** Each epoch once, in order; of a repeated epoch, the last report. */
  readonly epochs: readonly EpochEvent[];
  readonly best: { readonly epoch: number; readonly acc: number } | null;
  /** Seconds of all epochs. */
  readonly seconds: number;
  /** If the log is damaged, the number of lines before the first bad one. Only those count here. */
  readonly damagedAfter: number | null;
  /** The user's note; may be empty. */
  readonly note: string;
}

const NOTE = 'note.txt';

/** All runs in a folder, the latest first. Subfolders without a run are left out. */
export function listRuns(parent = 'runs'): RunReport[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(parent, entry.name, 'events.ndjson')))
    .map((entry) => readRun(join(parent, entry.name)))
    .sort((a, b) => (a.begun < b.begun ? 1 : -1));
}

/** Finds a run by its path, or by its name in `parent`. Throws RunError that lists the runs there are. */
export function findRun(name: string, parent = 'runs'): RunReport {
  const path = [name, join(parent, name)].find((folder) => existsSync(join(folder, 'events.ndjson')));
  if (path !== undefined) return readRun(path);
  const names = listRuns(parent).map((run) => run.name);
  const known = names.length > 0 ? `there are: ${names.join(', ')}` : `there are none in ${parent}/ yet`;
  throw new RunError(`no run "${name}"; ${known}`);
}

function readRun(path: string): RunReport {
  const { events, damagedAfter } = readLog(join(path, 'events.ndjson'));
  const start = events.find((event) => event.type === 'start');
  const byEpoch = new Map<number, EpochEvent>();
  for (const event of events) if (event.type === 'epoch') byEpoch.set(event.epoch, event);
  const epochs = [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch);
  const scored = epochs.map((e) => ({ epoch: e.epoch, acc: e.val?.acc ?? e.train.acc }));
  return {
    name: basename(path),
    path,
    status: damagedAfter === undefined || isLocked(path) ? statusOf(path, events) : 'damaged',
    begun: start?.t ?? '',
    model: start?.model ?? '?',
    data: start?.data.name ?? '?',
    dataNotes: start?.data.notes ?? [],
    adapter: start?.adapter ?? '?',
    config: start?.config ?? {},
    of: start?.of ?? 0,
    epochs,
    best: scored.reduce<RunReport['best']>((a, b) => (a === null || b.acc > a.acc ? b : a), null),
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
    damagedAfter: damagedAfter ?? null,
    note: readNote(path),
  };
}

function readNote(path: string): string {
  const file = join(path, NOTE);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** Writes the user's note into a run's folder; an empty text removes it. Throws RunError. */
export function writeNote(path: string, note: string): void {
  const file = join(path, NOTE);
  if (note.trim() === '') rmSync(file, { force: true });
  else atomicWrite(file, `${note.trim()}\n`);
}

/** Deletes a run with its folder. Throws RunError while a process trains there. */
export function deleteRun({ name, path }: Pick<RunReport, 'name' | 'path'>): void {
  if (isLocked(path))
    throw new RunError(`run ${name}: a process is training there; stop it before you delete the run`);
  try {
    rmSync(path, { recursive: true });
  } catch (cause) {
    throw new RunError(`run ${name}: cannot be deleted (${String(cause)})`, { cause });
  }
}

function statusOf(path: string, events: readonly TrainEvent[]): RunStatus {
  if (isLocked(path)) return 'running';
  const last = events.findLast((event) => event.type === 'end' || event.type === 'start');
  return last?.type === 'end' ? last.status : 'crashed';
}

/** The history of a run as CSV, one line for each epoch: what `history.history` holds in Keras. */
export function historyCsv({ epochs }: RunReport): string {
  const head = 'epoch,loss,acc,val_loss,val_acc,lr,img_per_s,seconds';
  const rows = epochs.map(({ epoch, train, val, lr, imgPerS, seconds }) =>
    [epoch, train.loss, train.acc, val?.loss ?? '', val?.acc ?? '', lr, imgPerS, seconds].join(','),
  );
  return `${[head, ...rows].join('\n')}\n`;
}

/** The settings in which runs differ, by name, with the value of each run. */
export function differingSettings(runs: readonly RunReport[]): Map<string, string[]> {
  const names = new Set(runs.flatMap(({ config }) => Object.keys(config)));
  names.delete('out');
  const rows = [...names].map((name): [string, string[]] => [
    name,
    runs.map(({ config }) => String(config[name] ?? '')),
  ]);
  return new Map(rows.filter(([, values]) => new Set(values).size > 1));
}
