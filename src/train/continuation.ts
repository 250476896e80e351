import { ShapeError } from '../gpu/errors.js';
import { camelCase } from '../util/camel_case.js';
import { RunError, UsageError } from '../util/errors.js';
import { loadCheckpoint, saveCheckpoint, type TrainerState } from './checkpoint.js';
import { resolveConfig, type TrainConfig } from './config.js';
import type { Changed, TrainEvent } from './events.js';
import type { RunFolder } from './run_folder.js';
import { endText } from './runs.js';
import type { Trainer } from './trainer.js';

// How a run goes on from its last checkpoint, with its own settings or with some of them changed.

/** Other values of settings of a resumed run, by option name. `epochs` and `max-steps` count from the beginning of the run. */
export type RunChanges = Readonly<Partial<Record<'epochs' | 'max-steps' | 'lr', number>>> & {
  /** Whether it may go on with data that have changed since; only for this session. */
  readonly allowChangedData?: boolean;
};

/** The settings that a resumed run may change. */
export const CHANGEABLE = ['epochs', 'max-steps', 'lr'] as const;
type ChangeableName = (typeof CHANGEABLE)[number];

/**
 * The settings with which a run goes on.
 * Throws UsageError for a value that is out of range, and when changes leave the run nothing to train.
 */
export function continued(
  folder: RunFolder,
  { allowChangedData: _, ...changes }: RunChanges,
): { config: TrainConfig; changed: Changed } {
  const before = folder.readSettings();
  const config = resolveConfig({ ...before, ...namedAsInFiles(changes) });
  const changed: Record<string, { from: number | undefined; to: number }> = {};
  for (const name of CHANGEABLE) {
    const [key, to] = [camelCase(name) as keyof TrainConfig, changes[name]];
    const from = before[key] as number | undefined;
    if (to !== undefined && to !== from) changed[name] = { from, to };
  }
  if (Object.keys(changes).length > 0 && folder.hasCheckpoint) requireWork(folder, config);
  return { config, changed };
}

function namedAsInFiles(changes: Readonly<Partial<Record<ChangeableName, number>>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(changes).map(([name, value]) => [camelCase(name), value]));
}

/** Throws UsageError when a run has trained already what the settings ask for. */
function requireWork({ path, checkpoint }: RunFolder, { epochs, maxSteps }: TrainConfig): void {
  const { learner, trainer } = loadCheckpoint(checkpoint);
  if (trainer.epoch >= epochs) {
    throw new UsageError(
      `epochs = ${epochs}: ${path} has trained ${trainer.epoch} already; expected more, counted from the beginning of the run`,
    );
  }
  if (learner.stepCount >= (maxSteps ?? Number.POSITIVE_INFINITY)) {
    throw new UsageError(
      `max-steps = ${maxSteps}: ${path} has taken ${learner.stepCount} steps already; expected more, counted from the beginning of the run`,
    );
  }
}

/** What a session has changed, for people: `epochs 1 -> 3, lr 0.001 -> 0.0005`. */
export function changedText(changed: Changed): string {
  return Object.entries(changed)
    .map(([name, { from, to }]) => `${name} ${from ?? 'not set'} -> ${to}`)
    .join(', ');
}

/**
 * Restores the last checkpoint of a run. Changes become part of the checkpoint at once, so that a crash before the next one
 * does not lose them. Throws RunError.
 */
export function restoreCheckpoint(
  { path, checkpoint }: RunFolder,
  trainer: Trainer,
  changed: Changed,
  emit: (event: TrainEvent) => void,
): void {
  const { learner, trainer: saved } = loadCheckpoint(checkpoint);
  try {
    trainer.learner.writeState(learner);
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause;
    throw new RunError(
      `${checkpoint}: belongs to other settings than those in ${path}/config.json (${cause.message}); restore that file, or begin a new run`,
      { cause },
    );
  }
  const state = Object.keys(changed).length > 0 ? withChanges(saved, changed) : saved;
  if (state !== saved) saveCheckpoint(checkpoint, learner, state);
  trainer.restore(state);
  const { stepCount: step } = learner;
  const ended = endText({ epochs: state.epoch, stepInEpoch: state.index });
  const message = trainer.finished
    ? `the run is complete: it has ended ${ended}; --${trainer.outOfSteps ? 'max-steps' : 'epochs'} N extends it`
    : `resumed at step ${step}, epoch ${state.epoch + 1}`;
  emit({ type: 'note', kind: 'resume', message, step, elapsedS: state.seconds });
}

/**
 * The state of a run that goes on with changes. Callbacks go on counting; early stopping that had ended the run keeps its best value
 * and begins its patience anew, or it would end the run again after one epoch.
 */
function withChanges(state: TrainerState, { lr }: Changed): TrainerState {
  const { earlyStopping, ...callbacks } = state.callbacks;
  const stopping = earlyStopping as { readonly stopped: boolean } | undefined;
  return {
    ...state,
    early: false,
    rate: lr === undefined ? state.rate : lr.to,
    callbacks: {
      ...callbacks,
      ...(stopping !== undefined && {
        earlyStopping: { ...stopping, ...(stopping.stopped && { wait: 0, stopped: false }) },
      }),
    },
  };
}
