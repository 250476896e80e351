import type { Argv, CommandModule, Options } from 'yargs';
import { PREPROCESS } from '../data/preprocess.js';
import { OPTIONS, type OptionSpec } from '../train/options.js';
import { TTA } from '../train/tta.js';
import { SCREEN_NAMES } from '../tui/app_state.js';
import { GRAPHICS_CHOICES } from '../tui/paint/capability.js';
import { VISION_DEFAULTS } from '../vision/options.js';
import { SOURCE_HELP } from '../vision/source_spec.js';
import type { GlobalArgs } from './global_args.js';
import { guarded } from './run_command.js';
import { VISION_OPTIONS } from './vision_args.js';

const ADAPTER: Options = { type: 'string', describe: 'part of a GPU adapter\'s name (see "fer-tui doctor")' };
const DATA: Options = {
  type: 'string',
  demandOption: true,
  describe: 'data set: file, folder, or "synthetic"',
};

const WEIGHTS: Options = {
  type: 'string',
  requiresArg: true,
  describe:
    'e.g. runs/r1/best.safetensors, a .h5, or a network of models/ by its name (default: the best of those)',
};

/** Of every command that opens a model. */
const FOREIGN: Record<string, Options> = {
  model: {
    type: 'string',
    describe: 'the architecture of a .h5 of weights alone: what model.to_json() wrote',
  },
  preprocess: {
    choices: PREPROCESS,
    describe: 'how pixels become the input, for files that fer-tui did not write',
  },
  classes: {
    type: 'string',
    describe: 'names of the classes in the order of the outputs: a,b,c; "csv" for the order of fer2013.csv',
  },
};
const TTA_OPTION: Options = {
  choices: TTA,
  default: 'none',
  describe: 'average over versions of each image: its mirror, or ten crops',
};
const RUNS: Record<string, Options> = {
  folder: { type: 'string', default: 'runs', describe: 'where the runs lie' },
};

/** Train options as yargs wants them; ranges are checked by `resolveConfig`, with better words. */
function trainOptions(): Record<string, Options> {
  const entries = Object.entries(OPTIONS as Record<string, OptionSpec>);
  return Object.fromEntries(
    entries.map(([name, { type, default: value, choices, help }]) => [
      name,
      {
        type,
        describe: help,
        requiresArg: type !== 'boolean',
        ...(choices && { choices }),
        ...(value !== undefined && { defaultDescription: String(value) }),
      },
    ]),
  );
}

function command<T>(
  usage: string | string[],
  describe: string,
  builder: (args: Argv) => Argv<T>,
  load: () => Promise<(args: T & GlobalArgs) => Promise<number>>,
): CommandModule {
  return {
    command: usage,
    describe,
    builder: builder as (args: Argv) => Argv,
    handler: (args) =>
      guarded(args as unknown as GlobalArgs, async () => (await load())(args as unknown as T & GlobalArgs)),
  };
}

const TUI: Record<string, Options> = {
  fps: { type: 'number', default: 15, describe: 'how often the screen follows training, per second' },
  ascii: { type: 'boolean', default: false, describe: 'only ASCII characters' },
  graphics: {
    choices: GRAPHICS_CHOICES,
    requiresArg: true,
    defaultDescription: 'auto',
    describe: 'pictures as pixels, by the protocol that the terminal has; none: as characters',
  },
  accessible: {
    type: 'boolean',
    default: false,
    describe: 'plain sparse lines and numbered questions instead',
  },
  replay: {
    type: 'string',
    requiresArg: true,
    describe: 'play the log of a run (its events.ndjson) on Train',
  },
  'replay-speed': { type: 'number', default: 20, describe: 'events per second of --replay' },
};

/** Every command; each loads its code when it runs. */
export const COMMANDS: CommandModule[] = [
  command(
    'tui [screen]',
    'The terminal UI; also what comes without a command',
    (y) =>
      y
        .positional('screen', { choices: SCREEN_NAMES, describe: 'where to begin' })
        .options(TUI) as unknown as Argv<import('./commands/tui.js').TuiArgs>,
    async () => (await import('./commands/tui.js')).tui,
  ),
  command(
    'train',
    'Train a network',
    (y) =>
      y.options({
        resume: {
          type: 'string',
          requiresArg: true,
          describe: 'go on with the run in this folder, with its own settings, from its last checkpoint',
        },
        config: {
          type: 'string',
          requiresArg: true,
          describe: 'settings from a .json or .yaml file; options given here come before it',
        },
        tui: {
          type: 'boolean',
          describe: 'on the Train screen (default: where both ends are terminals, except with CI set)',
        },
        ...trainOptions(),
      }) as Argv<Record<string, unknown>>,
    async () => (await import('./commands/train.js')).train,
  ),
  command(
    'evaluate',
    'Loss, accuracy and confusion matrix of a weight file',
    (y) =>
      y.options({
        weights: WEIGHTS,
        data: DATA,
        split: {
          choices: ['train', 'validation', 'test'],
          default: 'validation',
          describe: 'part of the data',
        },
        limit: { type: 'number', describe: 'only the first N images' },
        tta: TTA_OPTION,
        ...FOREIGN,
        'skip-bad': {
          type: 'boolean',
          default: false,
          describe: 'leave out what cannot be read, and count it',
        },
        'skip-unknown': {
          type: 'boolean',
          default: false,
          describe: 'leave out images of classes that the model does not know',
        },
        adapter: ADAPTER,
      }) as unknown as Argv<import('./commands/evaluate.js').EvaluateArgs>,
    async () => (await import('./commands/evaluate.js')).evaluate,
  ),
  command(
    'predict <paths..>',
    'Classify images of faces, or folders of them',
    (y) =>
      y
        .positional('paths', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'JPEG, PNG, folders',
        })
        .options({
          weights: WEIGHTS,
          top: { type: 'number', default: 3, describe: 'how many classes to name' },
          tta: TTA_OPTION,
          detect: {
            type: 'boolean',
            default: false,
            describe: 'find the faces first: photographs instead of faces, as "fer-tui detect" does',
          },
          ...FOREIGN,
          adapter: ADAPTER,
        }) as unknown as Argv<import('./commands/predict.js').PredictArgs>,
    async () => (await import('./commands/predict.js')).predict,
  ),
  command(
    'webcam',
    'Finds faces in a camera, video or stream and says what they show, live',
    (y) =>
      y.options({
        source: { type: 'string', requiresArg: true, default: '0', describe: SOURCE_HELP },
        weights: WEIGHTS,
        ...VISION_OPTIONS,
        smoothing: {
          type: 'number',
          requiresArg: true,
          default: VISION_DEFAULTS.smoothing,
          describe: 'seconds over which the opinion of a face is averaged; 0: every frame for itself',
        },
        mirror: { type: 'boolean', default: VISION_DEFAULTS.mirror, describe: 'as in a mirror' },
        record: {
          type: 'string',
          requiresArg: true,
          describe: 'write the video with boxes and labels: .mp4, .mkv, .avi',
        },
        snapshot: {
          type: 'string',
          requiresArg: true,
          describe: 'folder for photos: key p, or without a screen one of every new face',
        },
        'max-frames': { type: 'number', requiresArg: true, describe: 'stop after so many frames' },
        headless: { type: 'boolean', default: false, describe: 'lines instead of the screen' },
        ascii: TUI['ascii'] as Options,
        graphics: TUI['graphics'] as Options,
        ...FOREIGN,
        adapter: ADAPTER,
      }) as unknown as Argv<import('./commands/webcam.js').WebcamArgs>,
    async () => (await import('./commands/webcam.js')).webcam,
  ),
  command(
    'detect <images..>',
    'Find the faces of photographs and say what they show',
    (y) =>
      y
        .positional('images', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'images, and folders of images',
        })
        .options({
          weights: WEIGHTS,
          out: {
            type: 'string',
            requiresArg: true,
            describe: 'write them with boxes and labels: a .png or .jpg for one image, or a folder',
          },
          'require-face': {
            type: 'boolean',
            default: false,
            describe: 'exit code 9 when no face is found in any of them',
          },
          ...VISION_OPTIONS,
          ...FOREIGN,
          adapter: ADAPTER,
        }) as unknown as Argv<import('./commands/detect.js').DetectArgs>,
    async () => (await import('./commands/detect.js')).detect,
  ),
  command(
    'export <file>',
    'Write a trained network as Keras .h5, ONNX or safetensors',
    (y) =>
      y
        .positional('file', { type: 'string', demandOption: true, describe: 'e.g. runs/r1/best.safetensors' })
        .options({
          to: { choices: ['h5', 'onnx', 'safetensors'], demandOption: true, describe: 'format' },
          out: {
            type: 'string',
            describe: 'file to write (default: beside you, with the format as its end)',
          },
          ...FOREIGN,
        }) as unknown as Argv<import('./commands/export.js').ExportArgs>,
    async () => (await import('./commands/export.js')).exportModel,
  ),
  command(
    'check',
    "The reference work's two sanity checks: first loss near ln 7, 140 images learnt by heart",
    (y) =>
      y.options({
        data: { ...DATA, demandOption: false, default: 'synthetic' },
        adapter: ADAPTER,
      }) as unknown as Argv<import('./commands/check.js').CheckArgs>,
    async () => (await import('./commands/check.js')).check,
  ),
  command(
    'doctor',
    'What this machine has, what is missing, and the command that mends it',
    (y) =>
      y.options({
        kernels: {
          type: 'boolean',
          default: false,
          describe: 'check every kernel against the float64 reference',
        },
        adapter: ADAPTER,
      }) as unknown as Argv<import('./commands/doctor.js').DoctorArgs>,
    async () => (await import('./commands/doctor.js')).doctor,
  ),
  command(
    'summary [model]',
    'Layers, shapes and parameters of a network',
    (y) =>
      y.positional('model', {
        type: 'string',
        default: 'fer-cnn',
        describe: 'fer-cnn, fer-shallow, fer-vgg, or a file: .safetensors, .h5, .keras, model.json',
      }) as Argv<{
        model: string;
      }>,
    async () => (await import('./commands/summary.js')).summary,
  ),
  command(
    'data <path>',
    'Count the images of a data set',
    (y) =>
      y.positional('path', {
        type: 'string',
        demandOption: true,
        describe: 'file, folder, or "synthetic"',
      }) as Argv<{ path: string }>,
    async () => (await import('./commands/data.js')).data,
  ),
  command(
    'tune',
    'Measure the fastest kernels for this adapter, once; training and inference use them from then on',
    (y) =>
      y.options({
        model: { type: 'string', array: true, default: [], describe: 'networks (default: all)' },
        batch: { type: 'number', array: true, default: [28, 64], describe: 'batch sizes of training' },
        predict: { type: 'number', array: true, default: [1, 28, 64], describe: 'batch sizes of inference' },
        out: { type: 'string', describe: 'file for the table (default: in the cache folder)' },
        adapter: ADAPTER,
      }) as unknown as Argv<import('./commands/tune.js').TuneArgs>,
    async () => (await import('./commands/tune.js')).tune,
  ),
  {
    command: 'runs',
    describe: 'What was trained here: list, show, compare',
    builder: (y) =>
      y
        .command(
          command(
            ['$0', 'list'],
            'All runs, the latest first',
            (z) => z.options(RUNS) as unknown as Argv<{ folder: string }>,
            async () => (await import('./commands/runs.js')).runs,
          ),
        )
        .command(
          command(
            'show <name>',
            'Curves and settings of a run',
            (z) =>
              z.positional('name', { type: 'string', demandOption: true }).options(RUNS) as unknown as Argv<{
                name: string;
                folder: string;
              }>,
            async () => (await import('./commands/runs.js')).showRun,
          ),
        )
        .command(
          command(
            'compare <names..>',
            'Curves of several runs on one chart, and the settings that differ',
            (z) =>
              z
                .positional('names', { type: 'string', array: true, demandOption: true })
                .options(RUNS) as unknown as Argv<{ names: string[]; folder: string }>,
            async () => (await import('./commands/runs.js')).compareRuns,
          ),
        ),
    handler: () => undefined,
  },
  command(
    'export-history <name>',
    "A run's numbers, one line an epoch, as CSV on stdout",
    (y) =>
      y.positional('name', { type: 'string', demandOption: true }).options({
        ...RUNS,
        csv: { type: 'boolean', default: true, describe: 'as CSV' },
      }) as unknown as Argv<{
        name: string;
        folder: string;
      }>,
    async () => (await import('./commands/runs.js')).exportHistory,
  ),
  command(
    'bench [parts..]',
    'Measure every kernel variant, whole steps and inference on this adapter',
    (y) =>
      y
        .positional('parts', {
          type: 'string',
          array: true,
          choices: ['kernels', 'steps'],
          default: [],
          describe: 'what to measure (default: both)',
        })
        .options({
          filter: { type: 'string', describe: "part of a kernel's name, e.g. 12x12" },
          batch: { type: 'number', default: 28, describe: 'images at once' },
          seconds: { type: 'number', default: 1, describe: 'for each measurement' },
          quick: { type: 'boolean', default: false, describe: 'one network, short measurements' },
          out: { type: 'string', describe: 'file for the result' },
          compare: { type: 'string', describe: 'file of an earlier result to compare with' },
          adapter: ADAPTER,
        }) as unknown as Argv<import('./commands/bench.js').BenchArgs>,
    async () => (await import('./commands/bench.js')).bench,
  ),
  command(
    'demo',
    'Train on built-in drawn faces for about a minute',
    (y) => y as Argv<object>,
    async () => (await import('./commands/train.js')).demo,
  ),
];
