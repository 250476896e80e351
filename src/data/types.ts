/** Height, width and channels of one image: gray, or red, green and blue. */
export type ImageShape = readonly [height: number, width: number, channels: number];

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const;
/** A part of a data set. */
export type SplitName = (typeof SPLIT_NAMES)[number];

/** Class indices: bytes for up to 256 classes. */
export type Labels = Uint8Array | Uint16Array;

/** Images and their labels. */
export interface Split {
  /** [n, 48, 48] gray values 0..255, row by row. */
  readonly images: Uint8Array;
  /** [n] class indices into `Dataset.classes`. */
  readonly labels: Labels;
  /** [n, classes] what the loss compares with, if that is not the label alone: each row adds up to 1. */
  readonly targets?: Float32Array | undefined;
}

/** How many images are, identical or nearly so, in two splits. */
export interface Leaks {
  /** Training images with an identical one in the validation or test images. */
  readonly identical: number;
  /** Further training images with a nearly identical one there. */
  readonly near: number;
  /** Test images with an identical or nearly identical one in the validation images. */
  readonly testInValidation: number;
}

/** A data set in memory. A split that is missing in the source has no images. */
export interface Dataset {
  /** Its name in messages. */
  readonly name: string;
  /** The path of its source, or `synthetic`. */
  readonly source: string;
  /** Pixels of an image from top to bottom. */
  readonly height: number;
  /** Pixels of an image from left to right. */
  readonly width: number;
  /** Gray. */
  readonly channels: 1;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** All three; one that the source does not have is empty. */
  readonly splits: Readonly<Record<SplitName, Split>>;
  /** Number of rows or images that `skipBad` left out. */
  readonly skipped: number;
  /** The first thousand of them: where they are, and what is wrong. */
  readonly bad: readonly string[];
  /** Sentences for the user about decisions made while reading, and about what was left out. */
  readonly notes: readonly string[];
  /** Present if `LoadOptions` asks for them. */
  readonly leaks?: Leaks;
  /** Where the source has no validation images: which rows of its training images became which split, in order. */
  readonly heldOut?: Readonly<Record<'train' | 'validation', readonly number[]>>;
}

/** How the votes become targets: the class with most votes, or the distribution of the votes over the seven classes. */
export const FERPLUS_TARGETS = ['majority', 'votes'] as const satisfies readonly FerplusTargets[];
/** The majority, or the distribution of the votes. */
export type FerplusTargets = 'majority' | 'votes';

/** The kinds of images in FER+ that are none of the seven classes. */
export const FERPLUS_OTHERS = ['contempt', 'unknown', 'nf'] as const satisfies readonly FerplusOther[];
/** Contempt, unknown, or no face. */
export type FerplusOther = 'contempt' | 'unknown' | 'nf';

/** How FER+ is used. */
export interface FerplusOptions {
  /** Path of `fer2013new.csv`. */
  readonly file: string;
  /** How the votes become targets. */
  readonly targets: FerplusTargets;
  /** Images that most people called one of these are decided by their other votes; all others of that kind are dropped. */
  readonly keep: readonly FerplusOther[];
}

/** One part of a cross-validation: what is trained on, and what is held out. */
export interface Fold {
  /** From 1 to `of`: which fold is held out. */
  readonly number: number;
  /** Folds that the training images are divided into; 2 or more. */
  readonly of: number;
  /** Seed of the division. Another seed repeats the cross-validation with another division. */
  readonly seed: number;
}

/** Options of `loadDataset`. */
export interface LoadOptions {
  /** Leave out bad rows and images and count them, instead of failing at the first; default false. */
  readonly skipBad?: boolean;
  /**
   * Names of the classes whose folders or labels are numbers: `csv` for the order of fer2013.csv, or `a,b,c` in the order of
   * the numbers; `word=Name` pairs rename classes. Default: classes are called what the source calls them.
   */
  readonly classes?: string | undefined;
  /** Whether a list in `classes` also chooses among classes that have names in the source; default true. */
  readonly choose?: boolean | undefined;
  /** Called with each of the notes of the data set. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** Folder for cached data; default `$XDG_CACHE_HOME/fer-tui` or `~/.cache/fer-tui`; false: do not cache. */
  readonly cacheDir?: string | false;
  /** The fold of a cross-validation over the training images; default: the splits as they are. */
  readonly fold?: Fold | undefined;
  /** Votes of FER+ in place of the labels; default: the labels as they are. Corrections count more than votes. */
  readonly ferplus?: FerplusOptions | undefined;
  /** Path of a file with corrections of labels (`labels.csv`); default: the labels as they are. */
  readonly labels?: string | undefined;
  /** Seed of drawn faces; default 7. */
  readonly seed?: number;
  /** Seed of the choice of held-out images; default `HELD_OUT_SEED`. Only runs of earlier versions have another one. */
  readonly heldOutSeed?: number | undefined;
  /** Count images that are in two splits, or also leave such training images out; default: neither. Not for drawn faces. */
  readonly leaks?: 'count' | 'drop' | undefined;
  /** Hears what was loaded. */
  readonly onLoaded?: (dataset: Dataset) => void;
  /** Called repeatedly while data loads. */
  readonly onProgress?: (progress: { done: number; total: number; unit: string }) => void;
}
