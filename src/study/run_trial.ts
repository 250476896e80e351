import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { improves, type Monitor } from '../train/callbacks/monitor.js';
import { loadCheckpoint } from '../train/checkpoint.js';
import { resolveConfig } from '../train/config.js';
import { StoppedError } from '../train/control.js';
import type { EpochEvent } from '../train/events.js';
import { classMetrics, macroF1 } from '../train/metrics.js';
import { findRun } from '../train/runs.js';
import { type Hooks, resumeTraining, runTraining, type TrainResult } from '../train/session.js';
import { EXIT, FerError, RunError } from '../util/errors.js';
import type { TrialRecord, Values } from './trial.js';

/** What to train for one step of a trial. Plain data: it can be sent to another process or machine. */
export interface TrialOrder {
  /** The number of the trial. */
  readonly number: number;
  readonly values: Values;
  /** The settings that all trials share, by option name, `epochs` and `seed` among them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Path of the run folder. If there is a run, it is resumed from its checkpoint. */
  readonly run: string;
  /** Train until the run has this many epochs. */
  readonly until: number;
  readonly objective: Monitor;
}

/** The errors that are caused by the settings of a trial. Any other error would stop all trials. */
const FAILURES: readonly number[] = [EXIT.usage, EXIT.diverged, EXIT.device, EXIT.bug];

/**
 * Runs one step of a trial: begins or resumes its run, and trains until it has so many epochs.
 * @param hooks `emit` receives the events of the run; a stop of `control` leaves a checkpoint, and a record that is `running`
 * @returns the record after the step. A training that diverges or runs out of memory gives one that is `failed`. Throws
 * DataError, NoGpuError, and RunError when the folder cannot be used: errors that other trials would meet too.
 */
export async function runTrial(
  order: TrialOrder,
  hooks: Omit<Hooks, 'until' | 'takesCommands'>,
): Promise<TrialRecord> {
  const { until, settings, values } = order;
  const whole = Number(values['epochs'] ?? settings['epochs']);
  try {
    const { status, epochs, seconds } = await train(order, { ...hooks, until, takesCommands: 'harmless' });
    // A trial that was interrupted after its last epoch is complete as well: no pruner would continue it.
    const over = epochs >= until && until < whole;
    const state = status !== 'stopped' ? 'complete' : over ? 'paused' : 'running';
    return { ...recordOf(order), state, seconds };
  } catch (error) {
    if (error instanceof StoppedError) return recordOf(order);
    if (error instanceof FerError && !FAILURES.includes(error.exitCode)) throw error;
    const exit = error instanceof FerError ? error.exitCode : EXIT.bug;
    return failedTrial(order, error instanceof Error ? error.message : String(error), exit);
  }
}

/** The record of a trial that cannot go on. Its curve is that of its run so far. @param exit one of EXIT */
export function failedTrial(order: TrialOrder, error: string, exit: number): TrialRecord {
  return { ...recordOf(order), state: 'failed', error, exit };
}

function train({ settings, values, run }: TrialOrder, hooks: Hooks): Promise<TrainResult> {
  if (canResume(run)) return resumeTraining(run, hooks);
  // The run was killed before it began, or its checkpoint is damaged. From the start, it ends in the same result.
  rmSync(run, { recursive: true, force: true });
  return runTraining(resolveConfig({ ...settings, ...values, out: run }), hooks);
}

/** Whether a run has settings and no damaged checkpoint. */
function canResume(run: string): boolean {
  if (!existsSync(join(run, 'config.json'))) return false;
  const checkpoint = join(run, 'checkpoint.safetensors');
  if (!existsSync(checkpoint)) return true; // it ended before its first epoch, or is complete
  try {
    loadCheckpoint(checkpoint);
    return true;
  } catch (error) {
    if (error instanceof RunError) return false;
    throw error;
  }
}

/** The record of a trial from its run folder, in the state `running`. */
export function recordOf({ number, values, run, until, objective }: TrialOrder): TrialRecord {
  const begun = { number, values, run, until, epochs: 0, metric: null, curve: [], seconds: 0 };
  return liveTrial({ ...begun, state: 'running' }, objective);
}

/** The record of a trial, brought up to date with what its run folder holds: all complete epochs. */
export function liveTrial(record: TrialRecord, objective: Monitor): TrialRecord {
  if (!existsSync(join(record.run, 'events.ndjson'))) return record;
  const { epochs, seconds } = findRun(record.run);
  const curve = epochs.map((epoch) => objectiveOf(epoch, objective));
  return { ...record, seconds, curve, epochs: epochs.length, metric: bestOf(curve, objective) };
}

/** The best number of a curve; null if there is none. */
export function bestOf(curve: readonly number[], objective: Monitor): number | null {
  const better = (value: number, best: number | null): boolean =>
    improves(value, best, { monitor: objective, mode: 'auto' });
  return curve.reduce<number | null>((best, value) => (better(value, best) ? value : best), null);
}

/** A number of an epoch; NaN if it has none. */
function objectiveOf({ train, val }: EpochEvent, objective: Monitor): number {
  switch (objective) {
    case 'loss':
      return train.loss;
    case 'acc':
      return train.acc;
    case 'val_loss':
      return val?.loss ?? Number.NaN;
    case 'val_acc':
      return val?.acc ?? Number.NaN;
    case 'val_macro_f1': {
      if (val?.confusion === undefined) return Number.NaN;
      return macroF1(classMetrics(val.confusion, val.recall.map(String)));
    }
  }
}
