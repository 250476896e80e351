import { existsSync } from 'node:fs';
import { UsageError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import { type Box, bySize } from './geometry.js';
import { matOf } from './mat.js';
import type { Cascade, OpenCv } from './opencv.js';
import { cut } from './pixels.js';

export interface DetectorOptions {
  /** A cascade's XML file; default: OpenCV's frontal face. */
  readonly cascade?: string | undefined;
  /** Drops faces in whose upper half no eye is found. */
  readonly eyes: boolean;
  /** Smallest face, in pixels of the frame. */
  readonly minFace: number;
  /** Step between the sizes that are looked for. */
  readonly scaleFactor: number;
  /** How many overlapping hits make a face. */
  readonly neighbours: number;
  /** The frame is made smaller by this before the search; 0: as far as `minFace` allows. */
  readonly scale: number;
}

/** Finds faces in a gray picture; the largest first. */
export interface Detector {
  detect(gray: Picture): Promise<Box[]>;
}

const FOLDERS = [
  '/usr/share/opencv4/haarcascades',
  '/usr/local/share/opencv4/haarcascades',
  '/opt/homebrew/share/opencv4/haarcascades',
];
const FACE = 'haarcascade_frontalface_default.xml';
const EYE = 'haarcascade_eye.xml';
/** Edge of the smallest face that is looked for after shrinking. The cascade itself goes down to 24, with less recall. */
const SEARCHED = 32;

/** The path of one of OpenCV's own cascades, if it is installed. */
export function findCascade(name = FACE): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

/** How far frames are shrunk for the search. */
export function searchScale({ scale, minFace }: Pick<DetectorOptions, 'scale' | 'minFace'>): number {
  return scale > 0 ? scale : Math.min(1, SEARCHED / minFace);
}

/** A Haar cascade (Viola and Jones, 2001). */
export class HaarDetector implements Detector {
  readonly #cv: OpenCv;
  readonly #options: DetectorOptions;
  readonly #faces: Cascade;
  readonly #eyes: Cascade | undefined;

  /** Throws UsageError when a cascade is missing or is none. */
  constructor(cv: OpenCv, options: DetectorOptions) {
    this.#cv = cv;
    this.#options = options;
    this.#faces = openCascade(cv, options.cascade, FACE);
    this.#eyes = options.eyes ? openCascade(cv, undefined, EYE) : undefined;
  }

  async detect(gray: Picture): Promise<Box[]> {
    const { minFace, scaleFactor, neighbours } = this.#options;
    const cv = this.#cv;
    const scale = searchScale(this.#options);
    const [cols, rows] = [gray.width, gray.height].map((size) => Math.max(1, Math.round(size * scale)));
    const large = matOf(cv, gray);
    let small = large;
    try {
      if (scale !== 1) small = large.resize(rows as number, cols as number, 0, 0, cv.INTER_AREA);
      const edge = Math.max(1, Math.floor(minFace * scale));
      const { objects } = await this.#faces.detectMultiScaleAsync(small, {
        scaleFactor,
        minNeighbors: neighbours,
        minSize: new cv.Size(edge, edge),
      });
      const [sx, sy] = [gray.width / small.cols, gray.height / small.rows];
      const boxes = objects.map(({ x, y, width, height }) => ({
        ...{ x: x * sx, y: y * sy, width: width * sx, height: height * sy },
      }));
      return (await this.#withEyes(gray, boxes)).sort(bySize);
    } finally {
      if (small !== large) small.release();
      large.release();
    }
  }

  async #withEyes(gray: Picture, boxes: Box[]): Promise<Box[]> {
    if (this.#eyes === undefined) return boxes;
    const kept: Box[] = [];
    for (const box of boxes) {
      const mat = matOf(this.#cv, cut(gray, { ...box, height: 0.6 * box.height }));
      const edge = Math.max(8, Math.round(box.width / 8));
      const { objects } = await this.#eyes
        .detectMultiScaleAsync(mat, {
          scaleFactor: 1.1,
          minNeighbors: 3,
          minSize: new this.#cv.Size(edge, edge),
        })
        .finally(() => mat.release());
      if (objects.length > 0) kept.push(box);
    }
    return kept;
  }
}

function openCascade(cv: OpenCv, given: string | undefined, name: string): Cascade {
  const path = given ?? findCascade(name);
  if (path === undefined || !existsSync(path)) {
    throw new UsageError(
      `cascade ${path ?? name}: there is no such file; run "npm run setup:camera" for OpenCV's own, or give --cascade FILE.xml`,
    );
  }
  try {
    return new cv.CascadeClassifier(path);
  } catch (cause) {
    throw new UsageError(
      `cascade ${path}: not a cascade that OpenCV can read; expected a Haar or LBP cascade as XML`,
      { cause },
    );
  }
}
