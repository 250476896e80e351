import { decodePicture } from '../data/image.js';
import { type FoundImages, noneRead, readPicture } from '../data/image_files.js';
import { pictureKind } from '../data/picture_kind.js';
import { isWholeJpeg } from '../data/whole_jpeg.js';
import { DataError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import { pictureOf } from './mat.js';
import type { OpenCv } from './opencv.js';
import { type Frame, type FrameSource, type SourceInfo, UnreadError } from './source.js';

/** A source of photographs, rotated as their EXIF data says. */
export class ImageSource implements FrameSource {
  readonly info: SourceInfo;
  readonly notes: readonly string[];
  readonly #cv: OpenCv;
  readonly #paths: readonly string[];
  #index = 0;

  private constructor(cv: OpenCv, { paths, notes }: FoundImages, info: SourceInfo) {
    this.info = info;
    this.notes = notes;
    this.#cv = cv;
    this.#paths = paths;
  }

  /** Its size is that of the first photograph that can be read. Throws DataError where none can. */
  static async open(cv: OpenCv, found: FoundImages, name: string): Promise<ImageSource> {
    const { width, height } = await firstOf(cv, found.paths);
    const seconds = found.paths.length;
    return new ImageSource(cv, found, {
      ...{ kind: 'images', name, width, height, fps: 1, live: false, stills: true, seconds },
    });
  }

  async read(): Promise<Frame | undefined> {
    const path = this.#paths[this.#index];
    if (path === undefined) return undefined;
    const index = this.#index++;
    return { index, t: index, picture: await photograph(this.#cv, path), path };
  }

  close(): void {}
}

async function firstOf(cv: OpenCv, paths: readonly string[]): Promise<Picture> {
  const reasons: string[] = [];
  for (const path of paths) {
    try {
      return await photograph(cv, path);
    } catch (error) {
      if (!(error instanceof UnreadError)) throw error;
      reasons.push(error.message);
    }
  }
  throw noneRead(reasons);
}

/** Throws UnreadError. */
async function photograph(cv: OpenCv, path: string): Promise<Picture> {
  try {
    return await decoded(cv, path);
  } catch (error) {
    throw error instanceof DataError ? new UnreadError(path, error) : error;
  }
}

/** Decodes a photograph with OpenCV; what OpenCV cannot read, as pictures are decoded elsewhere. Throws DataError. */
async function decoded(cv: OpenCv, path: string): Promise<Picture> {
  const bytes = readPicture(path); // first: OpenCV would wait for a pipe
  if (pictureKind(bytes.subarray(0, 512)) === 'JPEG' && !isWholeJpeg(bytes)) {
    throw new DataError(`${path}: the JPEG picture is cut off or damaged (its end is missing)`);
  }
  try {
    const mat = cv.imread(path);
    if (!mat.empty) return pictureOf(cv, mat);
    mat.release();
  } catch {} // the binding's error does not tell the reason
  return decodePicture(bytes, path);
}
