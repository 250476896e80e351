import type { LoadOptions, SplitName } from '../data/types.js';
import type { ForeignModel } from '../train/weights.js';

/** What to inspect, and how. */
export interface InspectOptions {
  /** Path of a model file of any supported format. */
  readonly weights: string;
  /** What to call it in the result; default: its path. */
  readonly name?: string;
  /** A picture of a face. */
  readonly image?: string | undefined;
  /** A data set; default: drawn faces. */
  readonly data?: string | undefined;
  /** Which part of it. */
  readonly split: SplitName;
  /** Index of the face to look at; default 0. */
  readonly sample?: number | undefined;
  /** Faces at most. */
  readonly limit?: number | undefined;
  /** Names of methods, or `all`. Default: with a face of one's own, those of one face and the filters; else all. */
  readonly methods?: readonly string[] | undefined;
  /** Class to explain, by name or index; default: the most probable one. */
  readonly class?: string | undefined;
  /** Layer of the methods that look at maps. */
  readonly layer?: string | undefined;
  /** Channels of that layer. */
  readonly channels?: readonly number[] | undefined;
  /** Seed of everything drawn at random. */
  readonly seed: number;
  /** For files that fer-tui did not write. */
  readonly foreign?: ForeignModel;
  /** Part of the name of the adapter. */
  readonly adapter?: string | undefined;
  /** How the data set is loaded. */
  readonly load?: LoadOptions;
  /** Leave out faces of classes that the model does not know; default: they are an error. */
  readonly skipUnknown?: boolean;
  /** Reports the progress of a method, or of looking at all faces. */
  readonly onProgress?: (title: string, done: number, total: number) => void;
}
