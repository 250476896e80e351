import { resolveConfig } from '../../train/config.js';
import { CHANGEABLE, type RunChanges } from '../../train/continuation.js';
import { Control } from '../../train/control.js';
import { Printer } from '../../train/printer.js';
import { endText } from '../../train/runs.js';
import type { Hooks, TrainResult } from '../../train/session.js';
import type { TuiOptions } from '../../tui/main.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { TrainArgs } from '../declarations/train.js';
import { markReported, writeJson } from '../run_command.js';
import { settingsOf, typedSettings } from '../settings_args.js';
import { listen } from '../signals.js';
import { hasScreen, wantsAccessible } from './tui.js';

/**
 * Loads the trainer with the GPU binding. Not imported at the top: the Train screen leaves training to the engine, and must
 * open quickly.
 */
const session = () => import('../../train/session.js');

/** `fer-tui train`: starts or resumes a run. */
export async function train(args: TrainArgs & GlobalArgs): Promise<number> {
  const { resume, config, recipe, allowChangedData } = args;
  const typed = typedSettings(args);
  if (resume !== undefined) {
    const changed = changesOf({
      ...typed,
      ...(config !== undefined && { config }),
      ...(recipe !== undefined && { recipe }),
    });
    const changes = { ...changed, ...(allowChangedData && { allowChangedData }) };
    if (onScreen(args)) return watch({ resume, changes }, args);
    return run(async (hooks) => (await session()).resumeTraining(resume, hooks, changes), args);
  }
  if (allowChangedData) {
    throw new UsageError('--allow-changed-data: a new run has no earlier data; use it with --resume');
  }
  const settings = settingsOf(args);
  const resolved = resolveConfig(settings);
  if (onScreen(args)) return watch({ settings }, args);
  return run(async (hooks) => (await session()).runTraining(resolved, hooks), args);
}

/** The settings to change in a resumed run. Throws UsageError for settings that cannot be changed. */
function changesOf(typed: Readonly<Record<string, unknown>>): RunChanges {
  const other = Object.keys(typed).find((name) => !CHANGEABLE.some((changeable) => changeable === name));
  if (other === undefined) return typed as RunChanges;
  const own = CHANGEABLE.map((name) => `--${name}`).join(', ');
  throw new UsageError(
    `--${other}: a resumed run keeps its settings except ${own}; omit this option, or start a new run`,
  );
}

/** Whether to train on the Train screen: as --tui says, by default in an interactive terminal. */
function onScreen({ tui, json, quiet }: Pick<TrainArgs, 'tui'> & GlobalArgs): boolean {
  const { env } = process;
  if (tui === true && !hasScreen(env)) {
    throw new UsageError('--tui: needs a terminal for input and output; omit it to print plain lines');
  }
  if (tui !== undefined) return tui;
  return !json && !quiet && hasScreen(env) && !env['CI'] && !wantsAccessible(false, env);
}

/** Trains on the Train screen. */
async function watch(given: NonNullable<TuiOptions['run']>, { color }: GlobalArgs): Promise<number> {
  const { runTui } = await import('../../tui/main.js');
  const capability = detectCapability(process.env, true, { color });
  return runTui({ fps: 15, capability, screen: 'train', run: given });
}

/** `fer-tui demo`: trains for a minute on drawn faces. `npm start` runs it. */
export async function demo(args: GlobalArgs): Promise<number> {
  // With the network's own dropout, training would take longer than a minute.
  const settings = { data: 'synthetic:2100', epochs: 4, batch: 10, augment: 'flip', dropout: 0.1 };
  const config = resolveConfig(settings);
  process.stderr.write(
    'Training fer-cnn on 2,100 built-in drawn faces for 4 epochs (about a minute on two CPU cores).\n',
  );
  const exit = await run(async (hooks) => (await session()).runTraining(config, hooks), args);
  if (exit === EXIT.done) {
    process.stderr.write(
      'Next: npx fer-tui train --data path/to/fer2013.csv   (see README.md for the data)\n      npx fer-tui --help\n',
    );
  }
  return exit;
}

async function run(
  body: (hooks: Hooks) => Promise<TrainResult>,
  { json, quiet, color }: GlobalArgs,
): Promise<number> {
  const control = new Control();
  const restore = listen(control, 'stopping after this batch, then saving');
  const printer = new Printer(process.stderr, { color, silent: quiet });
  try {
    const result = await body({
      control,
      takesCommands: 'all',
      onLoadProgress: (progress) => printer.loading(progress),
      emit: (event) => {
        if (json) writeJson(event);
        printer.show(event);
      },
    });
    if (!json) process.stdout.write(`${resultLine(result)}\n`);
    return result.exit;
  } catch (error) {
    markReported(error);
    throw error;
  } finally {
    printer.close();
    restore();
  }
}

function resultLine(r: TrainResult): string {
  const best =
    r.bestValAcc === null
      ? 'no validation'
      : `best val ${(100 * r.bestValAcc).toFixed(1)} % (epoch ${r.bestEpoch})`;
  return printable(`${r.run}  ${best}  ${r.status} ${endText(r)}  ${r.path}`);
}
