import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { atomicWrite } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import type { EpochEvent, TrainEvent } from './events.js';
import { isLocked, readLog } from './run_folder.js';

/**
 * What became of a run. A crashed one has no end in its log, and can be resumed; a damaged log has a line that cannot
 * be read.
 */
export type RunStatus = 'running' | 'finished' | 'stopped' | 'early-stop' | 'failed' | 'crashed' | 'damaged';

/** A run as its folder tells it. */
export interface RunReport {
  readonly name: string;
  readonly path: string;
  readonly status: RunStatus;
  /** ISO 8601. */
  readonly begun: string;
  readonly model: string;
  readonly data: string;
  readonly adapter: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Epochs asked for. */
  readonly of: number;
  /** Each epoch once, in order, as it was last run. */
  readonly epochs: readonly EpochEvent[];
  readonly best: { readonly epoch: number; readonly acc: number } | null;
  /** Of all epochs together. */
  readonly seconds: number;
  /** Lines of the log before the first that cannot be read, if there is one; the report is of these. */
  readonly damagedAfter: number | null;
  /** What someone wrote about it; may be empty. */
  readonly note: string;
}

const NOTE = 'note.txt';

/** All runs under a folder, the latest first; folders that hold no run are left out. */
export function listRuns(parent = 'runs'): RunReport[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(parent, entry.name, 'events.ndjson')))
    .map((entry) => readRun(join(parent, entry.name)))
    .sort((a, b) => (a.begun < b.begun ? 1 : -1));
}

/** A run by its folder or, under `runs/`, by its name. Throws RunError that lists what there is. */
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

/** Keeps a note in a run's folder; an empty one is taken away. Throws RunError. */
export function writeNote(path: string, note: string): void {
  const file = join(path, NOTE);
  if (note.trim() === '') rmSync(file, { force: true });
  else atomicWrite(file, `${note.trim()}\n`);
}

/** Deletes a run with everything in its folder. Throws RunError when it is going on. */
export function deleteRun({ name, path }: Pick<RunReport, 'name' | 'path'>): void {
  if (isLocked(path)) throw new RunError(`run ${name} is going on; stop it before you delete it`);
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

/** A run's history as CSV, one line an epoch: what `history.history` holds in Keras. */
export function historyCsv({ epochs }: RunReport): string {
  const head = 'epoch,loss,acc,val_loss,val_acc,lr,img_per_s,seconds';
  const rows = epochs.map(({ epoch, train, val, lr, imgPerS, seconds }) =>
    [epoch, train.loss, train.acc, val?.loss ?? '', val?.acc ?? '', lr, imgPerS, seconds].join(','),
  );
  return `${[head, ...rows].join('\n')}\n`;
}

/** Settings in which runs differ: name -> value of each. */
export function differingSettings(runs: readonly RunReport[]): Map<string, string[]> {
  const names = new Set(runs.flatMap(({ config }) => Object.keys(config)));
  names.delete('out');
  const rows = [...names].map((name): [string, string[]] => [
    name,
    runs.map(({ config }) => String(config[name] ?? '')),
  ]);
  return new Map(rows.filter(([, values]) => new Set(values).size > 1));
}
