import type { Tta } from '../train/tta.js';
import type { ForeignModel } from '../train/weights.js';
import type { Picture } from '../util/picture.js';
import type { DetectorOptions } from './detector.js';
import type { Box } from './geometry.js';
import type { Normalise } from './normalise.js';
import type { Align } from './pixels.js';
import type { SourceInfo } from './source.js';
import type { SourceSpec } from './source_spec.js';

/** Options of the vision process. */
export interface VisionOptions {
  readonly source: SourceSpec;
  /** Weight files or names of shipped networks, which vote; default: the shipped one. */
  readonly weights?: readonly string[] | undefined;
  readonly foreign?: ForeignModel;
  readonly adapter?: string | undefined;
  readonly detector: DetectorOptions;
  /** By how much a detected box grows on every side before classification, as a fraction of its size. */
  readonly margin: number;
  /** How crops are turned. */
  readonly align: Align;
  /** How crops are made like the training images. */
  readonly normalise: Normalise;
  /** The versions of each face whose probabilities are averaged. */
  readonly tta: Tta;
  /** Only this number of faces per frame, the largest ones, are classified; default: 5, and all in photographs. */
  readonly maxFaces?: number | undefined;
  /** Only faces in this part of the frame are found; default: the whole frame. */
  readonly region?: Box | undefined;
  /** Only every so many frames, counted from the first, are analysed. */
  readonly every: number;
  /** Time constant of the smoothing in seconds; 0: none. */
  readonly smoothing: number;
  readonly mirror: boolean;
  /** New connections that are tried in a row when a camera or stream goes away. */
  readonly reconnect: number;
  /**
   * `live`: files are played at their own speed, and frames that come too fast are dropped. `ordered`: every frame is
   * processed.
   */
  readonly pace: 'live' | 'ordered';
  /** Number of frames after which the process ends. */
  readonly maxFrames?: number | undefined;
  /** Largest size of the picture in frame messages, in pixels; undefined: messages contain no picture. */
  readonly view?: Size | undefined;
  /** File of the annotated video. Undefined: none is written. */
  readonly record?: string | undefined;
  /** CSV file with a line for every face. Undefined: none is written. */
  readonly csv?: string | undefined;
  /** Whether faces are only detected: no model is opened, and labels are empty. */
  readonly locate?: boolean;
  /** Folder of photos. */
  readonly snapshots?: string | undefined;
  /** Whether to take a photo whenever a new face appears. */
  readonly snapshotFaces?: boolean;
  /** Where annotated photographs are written: a file for one image, or a folder. */
  readonly out?: { readonly file: string } | { readonly folder: string } | undefined;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Messages to the vision process. */
export type Command =
  | { readonly type: 'start'; readonly options: VisionOptions }
  /** The parent has received a frame; the next may be sent. */
  | { readonly type: 'taken' }
  | { readonly type: 'freeze'; readonly on: boolean }
  | { readonly type: 'mirror'; readonly on: boolean }
  | { readonly type: 'smoothing'; readonly seconds: number }
  | { readonly type: 'model'; readonly weights: readonly string[] }
  /** Whether the faces in frame messages are covered with Grad-CAM of their labels. */
  | { readonly type: 'heat'; readonly on: boolean }
  | { readonly type: 'photo'; readonly folder: string }
  | { readonly type: 'stop' };

/** A face in a frame. */
export interface Face {
  /** Number of the face. It stays the same while the face is tracked. */
  readonly track: number;
  readonly box: Box;
  readonly label: string;
  /** Smoothed probabilities, in the order of the classes. */
  readonly probabilities: readonly number[];
}

/** Time that each stage of a frame took, in milliseconds. */
export interface PartTimes {
  readonly capture: number;
  readonly detect: number;
  readonly classify: number;
}

export interface FrameMessage {
  readonly type: 'frame';
  /** Number of the frame in its source, from 0. */
  readonly frame: number;
  /** Seconds since the first frame. */
  readonly t: number;
  readonly width: number;
  readonly height: number;
  readonly faces: readonly Face[];
  /** Number of faces that were found, but not classified because of `maxFaces`. */
  readonly leftOut: number;
  readonly ms: PartTimes;
  /** Frames per second over the last two seconds. */
  readonly fps: number;
  /** Frames dropped since the start, because the classifier had no time for them. */
  readonly dropped: number;
  readonly path?: string;
  /** File of the annotated photograph. */
  readonly written?: string;
  readonly picture?: Picture;
  /** The network's input for each face, with Grad-CAM over it where that is on. */
  readonly inputs?: readonly Picture[];
  /** Time that Grad-CAM took for all faces, in milliseconds; only where it is on. */
  readonly heatMs?: number;
}

/** Totals at the end. */
export interface Summary {
  readonly frames: number;
  readonly dropped: number;
  readonly seconds: number;
  /** Number of frames without a face. */
  readonly without: number;
  /** Number of photographs that could not be read. */
  readonly unread: number;
  /** Number of faces that were not classified because of `maxFaces`, over all frames. */
  readonly leftOut: number;
  /** Number of faces with each label, over all frames. */
  readonly labels: Readonly<Record<string, number>>;
  /** File of the recorded video. */
  readonly record?: string;
  /** File with a line for every face. */
  readonly csv?: string;
}

/** Messages from the vision process. */
export type Message =
  | {
      readonly type: 'opened';
      readonly source: SourceInfo;
      /** Whether the source provides the boxes of its faces, so that no detector is used. */
      readonly drawn: boolean;
    }
  | {
      readonly type: 'model';
      /** Its file; of several that vote, each with its share. */
      readonly weights: string | readonly { readonly weights: string; readonly share: number }[];
      readonly name: string;
      readonly classes: readonly string[];
    }
  | FrameMessage
  | { readonly type: 'photo'; readonly path: string }
  /** A photograph that cannot be read, and a sentence that names it and says why; the process continues with the next. */
  | { readonly type: 'unread'; readonly path: string; readonly message: string }
  /** A warning; the process continues. */
  | { readonly type: 'note'; readonly text: string }
  | ({ readonly type: 'ended' } & Summary)
  | { readonly type: 'failed'; readonly message: string; readonly exit: number };
