import type { Picture } from '../util/picture.js';
import type { Box } from './geometry.js';
import type { SourceSpec } from './source_spec.js';

export interface SourceInfo {
  readonly kind: SourceSpec['kind'];
  /** For people. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Frames a second, as the source says; 0 where it does not. */
  readonly fps: number;
  /** Frames come when they come (camera, stream), and those not taken are lost. */
  readonly live: boolean;
  /** Photographs that have nothing to do with each other: no tracking, no smoothing. */
  readonly stills: boolean;
}

/** One picture of a source. */
export interface Frame {
  /** From 0. */
  readonly index: number;
  /** Seconds since the first frame: by the clock for live sources, by the frame rate for files. */
  readonly t: number;
  /** Red, green and blue. */
  readonly picture: Picture;
  /** Where the faces are, where the source drew them itself. */
  readonly known?: readonly Box[];
  /** The file of a photograph. */
  readonly path?: string;
}

/** Where frames come from. Each source reads one frame at a time; the pipeline never asks for two at once. */
export interface FrameSource {
  readonly info: SourceInfo;
  /** Undefined at the end. Throws CameraError, or DataError for a photograph that cannot be read. */
  read(): Promise<Frame | undefined>;
  close(): void;
}
