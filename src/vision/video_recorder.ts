import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { writeError } from '../util/atomic_write.js';
import { CameraError, UsageError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import { resample } from '../util/resample.js';
import { matOf } from './mat.js';
import { checkNewFile } from './new_file.js';
import type { OpenCv, Writer } from './opencv.js';

/** Codec for each file extension. */
const CODECS: Readonly<Record<string, string>> = { '.mp4': 'mp4v', '.mkv': 'mp4v', '.avi': 'MJPG' };

/** Throws UsageError if a video cannot be written to this path. */
export function checkVideoName(path: string): void {
  const known = Object.keys(CODECS).join(', ');
  if (CODECS[extname(path).toLowerCase()] === undefined) {
    throw new UsageError(`--record ${path}: expected a name that ends in ${known}`);
  }
  checkNewFile('--record', path);
}

/** Writes frames to a video file, which has a temporary name until it is complete. */
export class VideoRecorder {
  readonly #cv: OpenCv;
  readonly #path: string;
  readonly #partial: string;
  readonly #fps: number;
  readonly #size: { readonly width: number; readonly height: number };
  readonly #writer: Writer;
  #frames = 0;

  /** @param size of the video; frames of another size are resized. Throws UsageError, CameraError. */
  constructor(cv: OpenCv, path: string, fps: number, size: { width: number; height: number }) {
    checkVideoName(path);
    this.#cv = cv;
    this.#path = path;
    this.#partial = join(dirname(path), `.${process.pid}.${basename(path)}`);
    this.#fps = fps;
    // Encoders require even sizes.
    this.#size = { width: size.width & ~1, height: size.height & ~1 };
    const { width, height } = this.#size;
    const code = cv.VideoWriter.fourcc(CODECS[extname(path).toLowerCase()] ?? '');
    try {
      this.#writer = new cv.VideoWriter(this.#partial, code, fps, new cv.Size(width, height));
    } catch (cause) {
      throw new CameraError(
        `--record ${path}: OpenCV has no encoder for this format here; try a name that ends in .avi`,
        {
          cause,
        },
      );
    }
  }

  /**
   * Adds the frame of time `t`, in seconds since the first. To keep the video in real time, a frame is repeated when frames
   * were dropped, and left out when frames arrive faster than the video's rate.
   */
  add(picture: Picture, t: number): void {
    const due = Math.round(t * this.#fps) + 1 - this.#frames;
    if (due <= 0) return;
    const { width, height } = this.#size;
    const mat = matOf(this.#cv, resample(picture, width, height, 'bilinear'));
    try {
      for (let i = 0; i < due; i++) this.#writer.write(mat);
      this.#frames += due;
    } finally {
      mat.release();
    }
  }

  /** Completes the file and gives it its final name. Throws RunError. */
  close(): void {
    this.#writer.release();
    if (this.#frames === 0) {
      rmSync(this.#partial, { force: true });
      return;
    }
    try {
      renameSync(this.#partial, this.#path);
    } catch (cause) {
      throw writeError(this.#path, cause);
    }
  }
}
