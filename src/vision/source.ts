import { DataError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import type { Box } from './geometry.js';
import type { SourceSpec } from './source_spec.js';

export interface SourceInfo {
  readonly kind: SourceSpec['kind'];
  /** Name for the user. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Frames per second; 0 if the source does not report it. */
  readonly fps: number;
  /** Length of a file in seconds, as its container says; absent if it does not, and for live sources. Photographs count as one
   * second each. */
  readonly seconds?: number;
  /** A camera or a stream: it sets the pace, and frames that are not read in time are lost. */
  readonly live: boolean;
  /** Unrelated photographs: faces are neither tracked nor smoothed. */
  readonly stills: boolean;
}

/** One picture of a source. */
export interface Frame {
  /** Number of the frame, from 0. */
  readonly index: number;
  /** Seconds since the first frame: measured for live sources, those of the container for files. */
  readonly t: number;
  /** The image: red, green and blue. */
  readonly picture: Picture;
  /** Boxes of the faces, if the source has drawn them itself. */
  readonly known?: readonly Box[];
  /** File of a photograph. */
  readonly path?: string;
}

/** A photograph that cannot be read. The message names it. */
export class UnreadError extends DataError {
  constructor(
    readonly path: string,
    cause: DataError,
  ) {
    super(cause.message, { cause });
  }
}

/** A source of frames. Call `read` again only after the previous call has resolved. */
export interface FrameSource {
  readonly info: SourceInfo;
  /** Sentences about what it does not read. */
  readonly notes?: readonly string[];
  /**
   * Reads the next frame; undefined at the end. Throws CameraError, or UnreadError for a photograph that cannot be read; the
   * next call goes on behind it.
   */
  read(): Promise<Frame | undefined>;
  close(): void;
}
