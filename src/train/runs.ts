import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { atomicWrite } from '../util/atomic_write.js';
import { counted } from '../util/counted.js';
import { RunError } from '../util/errors.js';
import { printable } from '../util/printable.js';
import { readText } from '../util/read_whole.js';
import { clockAfter, trainedSeconds } from './elapsed.js';
import { readLog } from './event_log.js';
import type { Changed, EpochEvent, ResultEvent, TrainEvent } from './events.js';
import { isLocked } from './run_folder.js';

/**
 * The state of a run. `crashed`: the log has no `end` event and no process trains there, so it can be resumed. `damaged`:
 * the log has a line that cannot be read.
 */
export type RunStatus = 'running' | 'finished' | 'stopped' | 'early-stop' | 'failed' | 'crashed' | 'damaged';

/** What the folder of a run says about it. All texts but the path are safe to print. */
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
  /** The latest settings. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What resuming it has changed of its settings, and when (ISO 8601). */
  readonly changes: readonly { readonly t: string; readonly changed: Changed }[];
  /** Epochs that the settings ask for. */
  readonly of: number;
  /** Complete epochs. */
  readonly done: number;
  /** Steps of an epoch that a stop or a limit on steps has cut short; 0 where none is known. */
  readonly stepInEpoch: number;
  /** Each epoch once, in order; of a repeated epoch, the last report. One that was cut short is the last. */
  readonly epochs: readonly EpochEvent[];
  readonly best: { readonly epoch: number; readonly acc: number } | null;
  /** Seconds of training without pauses, as on the Train screen. */
  readonly seconds: number;
  /** Bytes of its buffers on the device at most; null where the log does not tell. */
  readonly peakBytes: number | null;
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
  const sessions = events.filter((event) => event.type === 'start');
  const [start] = sessions;
  const latest = sessions.at(-1);
  const byEpoch = new Map<number, EpochEvent>();
  for (const event of events) if (event.type === 'epoch') byEpoch.set(event.epoch, event);
  const epochs = [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch);
  // The best weights may be those within an epoch that a resumed run has gone on with since.
  const scored = events
    .filter((event) => event.type === 'epoch')
    .filter((event) => event.steps !== undefined || byEpoch.get(event.epoch) === event)
    .map((e) => ({ epoch: e.epoch, acc: e.val?.acc ?? e.train.acc }));
  return {
    name: printable(basename(path)),
    path,
    status: damagedAfter === undefined || isLocked(path) ? statusOf(path, events) : 'damaged',
    begun: start?.t ?? '',
    model: start?.model ?? '?',
    data: start?.data.name ?? '?',
    dataNotes: start?.data.notes ?? [],
    adapter: start?.adapter ?? '?',
    config: latest?.config ?? {},
    changes: sessions.flatMap(({ t, changed }) => (changed === undefined ? [] : [{ t, changed }])),
    of: latest?.of ?? 0,
    done: epochs.filter(({ steps }) => steps === undefined).length,
    stepInEpoch: latestResult(events)?.stepInEpoch ?? 0,
    epochs,
    best: scored.reduce<RunReport['best']>((a, b) => (a === null || b.acc > a.acc ? b : a), null),
    seconds: trainedSeconds({
      seconds: events.reduce(clockAfter, undefined),
      epochs,
      step: events.findLast((event) => event.type === 'step'),
      config: latest?.config,
    }),
    peakBytes: peakBytes(events),
    damagedAfter: damagedAfter ?? null,
    note: readNote(path),
  };
}

function peakBytes(events: readonly TrainEvent[]): number | null {
  const peaks = events.flatMap((event) =>
    (event.type === 'start' || event.type === 'step') && event.memory !== undefined
      ? [event.memory.peakBytes]
      : [],
  );
  return peaks.length === 0 ? null : peaks.reduce((a, b) => Math.max(a, b));
}

/** What the latest session came to, if it has ended. */
function latestResult(events: readonly TrainEvent[]): ResultEvent | undefined {
  const last = events.findLast(({ type }) => type === 'start' || type === 'result');
  return last?.type === 'result' ? last : undefined;
}

type Progress = Pick<RunReport, 'done' | 'of' | 'stepInEpoch'>;

/** What a run has trained, in a table: `7/50`, or `0/50 + 3 steps` where it ended within an epoch. */
export function progressText({ done, of, stepInEpoch }: Progress): string {
  return stepInEpoch === 0 ? `${done}/${of}` : `${done}/${of} + ${counted(stepInEpoch, 'step')}`;
}

/** What a run has trained, in words: `7 of 50 epochs`, or `0 of 50 epochs and 3 steps`. */
export function progressWords({ done, of, stepInEpoch }: Progress): string {
  return `${done} of ${of} epochs${stepInEpoch === 0 ? '' : ` and ${counted(stepInEpoch, 'step')}`}`;
}

/** Where a training ended: `at epoch 7`, `after 3 steps of epoch 1`, or `before the first step`. */
export function endText({
  epochs,
  stepInEpoch = 0,
}: {
  readonly epochs: number;
  readonly stepInEpoch?: number;
}): string {
  if (stepInEpoch > 0) return `after ${counted(stepInEpoch, 'step')} of epoch ${epochs + 1}`;
  return epochs === 0 ? 'before the first step' : `at epoch ${epochs}`;
}

function readNote(path: string): string {
  const file = join(path, NOTE);
  return statSync(file, { throwIfNoEntry: false })?.isFile()
    ? printable(readText(file).trim().replace(/\s+/g, ' '))
    : '';
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
