import { dirname } from 'node:path';
import { giveCommand } from '../train/command_file.js';
import type { Steering } from '../train/steering.js';
import { shellWord } from '../util/shell_word.js';
import { followedRun, isActive, isGoing, type RunState } from './run_state.js';
import type { Actions } from './screen_module.js';

/** Steers the run that Train shows: through the engine where it trains here, else through a file in its folder. */

/** The actions of a screen that steering needs. */
type AppActions = Pick<Actions<unknown>, 'app' | 'engine' | 'setApp' | 'note' | 'ask'>;

/**
 * Sends a command to the training that Train shows. If it has ended, or its process takes no commands, says so.
 * @returns whether it was sent
 */
export function steerRun(act: AppActions, command: Steering): boolean {
  const { run } = act.app;
  if (!isGoing(run)) {
    act.note('the training has ended', 'bad'); // while a question was open
    return false;
  }
  const { tail } = run;
  if (tail === undefined) {
    act.engine.send(command);
    return true;
  }
  try {
    giveCommand(dirname(tail.path), command);
  } catch (error) {
    act.note(error instanceof Error ? error.message : String(error), 'bad');
    return false;
  }
  act.note(`${COMMANDS[command.type]}: sent to the process that trains`, 'good');
  return true;
}

const COMMANDS: Readonly<Record<Steering['type'], string>> = {
  ...{ pause: 'pause', continue: 'continue', step: 'one step', lr: 'learning rate', stop: 'stop' },
  ...{ checkpoint: 'save', validate: 'validate' },
};

/** The command that shows a run which trains in the background. */
export const attachCommand = ({ path }: { readonly path: string }): string =>
  `fer-tui attach ${shellWord(path)}`;

/** Whether the training of this program's engine can be detached: it can once it has a folder. */
export const canDetach = (run: RunState | undefined): run is RunState & { start: object } =>
  isActive(run) && run.start !== undefined;

/** Lets the training continue in the background. Train follows it from then on; quitting does not stop it. */
export function detachRun(act: Pick<AppActions, 'app' | 'engine' | 'setApp' | 'note'>): void {
  const { run } = act.app;
  if (!canDetach(run)) return;
  act.engine.detach();
  act.setApp({ run: followedRun(run.start.path) });
  act.note(`${run.start.run} continues; q quits, ${attachCommand(run.start)} comes back`);
}

/** Asks how to stop, and says what each way costs. */
export function askToStop(act: AppActions, run: RunState): void {
  const { engine } = act;
  const kill = {
    key: 'k',
    label: `kill the engine: ${lostSteps(run)}`,
    run: () => {
      if (act.app.run !== undefined) act.setApp({ run: { ...act.app.run, killed: true } });
      engine.kill();
    },
  };
  const detach = {
    key: 'd',
    label: 'do not stop: detach, it continues in the background',
    run: () => detachRun(act),
  };
  act.ask({
    title: 'stop training?',
    lines: ['Stopping saves a checkpoint: the run can be resumed to the same bits.'],
    choices: [
      {
        key: 'e',
        label: 'finish the epoch, validate, save',
        run: () => steerRun(act, { type: 'stop', after: 'epoch' }),
      },
      {
        key: 's',
        label: 'stop now: save, then a last validation',
        run: () => steerRun(act, { type: 'stop', after: 'batch' }),
      },
      ...(isActive(run) ? [kill] : []),
      ...(canDetach(run) ? [detach] : []),
    ],
  });
}

/** What killing would cost: the steps since the last checkpoint. */
function lostSteps({ step, start }: RunState): string {
  const seconds = Number(start?.config['checkpointSeconds'] ?? 60);
  if (step === undefined) return 'nothing was trained yet';
  const batch = Number(start?.config['batch'] ?? 1);
  const perCheckpoint = step.imgPerS > 0 ? Math.ceil((seconds * step.imgPerS) / batch) : step.stepInEpoch;
  return `at most ${Math.min(step.stepInEpoch, perCheckpoint).toLocaleString('en')} steps are lost`;
}
