import type { ForeignModel } from '../train/weights.js';
import type { Picture } from '../util/picture.js';
import type { DetectorOptions } from './detector.js';
import type { Box } from './geometry.js';
import type { SourceInfo } from './source.js';
import type { SourceSpec } from './source_spec.js';

/** What the vision process is started with. */
export interface VisionOptions {
  readonly source: SourceSpec;
  /** A weight file or the name of a shipped network; default: the shipped one. */
  readonly weights?: string | undefined;
  readonly foreign?: ForeignModel;
  readonly adapter?: string | undefined;
  readonly detector: DetectorOptions;
  /** How much a detected box is widened on every side for the network, as a share of it. */
  readonly margin: number;
  /** The largest so many faces of a frame are classified. */
  readonly maxFaces: number;
  /** Time constant in seconds; 0: every frame for itself. */
  readonly smoothing: number;
  readonly mirror: boolean;
  /** live: files play at their own speed, and the newest frame wins; ordered: every frame, one after another. */
  readonly pace: 'live' | 'ordered';
  /** Ends after so many frames. */
  readonly maxFrames?: number | undefined;
  /** Room for the picture in frame messages, in pixels; without it they carry none. */
  readonly view?: Size | undefined;
  /** The annotated video, and the folder for photos. Nothing is written without them. */
  readonly record?: string | undefined;
  readonly snapshots?: string | undefined;
  /** A photo of every face that comes into sight, without being asked. */
  readonly snapshotFaces?: boolean;
  /** Where annotated stills go: the file for one image, or a folder. */
  readonly out?: { readonly file: string } | { readonly folder: string } | undefined;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Down to the vision process. */
export type Command =
  | { readonly type: 'start'; readonly options: VisionOptions }
  /** A frame has been taken in; the next may be sent. */
  | { readonly type: 'taken' }
  | { readonly type: 'freeze'; readonly on: boolean }
  | { readonly type: 'mirror'; readonly on: boolean }
  | { readonly type: 'smoothing'; readonly seconds: number }
  | { readonly type: 'model'; readonly weights: string }
  | { readonly type: 'photo'; readonly folder: string }
  | { readonly type: 'stop' };

/** A face of a frame. */
export interface Face {
  /** The same number as long as it is followed; of stills, its place. */
  readonly track: number;
  readonly box: Box;
  readonly label: string;
  /** In the order of the classes; smoothed. */
  readonly probabilities: readonly number[];
}

/** Milliseconds of a frame's three parts. */
export interface PartTimes {
  readonly capture: number;
  readonly detect: number;
  readonly classify: number;
}

export interface FrameMessage {
  readonly type: 'frame';
  /** Number of the frame in its source, from 0. */
  readonly frame: number;
  /** Seconds. */
  readonly t: number;
  readonly width: number;
  readonly height: number;
  readonly faces: readonly Face[];
  readonly ms: PartTimes;
  /** Frames a second, over the last two seconds. */
  readonly fps: number;
  /** Frames that came too late for a look, since the start. */
  readonly dropped: number;
  readonly path?: string;
  /** The file of the annotated still. */
  readonly written?: string;
  readonly picture?: Picture;
  /** What the network was given, face by face. */
  readonly inputs?: readonly Picture[];
}

/** How it ended. */
export interface Summary {
  readonly frames: number;
  readonly dropped: number;
  readonly seconds: number;
  /** Frames without any face, and faces by label. */
  readonly without: number;
  readonly labels: Readonly<Record<string, number>>;
  /** The written video. */
  readonly record?: string;
}

/** Up from the vision process. */
export type Message =
  | {
      readonly type: 'opened';
      readonly source: SourceInfo;
      /** Whether the source tells itself where faces are, so that nothing is detected. */
      readonly drawn: boolean;
    }
  | {
      readonly type: 'model';
      readonly weights: string;
      readonly name: string;
      readonly classes: readonly string[];
    }
  | FrameMessage
  | { readonly type: 'photo'; readonly path: string }
  /** Something went wrong, and things go on. */
  | { readonly type: 'note'; readonly text: string }
  | ({ readonly type: 'ended' } & Summary)
  | { readonly type: 'failed'; readonly message: string; readonly exit: number };
