import type { ImageShape, Labels } from '../data/types.js';
import { UsageError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import type { Part } from './result.js';
import type { Subject } from './subject.js';
import type { Sweep } from './sweep.js';

/** A method that this network has no use for, such as Grad-CAM without convolutions. The message says why. */
export class InapplicableError extends UsageError {}

/** The face that methods look at. */
export interface Face {
  /** What it is called. */
  readonly name: string;
  /** At the size of the network's input. */
  readonly picture: Picture;
  /** [H, W, C]: the same, preprocessed. */
  readonly input: Float32Array;
  /** Its true class, where known: an index into the classes of the model. */
  readonly label?: number | undefined;
  /** The network's probability of every class. */
  readonly probabilities: Float32Array;
  /** Classes to explain one by one, in the order of the model: all, or the most probable of many. */
  readonly classes: readonly number[];
  /** The class that a method explains which explains a single one: the most probable one, or the one asked for. */
  readonly subject: number;
}

/** Faces that methods of many faces look at. */
export interface Faces {
  /** Path of the data set, or `synthetic`. */
  readonly name: string;
  /** Which part of it. */
  readonly split: string;
  /** [n, H, W] gray values 0..255, at the size of the network's input. */
  readonly images: Uint8Array;
  /** [n]: the true classes, as indices into the classes of the model. */
  readonly labels: Labels;
  /** Class probabilities, hidden values and activations of all of them; computed at the first call. */
  sweep(): Promise<Sweep>;
}

/** What a method can use. */
export interface Look {
  readonly subject: Subject;
  /** Layer for the methods that look at maps; default: the last with the maps of the last convolution. */
  readonly layer: string | undefined;
  /** Channels of that layer; default: the first eight. */
  readonly channels: readonly number[] | undefined;
  /** Seed of everything drawn at random. */
  readonly seed: number;
  /** Reports how much of the method is done. */
  readonly progress: (done: number, total: number) => void;
}
export interface FaceLook extends Look {
  readonly face: Face;
}
export interface FacesLook extends Look {
  readonly faces: Faces;
}

/** What is told about a method. */
interface About {
  /** On the command line. */
  readonly name: string;
  /** Heading. */
  readonly title: string;
  /** What it shows, in one or two sentences. */
  readonly shows: string;
  /** What must not be read into it, in one sentence. */
  readonly limits: string;
  /** Paper. */
  readonly source?: string;
}

/** A way to look into a network. It may throw InapplicableError. */
export type Method = About &
  (
    | { readonly needs: 'network'; readonly run: (look: Look) => Promise<Part[]> }
    | { readonly needs: 'face'; readonly run: (look: FaceLook) => Promise<Part[]> }
    | { readonly needs: 'faces'; readonly run: (look: FacesLook) => Promise<Part[]> }
  );

/** One face of many as a picture. */
export function faceAt({ images }: Faces, index: number, [height, width]: ImageShape): Picture {
  const size = height * width;
  return { width, height, channels: 1, data: images.subarray(index * size, (index + 1) * size) };
}

/** A file name made of a class or layer name: lower case, without blanks and slashes. */
export const stem = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
