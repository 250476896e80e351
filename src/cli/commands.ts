import type { Argv, CommandModule } from 'yargs';
import { nearest } from '../util/nearest.js';
import type { ArgsOf, Declaration, Extras } from './declaration.js';
import { ATTACH } from './declarations/attach.js';
import { BALANCE } from './declarations/balance.js';
import { BENCH } from './declarations/bench.js';
import { CACHE } from './declarations/cache.js';
import { CALIBRATE } from './declarations/calibrate.js';
import { CHECK } from './declarations/check.js';
import { CONVERT } from './declarations/convert.js';
import { DATA_SET } from './declarations/data.js';
import { DETECT } from './declarations/detect.js';
import { DOCTOR } from './declarations/doctor.js';
import { ENSEMBLE } from './declarations/ensemble.js';
import { EVALUATE } from './declarations/evaluate.js';
import { EXPORT } from './declarations/export.js';
import { GLOBALS, type GlobalArgs } from './declarations/globals.js';
import { INSPECT } from './declarations/inspect.js';
import { LAB } from './declarations/lab.js';
import { LEARN } from './declarations/learn.js';
import { NOISE } from './declarations/noise.js';
import { PREDICT } from './declarations/predict.js';
import { RECIPES } from './declarations/recipes.js';
import { REPORT } from './declarations/report.js';
import { COMPARE_RUNS, EXPORT_HISTORY, LIST_RUNS, SHOW_RUN } from './declarations/runs.js';
import { CV, SEARCH, TRIAL } from './declarations/search.js';
import { SETUP } from './declarations/setup.js';
import { SOUP } from './declarations/soup.js';
import { LIST_STUDIES, SHOW_STUDY } from './declarations/studies.js';
import { SUMMARY } from './declarations/summary.js';
import { DEMO, TRAIN } from './declarations/train.js';
import { TUI } from './declarations/tui.js';
import { TUNE } from './declarations/tune.js';
import { VERIFY } from './declarations/verify.js';
import { WEBCAM } from './declarations/webcam.js';
import { WORKER } from './declarations/worker.js';
import { checkEmpty } from './empty.js';
import { checkNumbers } from './numbers.js';
import { checkRepeated } from './repeated.js';
import { guarded } from './run_command.js';

/** What a command line may hold. */
export interface Declared {
  /** As in the help: `fer-tui data <path>`. */
  readonly usage: string;
  readonly options: readonly string[];
  /** The words that call it: `runs show`. */
  readonly name: string;
  /** What a shell completes the values of its options to; under '', its first argument. */
  readonly completes: Readonly<Record<string, Extras['completes']>>;
}

const declared = new Map<string, Declared>();

/** The declaration of the command that the words begin with: `data`, `runs show`. Undefined for an unknown one. */
export const declaredBy = ([first = '', second = '']: readonly string[]): Declared | undefined =>
  declared.get(`${first} ${second}`) ?? declared.get(first);

/** A command that the words seem to call and that does not exist. */
export interface Unknown {
  readonly name: string;
  /** The one that was perhaps meant. */
  readonly near: string | undefined;
  /** Its group, if it has one: `runs`. */
  readonly group: string | undefined;
}

/** The command that does not exist: `trian`, `runs shw`. Undefined where the words begin with one that does. */
export function unknownCommand([first = '', second = '']: readonly string[]): Unknown | undefined {
  const names = [...declared.keys(), 'completion'];
  const group = names.some((name) => name.startsWith(`${first} `)) ? first : undefined;
  const name = group === undefined ? first : `${first} ${second}`;
  const typed = group === undefined ? first : second;
  if (typed === '' || typed.startsWith('-') || names.includes(name)) return undefined;
  const rivals = names.filter((other) => group === undefined || other.startsWith(`${group} `));
  return { name, near: nearest(name, rivals), group };
}

/** Whether a shell asks for completions. Hidden options are not completed. */
const COMPLETING = process.argv.includes('--get-yargs-completions');

/**
 * Options without a place in the help. yargs lays out the help of every command that runs, whether or not somebody asked for it:
 * 80 ms for `train`, and hardly any where the options are hidden.
 */
const hidden = (options: NonNullable<Declaration['options']>): NonNullable<Declaration['options']> =>
  Object.fromEntries(Object.entries(options).map(([name, option]) => [name, { ...option, hidden: true }]));

/**
 * Makes a yargs command from a declaration.
 * @param load imports the function that runs the command. It is called only then, so parsing and `--help` stay fast.
 * @param group the command that this one belongs to, as `runs` in `runs show`
 */
function command<const D extends Declaration>(
  declaration: D,
  load: () => Promise<(args: ArgsOf<D> & GlobalArgs) => Promise<number>>,
  group?: string,
): CommandModule {
  const { usage, describe, positionals = {}, options = {}, examples = [] } = declaration;
  const [pattern = ''] = [usage].flat();
  // $0 stands for the group itself, as in `fer-tui runs`.
  const whole = group === undefined ? pattern : `${group} ${pattern}`.replace(' $0', '');
  const name = whole.replace(/ [[<].*/, '');
  const [first] = Object.values(positionals);
  declared.set(name, {
    name,
    usage: `fer-tui ${whole}`,
    options: Object.keys({ ...options, ...GLOBALS }),
    completes: {
      ...Object.fromEntries(Object.entries(options).map(([option, { completes }]) => [option, completes])),
      '': first?.completes,
    },
  });
  return {
    command: usage,
    describe,
    builder: (y: Argv, asked = false) => {
      for (const [name, positional] of Object.entries(positionals)) y.positional(name, positional);
      for (const [line, what] of examples) y.example(line, what);
      return y.options(asked || COMPLETING ? options : hidden(options));
    },
    // The cast is safe: yargs has parsed the arguments with the declaration from which their type is derived.
    handler: (args: object) =>
      guarded(args as ArgsOf<D> & GlobalArgs, async (given) => {
        checkRepeated({ ...positionals, ...options, ...GLOBALS }, given);
        checkEmpty({ ...positionals, ...options }, given);
        checkNumbers({ ...positionals, ...options }, given);
        return (await load())(given);
      }),
  };
}

/** A command that has commands of its own. */
const group = (name: string, describe: string, commands: CommandModule[]): CommandModule => ({
  ...{ command: name, describe },
  builder: (y) => y.command(commands),
  handler: () => undefined,
});

const RUNS = group('runs', 'List, show and compare the runs in this directory', [
  command(LIST_RUNS, async () => (await import('./commands/runs.js')).runs, 'runs'),
  command(SHOW_RUN, async () => (await import('./commands/runs.js')).showRun, 'runs'),
  command(COMPARE_RUNS, async () => (await import('./commands/runs.js')).compareRuns, 'runs'),
]);

const STUDIES = group('studies', 'List and show the studies in this directory', [
  command(LIST_STUDIES, async () => (await import('./commands/studies.js')).studies, 'studies'),
  command(SHOW_STUDY, async () => (await import('./commands/studies.js')).showStudy, 'studies'),
]);

/** Every command, in the order of `--help`. */
export const COMMANDS: CommandModule[] = [
  command(TUI, async () => (await import('./commands/tui.js')).tui),
  command(LEARN, async () => (await import('./commands/learn.js')).learn),
  command(TRAIN, async () => (await import('./commands/train.js')).train),
  command(ATTACH, async () => (await import('./commands/attach.js')).attach),
  command(RECIPES, async () => (await import('./commands/recipes.js')).listRecipes),
  command(EVALUATE, async () => (await import('./commands/evaluate.js')).evaluate),
  command(PREDICT, async () => (await import('./commands/predict.js')).predict),
  command(WEBCAM, async () => (await import('./commands/webcam.js')).webcam),
  command(DETECT, async () => (await import('./commands/detect.js')).detect),
  command(INSPECT, async () => (await import('./commands/inspect.js')).inspectNetwork),
  command(BALANCE, async () => (await import('./commands/balance.js')).balanceFile),
  command(CALIBRATE, async () => (await import('./commands/calibrate.js')).calibrateFile),
  command(ENSEMBLE, async () => (await import('./commands/ensemble.js')).ensemble),
  command(SOUP, async () => (await import('./commands/soup.js')).soup),
  command(CONVERT, async () => (await import('./commands/convert.js')).convert),
  command(EXPORT, async () => (await import('./commands/export.js')).exportModel),
  command(CHECK, async () => (await import('./commands/check.js')).check),
  command(DOCTOR, async () => (await import('./commands/doctor.js')).doctor),
  command(CACHE, async () => (await import('./commands/cache.js')).cache),
  command(SUMMARY, async () => (await import('./commands/summary.js')).summary),
  command(SETUP, async () => (await import('./commands/setup.js')).setup),
  command(VERIFY, async () => (await import('./commands/verify.js')).verifyFiles),
  command(DATA_SET, async () => (await import('./commands/data.js')).data),
  command(NOISE, async () => (await import('./commands/noise.js')).noise),
  command(TUNE, async () => (await import('./commands/tune.js')).tune),
  RUNS,
  command(SEARCH, async () => (await import('./commands/search.js')).search),
  command(CV, async () => (await import('./commands/cv.js')).cv),
  command(TRIAL, async () => (await import('./commands/search.js')).trial),
  STUDIES,
  command(REPORT, async () => (await import('./commands/report.js')).report),
  command(EXPORT_HISTORY, async () => (await import('./commands/runs.js')).exportHistory),
  command(BENCH, async () => (await import('./commands/bench.js')).bench),
  command(LAB, async () => (await import('./commands/lab.js')).lab),
  command(WORKER, async () => (await import('./commands/worker.js')).worker),
  command(DEMO, async () => (await import('./commands/train.js')).demo),
];
