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
  /** The frame that is shown until the next picture. */
  #shown: Picture | undefined;

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
   * Adds the picture of time `t`, in seconds since the first. OpenCV writes constant rates only: each picture begins with the frame
   * nearest to its time and stays until the next one begins. Of several with the same frame, the first is seen there.
   */
  add(picture: Picture, t: number): void {
    const at = Math.round(t * this.#fps);
    const { width, height } = this.#size;
    const next = resample(picture, width, height, 'bilinear');
    this.#write(this.#shown ?? next, at - this.#frames);
    this.#write(next, at + 1 - this.#frames);
    this.#shown = next;
  }

  #write(picture: Picture, times: number): void {
    if (times <= 0) return;
    const mat = matOf(this.#cv, picture);
    try {
      for (let i = 0; i < times; i++) this.#writer.write(mat);
      this.#frames += times;
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
