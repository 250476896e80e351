import { setTimeout as wait } from 'node:timers/promises';
import type { TrainEvent } from '../train/events.js';
import type { Hooks } from '../train/session.js';
import type { TrialOrder } from './run_trial.js';
import type { Advisers, Study, TakenStep } from './study.js';
import type { TrialRecord } from './trial.js';

/** Trains one step of a trial; `TrialWorker` does, in a process of its own. */
export interface TrialRunner {
  run(order: TrialOrder, hooks: Omit<Hooks, 'until' | 'place'>): Promise<TrialRecord>;
}

/** Receives the progress of a study, and controls it. */
export interface StudyHooks extends Omit<Hooks, 'until' | 'place' | 'emit'> {
  /** Receives the events of the run of a step. Several steps may be in progress. */
  emit(event: TrainEvent, order: TrialOrder): void;
  /** Called when a step of a trial begins. */
  onBegin(order: TrialOrder): void;
  /** Called when it has ended: the trial is paused, complete or has failed, or was interrupted (`running`). */
  onEnd(record: TrialRecord): void;
}

/** Milliseconds between two checks of what other processes have done. */
const POLL_MS = 250;

/**
 * Works on a study, together with any other process that does, until there is nothing more to do or `control` stops it.
 * Throws what `runTrial` throws.
 */
export async function runStudy(
  study: Study,
  advisers: Advisers,
  runner: TrialRunner,
  hooks: StudyHooks,
): Promise<void> {
  while (hooks.control.stopped === undefined) {
    const step = await study.take(advisers);
    if (step === undefined) return;
    if (step === 'wait') await wait(POLL_MS);
    else await runStep(step, runner, hooks);
  }
}

/** Runs a step that was taken, and records it. Throws what `runTrial` throws; the trial can then be taken again. */
export async function runStep(step: TakenStep, runner: TrialRunner, hooks: StudyHooks): Promise<TrialRecord> {
  hooks.onBegin(step.order);
  let record: TrialRecord;
  try {
    record = await runner.run(step.order, { ...hooks, emit: (event) => hooks.emit(event, step.order) });
  } catch (error) {
    step.giveBack();
    throw error;
  }
  await step.finish(record);
  hooks.onEnd(record);
  return record;
}
