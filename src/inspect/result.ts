import type { Shape } from '../gpu/shape.js';
import type { Picture } from '../util/picture.js';

/**
 * What `fer-tui inspect` finds out about a network, as plain data: sections, each with the parts that one method makes.
 * PNG files, JSON, the terminal and the HTML page are made of it. Nothing in it refers to a device or a file, so it can be
 * kept, sent and drawn later.
 */
export interface Inspection {
  /** The network. */
  readonly model: InspectedModel;
  /** The face that the methods of one face looked at; absent where only methods of the network or the data ran. */
  readonly face?: InspectedFace | undefined;
  /** The faces that the methods of many faces looked at; absent where none ran. */
  readonly data?: InspectedData | undefined;
  /** Name of the adapter that computed it. */
  readonly adapter: string;
  /** The seed of everything that is drawn at random. */
  readonly seed: number;
  /** One for each method that ran, in the order of `METHODS`. */
  readonly sections: readonly Section[];
  /** Methods that were left out, and why, e.g. Grad-CAM of a network without convolutions. */
  readonly skipped: readonly { readonly method: string; readonly why: string }[];
}

/** The network that was inspected. */
export interface InspectedModel {
  /** Its name, e.g. `fer-cnn`. */
  readonly name: string;
  /** Where its weights come from: a path, or the name of a shipped network. */
  readonly weights: string;
  /** Names of its outputs, in order. */
  readonly classes: readonly string[];
  /** [H, W, C] of one image. */
  readonly inputShape: Shape;
  /** Number of its parameters. */
  readonly parameters: number;
}

/** The face that was inspected. */
export interface InspectedFace {
  /** What it is called: a path, or such as `validation face 12`. */
  readonly name: string;
  /** As the network sees it before preprocessing. */
  readonly picture: Picture;
  /** Its true class, where known: an index into the classes of the model. */
  readonly label?: number | undefined;
  /** The network's probability of every class. */
  readonly probabilities: readonly number[];
}

/** The faces that were inspected. */
export interface InspectedData {
  /** Path of the data set, or `synthetic`. */
  readonly name: string;
  /** Which part of it. */
  readonly split: string;
  /** Number of faces. */
  readonly count: number;
}

/** What one method found. */
export interface Section {
  /** Its name on the command line, e.g. `grad-cam`. */
  readonly method: string;
  /** Heading, e.g. `Grad-CAM`. */
  readonly title: string;
  /** What it shows, in one or two sentences. */
  readonly shows: string;
  /** What must not be read into it, in one sentence. */
  readonly limits: string;
  /** The paper that it comes from, e.g. `Selvaraju et al. 2017, arXiv 1610.02391`; absent for plain views. */
  readonly source?: string | undefined;
  /** How long it took. */
  readonly seconds: number;
  /** Pictures, tables and charts, in the order to show them. */
  readonly parts: readonly Part[];
}

/** A piece of a section. Every kind has a `title`; one sentence below it, `note`, is optional. */
export type Part = PicturesPart | TablePart | PointsPart | ReliabilityPart | SurfacePart;

interface PartBase {
  /** Heading within the section. Unique there. */
  readonly title: string;
  /** A sentence to show with it, such as a figure of a check. */
  readonly note?: string | undefined;
}

/** Pictures side by side, such as the heat map of every class. */
export interface PicturesPart extends PartBase {
  readonly kind: 'pictures';
  readonly pictures: readonly NamedPicture[];
  /** What the colours mean; absent for faces. */
  readonly legend?: Legend | undefined;
}

/** A picture with its caption. The pixels are small (48 x 48 for a face): enlarge them without smoothing. */
export interface NamedPicture {
  /** The stem of its file, e.g. `happy`; unique in its part. */
  readonly name: string;
  /** A few words below it, e.g. `Happy, 93.1 %`. */
  readonly caption: string;
  readonly picture: Picture;
  /** Classes to mark it by (right or wrong, say): indices into the classes of the model. */
  readonly label?: number | undefined;
}

/** The meaning of the colours of pictures: those at the ends and in the middle, with the values they stand for. */
export interface Legend {
  /** What is shown, e.g. `share of the class score`. */
  readonly quantity: string;
  /** From the lowest value to the highest, evenly spaced. */
  readonly colors: readonly (readonly [red: number, green: number, blue: number])[];
  /** Words for the lowest, the middle (optional) and the highest value. */
  readonly low: string;
  readonly middle?: string | undefined;
  readonly high: string;
}

/** Rows of numbers and words. */
export interface TablePart extends PartBase {
  readonly kind: 'table';
  readonly columns: readonly string[];
  /** One cell per column. Numbers are as exact as they are known; round them for display. */
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Points in the plane, each of a class: an embedding. */
export interface PointsPart extends PartBase {
  readonly kind: 'points';
  /** Names of the axes, e.g. `first component (31.2 % of the variance)`. */
  readonly axes: readonly [x: string, y: string];
  /** Coordinates; all three arrays have one entry per face. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The true class of each: indices into the classes of the model. */
  readonly labels: readonly number[];
}

/** Confidence against accuracy. */
export interface ReliabilityPart extends PartBase {
  readonly kind: 'reliability';
  /** Bins of the confidence, from 0 to 1, all of one width. Those without faces have a count of 0. */
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error, in [0, 1]. */
  readonly ece: number;
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** The confidences that it covers. */
  readonly from: number;
  readonly to: number;
  /** Number of faces. */
  readonly count: number;
  /** Mean confidence of the faces, in [0, 1]; 0 without any. */
  readonly confidence: number;
  /** Share of right answers, in [0, 1]; 0 without faces. */
  readonly accuracy: number;
}

/** A function of two variables on a square grid: the loss around the weights. */
export interface SurfacePart extends PartBase {
  readonly kind: 'surface';
  /** Coordinates of the grid, the same on both axes, ascending; the middle one is 0. */
  readonly at: readonly number[];
  /** [row][column]: the value at (x = at[column], y = at[row]). */
  readonly values: readonly (readonly number[])[];
  /** What the values are, e.g. `cross-entropy of 256 faces`. */
  readonly quantity: string;
}
