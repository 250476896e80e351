import { dirname } from 'node:path';
import type { RunChanges } from '../train/continuation.js';
import { OPTIONS } from '../train/options.js';
import { isLocked } from '../train/run_folder.js';
import type { RunReport } from '../train/runs.js';
import { EXIT } from '../util/errors.js';
import type { AppState } from './app_state.js';
import { settingsIn } from './form.js';
import {
  applyEvent,
  beginRun,
  followedRun,
  grown,
  isActive,
  loseRun,
  progressOf,
  type RunState,
  readRunState,
  reopened,
} from './run_state.js';
import type { Actions } from './screen_module.js';
import { withSettings } from './workspace.js';

/** Connects the engine with the state: applies the engine's messages to the run, and sends it commands. */

const MOST_EPOCHS = OPTIONS.epochs.range[1];

/** The part of a screen's actions that these functions need. */
export type AppActions = Pick<
  Actions<unknown>,
  'app' | 'engine' | 'setApp' | 'note' | 'go' | 'ask' | 'prompt'
>;

/** Keeps `app.run` up to date with the engine's messages. Returns a function that stops this. */
export function follow(act: AppActions): () => void {
  return act.engine.listen((news) => {
    const { run } = act.app;
    const now = Date.now();
    switch (news.type) {
      case 'train': {
        const next = applyEvent(run?.live ? run : beginRun(now), news.event, now);
        const newest = next.events.at(-1);
        const isNew = newest !== undefined && newest !== run?.events.at(-1);
        act.setApp({ run: next, ...(isNew && { note: { text: newest.text, kind: newest.kind } }) });
        if (news.event.type === 'end' && hasDiverged(next)) askAfterDivergence(act, next);
        break;
      }
      case 'loading':
        if (run !== undefined) {
          const { done, total, unit } = news;
          const progress = progressOf(
            run.progress,
            { text: `reading ${unit}`, kind: 'data', done, total },
            now,
          );
          act.setApp({ run: { ...run, heard: now, progress } });
        }
        break;
      case 'heartbeat':
        if (isActive(run)) act.setApp({ run: { ...run, heard: now, load: news.load } });
        break;
      case 'exit':
        if (isActive(run)) lose(act, run, news.signal ?? `exit code ${news.code}`);
        break;
    }
  });
}

/** The run's process has ended: says what happened and offers to resume the run. */
function lose(act: AppActions, run: RunState, how: string): void {
  const lost = loseRun(run, how, Date.now());
  const text = run.killed
    ? 'killed: R resumes the run from its last checkpoint'
    : `the engine ended: ${how} · log: ${act.engine.log}`;
  act.setApp({ run: lost, note: { text, kind: run.killed ? 'info' : 'bad' } });
  const path = run.start?.path;
  if (path === undefined || run.killed) return;
  act.ask({
    title: 'the engine ended',
    lines: [
      `It ended with ${how} while training. The last checkpoint is intact; the engine's log: ${act.engine.log}`,
      `Resuming starts a new engine, which continues from the last checkpoint of ${run.start?.run}.`,
    ],
    choices: [{ key: 'R', label: 'resume', run: () => resumeRun(act, path) }],
  });
}

/** Whether a run ended because its loss was no longer a number. */
export function hasDiverged({ end }: RunState): boolean {
  return end?.exit === EXIT.diverged;
}

/** Offers to resume from before the divergence, with a tenth of the learning rate. Checkpoints hold finite numbers only. */
export function askAfterDivergence(act: AppActions, run: RunState): void {
  const { start, rate, error } = run;
  if (start === undefined) return;
  const lr = Number(((rate ?? Number(start.config['lr'])) / 10).toPrecision(3));
  act.ask({
    title: 'training diverged',
    lines: [
      error?.message ?? 'The loss is no longer a number.',
      `${start.run} can continue from its last checkpoint, which was saved before the divergence (without a checkpoint, from the start).`,
    ],
    choices: [
      {
        key: 'R',
        label: `resume with a learning rate of ${lr}`,
        run: () => resumeRun(act, start.path, { lr }),
      },
    ],
  });
}

/** Begins a run with these settings and shows it. */
export function startRun(act: AppActions, settings: Readonly<Record<string, unknown>>): void {
  if (isActive(act.app.run)) {
    act.note('a training is in progress: stop it with x', 'bad');
    return;
  }
  const { workspace } = act.app;
  act.setApp({
    run: beginRun(Date.now()),
    note: undefined,
    workspace: withSettings(workspace, settingsIn(settings)),
  });
  act.engine.send({ type: 'train', settings });
  act.go('train');
}

/**
 * Shows the run in a folder on Train, read from its log; one that another process trains is followed. While a training is active
 * here, Train shows only that one.
 */
export function showRun(act: AppActions, path: string): void {
  const { run } = act.app;
  if (isActive(run)) {
    if (run.start?.path === path) act.go('train');
    else act.note('a training is active: Train shows that one', 'bad');
    return;
  }
  try {
    const going = isLocked(path);
    act.setApp({ run: going ? followedRun(path) : readRunState(path), screens: withoutForm(act.app) });
    if (going) act.note('another process trains this run: keys steer it, q leaves it');
  } catch (error) {
    act.note(error instanceof Error ? error.message : String(error), 'bad');
    return;
  }
  act.go('train');
}

/** The states of the screens, with the form on Train closed, so that Train shows the run. */
function withoutForm({ screens }: AppState): AppState['screens'] {
  return { ...screens, train: { ...screens.train, form: false } };
}

/** Reads what was appended to the log of the followed run, if there is one. */
export function readOn(act: AppActions): void {
  const { run } = act.app;
  if (run?.tail === undefined) return;
  // The lock is checked before the log is read, so that everything a process wrote before it ended is read.
  const next = grown(run, isLocked(dirname(run.tail.path)), Date.now());
  if (next === run) return;
  const newest = next.events.at(-1);
  const isNew = newest !== undefined && newest !== run.events.at(-1);
  act.setApp({ run: next, ...(isNew && { note: { text: newest.text, kind: newest.kind } }) });
}

/** Resumes the run in a folder, with changed settings if there are any, and shows it. */
export function resumeRun(act: AppActions, path: string, changes: RunChanges = {}): void {
  if (isActive(act.app.run)) {
    act.note('a training is in progress: stop it with x first', 'bad');
    return;
  }
  try {
    const run = reopened(readRunState(path), Date.now());
    act.setApp({
      run: { ...run, rate: changes.lr ?? run.rate },
      note: undefined,
      screens: withoutForm(act.app),
    });
  } catch (error) {
    act.note(error instanceof Error ? error.message : String(error), 'bad');
    return;
  }
  act.engine.send({ type: 'resume', path, changes });
  act.go('train');
}

/**
 * Asks to how many epochs to extend a run that has ended. @param done number of its complete epochs @param of number of epochs in
 * its settings
 */
export function askForMore(
  act: AppActions,
  { name, path, done, of }: Pick<RunReport, 'name' | 'path' | 'done' | 'of'>,
): void {
  act.prompt({
    title: `new total of epochs of ${name}`,
    value: String(done + of),
    help: `it has ${done} of ${of}; optimiser, best value and callbacks continue, early stopping restarts its patience, a schedule is computed for the new total`,
    check: (text) => {
      const epochs = Number(text);
      return Number.isInteger(epochs) && epochs > done && epochs <= MOST_EPOCHS
        ? undefined
        : `expected a whole number from ${done + 1} to ${MOST_EPOCHS}`;
    },
    submit: (text) => resumeRun(act, path, { epochs: Number(text) }),
  });
}

/**
 * Shows the next step of a run on the Learn screen, taken apart on a copy. A paused training first saves the checkpoint that
 * the copy is made from.
 */
export function takeApart(act: AppActions, run: RunState): void {
  const path = run.start?.path;
  if (path === undefined) return;
  const show = (): void => {
    act.setApp({ screens: { ...act.app.screens, learn: { request: { model: path } } } });
    act.go('learn');
  };
  if (!isActive(run)) {
    show();
    return;
  }
  const stop = act.engine.listen((news) => {
    const event = news.type === 'train' ? news.event : undefined;
    const saved = event?.type === 'note' && event.kind === 'checkpoint';
    if (saved || event?.type === 'end' || news.type === 'exit') stop();
    if (saved) show();
  });
  act.engine.send({ type: 'checkpoint' });
}
