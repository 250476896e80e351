import { DataError } from '../util/errors.js';
import { pictureOf } from './mat.js';
import type { Mat, OpenCv } from './opencv.js';
import type { Frame, FrameSource, SourceInfo } from './source.js';

/** A source of photographs, rotated as their EXIF data says. */
export class ImageSource implements FrameSource {
  readonly info: SourceInfo;
  readonly #cv: OpenCv;
  readonly #paths: readonly string[];
  #index = 0;

  /** Throws DataError when the first image cannot be read. */
  constructor(cv: OpenCv, paths: readonly string[], name: string) {
    this.#cv = cv;
    this.#paths = paths;
    const first = this.#open(paths[0] ?? '');
    const { cols: width, rows: height } = first;
    first.release();
    this.info = {
      kind: 'images',
      name,
      width,
      height,
      fps: 1,
      live: false,
      stills: true,
      seconds: paths.length,
    };
  }

  async read(): Promise<Frame | undefined> {
    const path = this.#paths[this.#index];
    if (path === undefined) return undefined;
    const index = this.#index++;
    return { index, t: index, picture: pictureOf(this.#cv, this.#open(path)), path };
  }

  #open(path: string): Mat {
    try {
      const mat = this.#cv.imread(path);
      if (!mat.empty) return mat;
    } catch {} // the binding's error does not tell the reason
    throw new DataError(
      `${path}: cannot be read as an image; expected an intact JPEG, PNG, BMP, WebP or TIFF: replace or remove it`,
    );
  }

  close(): void {}
}
