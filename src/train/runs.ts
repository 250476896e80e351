import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RunError } from '../util/errors.js';
import type { EpochEvent, TrainEvent } from './events.js';
import { isLocked, readEvents } from './run_folder.js';

/** What became of a run. A crashed one has no end in its log, and can be resumed. */
export type RunStatus = 'running' | 'finished' | 'stopped' | 'early-stop' | 'failed' | 'crashed';

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
}

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
  const events = readEvents(join(path, 'events.ndjson'));
  const start = events.find((event) => event.type === 'start');
  const byEpoch = new Map<number, EpochEvent>();
  for (const event of events) if (event.type === 'epoch') byEpoch.set(event.epoch, event);
  const epochs = [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch);
  const scored = epochs.map((e) => ({ epoch: e.epoch, acc: e.val?.acc ?? e.train.acc }));
  return {
    name: basename(path),
    path,
    status: statusOf(path, events),
    begun: start?.t ?? '',
    model: start?.model ?? '?',
    data: start?.data.name ?? '?',
    adapter: start?.adapter ?? '?',
    config: start?.config ?? {},
    of: start?.of ?? 0,
    epochs,
    best: scored.reduce<RunReport['best']>((a, b) => (a === null || b.acc > a.acc ? b : a), null),
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
  };
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
