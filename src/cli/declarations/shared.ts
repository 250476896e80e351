import { PREPROCESS } from '../../data/preprocess.js';
import { OPTIONS } from '../../train/options.js';
import { TTA as TTA_NAMES } from '../../train/tta.js';
import { GRAPHICS_CHOICES } from '../../tui/paint/capability.js';
import { THEME_CHOICES } from '../../tui/paint/theme_colors.js';
import type { ValuesOf } from '../declaration.js';

/** Options of several commands. */

export const ADAPTER = { type: 'string', requiresArg: true, describe: OPTIONS.adapter.help } as const;

export const DATA = {
  type: 'string',
  requiresArg: true,
  demandOption: true,
  describe: 'data set: file, folder, or "synthetic"',
} as const;

export const LABELS = {
  type: 'string',
  requiresArg: true,
  describe: 'file with corrections of labels (labels.csv), as the Data screen of "fer-tui tui" writes it',
} as const;

/** Votes of FER+ in place of the labels. */
export const FERPLUS = {
  ferplus: {
    type: 'string',
    requiresArg: true,
    describe: "FER+'s fer2013new.csv: the class with most votes in place of the label",
  },
  'ferplus-keep': {
    type: 'string',
    requiresArg: true,
    default: 'none',
    describe: 'keep images that most people called contempt, unknown or nf (no face): a list of these',
  },
} as const;

export const WEIGHTS = {
  type: 'string',
  array: true,
  requiresArg: true,
  describe:
    'weight file, e.g. runs/r1/best.safetensors or a .h5, or the name of a network in models/ (default: the best of those); several, or an ensemble file, vote',
} as const;

/** The same where file names follow: each --weights takes one. */
export const WEIGHTS_EACH = { ...WEIGHTS, nargs: 1 } as const;

export const TTA = {
  choices: TTA_NAMES,
  default: 'none',
  describe:
    'average the predictions for several versions of each image: with its mirror image; ten crops; or ten views, slightly turned, smaller, larger and mirrored',
} as const;

/** For the commands that fit something to a network. */
export const TTA_FITTED =
  'versions of each image whose mean is fitted: those with which the network will be used';

/** Names of the classes of a data set. */
export const CLASSES = { type: 'string', requiresArg: true, describe: OPTIONS.classes.help } as const;

/** Options of the commands that open a model: what files of other programs do not record. */
export const FOREIGN = {
  model: {
    type: 'string',
    requiresArg: true,
    describe: 'file with the architecture, as written by model.to_json(), for a .h5 that holds only weights',
  },
  preprocess: {
    choices: PREPROCESS,
    describe: 'how pixels become the input, for files that fer-tui did not write',
  },
  classes: {
    type: 'string',
    requiresArg: true,
    describe:
      'names of the outputs in their order, for files that do not name them: a,b,c; "csv" for the order of fer2013.csv',
  },
} as const;

/** The same names for the outputs of a model and for data. */
export const OUTPUTS_AND_DATA = {
  ...FOREIGN.classes,
  describe:
    'names of classes that are only numbers, in their order: outputs of a model file that does not name them, folders and labels of the data: a,b,c; "csv" for the order of fer2013.csv; colere=Angry,joie=Happy renames folders',
} as const;

/** For every command that reads pictures or rows. What was left out is reported. */
export const SKIP_BAD = { type: 'boolean', default: false, describe: OPTIONS['skip-bad'].help } as const;

/** For data of other classes than those of the model. */
export const SKIP_UNKNOWN = {
  type: 'boolean',
  default: false,
  describe: 'skip images of classes that the model does not know',
} as const;

/** Options of the commands that measure a network on a data set. */
export const MEASURED = {
  ...FOREIGN,
  classes: OUTPUTS_AND_DATA,
  'skip-bad': SKIP_BAD,
  'skip-unknown': SKIP_UNKNOWN,
  adapter: ADAPTER,
} as const;

/** Limits the number of images. */
export const LIMIT = {
  type: 'number',
  least: 1,
  whole: true,
  requiresArg: true,
  describe: 'use only N images: the first, or evenly spread ones where the data are sorted by class',
} as const;

/** The network that a command fits something to. */
export const NETWORK = {
  type: 'string',
  demandOption: true,
  describe: 'weight file, e.g. runs/r1/best.safetensors or a .h5, or the name of a network in models/',
} as const;

/** The file for the network with the fitted values. */
export const FITTED_OUT = {
  type: 'string',
  requiresArg: true,
  describe: 'file to write (default: a .safetensors is changed itself, others become NAME.safetensors)',
} as const;

/** Options of the commands that fit something on the validation images. */
export const FIT = {
  split: {
    choices: ['validation'],
    default: 'validation',
    describe: 'images to fit on; never those that a result is reported on',
  },
  limit: LIMIT,
  seed: {
    type: 'number',
    requiresArg: true,
    default: OPTIONS.seed.default,
    describe: 'seed of the two halves of cross-fitting',
  },
  ...MEASURED,
} as const;

export type ForeignArgs = ValuesOf<typeof FOREIGN>;

/** For screen readers and simple terminals. */
export const ACCESSIBLE = {
  type: 'boolean',
  default: false,
  describe: 'plain lines of text and numbered questions instead of a screen',
} as const;

/** Options of the commands that draw on the terminal. */
export const SCREEN = {
  ascii: { type: 'boolean', default: false, describe: 'only ASCII characters' },
  theme: {
    choices: THEME_CHOICES,
    requiresArg: true,
    defaultDescription: 'as chosen last, else auto',
    describe:
      "colours of texts: by the terminal's background (auto), the terminal's own sixteen, for dark or light backgrounds, of high contrast",
  },
  mouse: {
    type: 'boolean',
    default: true,
    describe: 'clicks and the wheel; --no-mouse leaves them to the terminal, as Shift does',
  },
  graphics: {
    choices: GRAPHICS_CHOICES,
    requiresArg: true,
    defaultDescription: 'auto',
    describe:
      'protocol for pictures in pixels; auto: what the terminal supports; none: pictures as characters',
  },
} as const;
