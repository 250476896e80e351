/** Height, width and channels of one image: gray, or red, green and blue. */
export type ImageShape = readonly [height: number, width: number, channels: number];

export const SPLIT_NAMES = ['train', 'validation', 'test'] as const;
/** A part of a data set. */
export type SplitName = (typeof SPLIT_NAMES)[number];

/** Images and their classes. */
export interface Split {
  /** [n, 48, 48] gray values 0..255, row by row. */
  readonly images: Uint8Array;
  /** [n] class indices into `Dataset.classes`. */
  readonly labels: Uint8Array;
}

/** A data set in memory. A split that the source does not have holds no images. */
export interface Dataset {
  /** What to call it in messages. */
  readonly name: string;
  /** The path it came from, or `synthetic`. */
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
  /** Rows or images that `skipBad` left out. */
  readonly skipped: number;
  /** Where the first thousand of them are, and what is wrong with them. */
  readonly bad: readonly string[];
}

/** Options of `loadDataset`. */
export interface LoadOptions {
  /** Leave bad rows and images out and count them, instead of failing at the first; default false. */
  readonly skipBad?: boolean;
  /** Where parsed data is kept; default `$XDG_CACHE_HOME/fer-tui` or `~/.cache/fer-tui`; false: nowhere. */
  readonly cacheDir?: string | false;
  /** Of drawn faces and of the held-out images; default 7. */
  readonly seed?: number;
  /** Told now and then while a load goes on. */
  readonly onProgress?: (progress: { done: number; total: number; unit: string }) => void;
}
