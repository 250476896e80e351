import { existsSync } from 'node:fs';
import { UsageError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import { type Box, bySize, type FaceBox, iou, mirrorBox } from './geometry.js';
import { matOf } from './mat.js';
import type { Cascade, Mat, OpenCv } from './opencv.js';
import { cut } from './pixels.js';

/** What finds faces: a Haar cascade of OpenCV, or YuNet, a small neural network whose file the user provides. */
export const DETECTORS = ['haar', 'yunet'] as const;

export interface DetectorOptions {
  readonly kind: (typeof DETECTORS)[number];
  /** ONNX file of YuNet; default: one in the working folder or the cache folder. */
  readonly model?: string | undefined;
  /** XML file of a cascade; default: OpenCV's for frontal faces. */
  readonly cascade?: string | undefined;
  /** Reject faces without an eye in the upper half. */
  readonly eyes: boolean;
  /** Look a second time for faces from the side, where none was found. */
  readonly profile: boolean;
  /** Edge of the smallest face, in pixels of the frame. */
  readonly minFace: number;
  /** Ratio between successive sizes of the search window. */
  readonly scaleFactor: number;
  /** Number of overlapping detections that count as a face. */
  readonly neighbours: number;
  /** Factor by which the frame is shrunk before the search, 0 to 1; 0: as small as `minFace` allows. */
  readonly scale: number;
}

/** Finds the faces in a picture, largest first. */
export interface Detector {
  /** Whether it looks at the colour picture; else at the gray one. */
  readonly colour: boolean;
  detect(picture: Picture): Promise<FaceBox[]>;
}

const FOLDERS = [
  '/usr/share/opencv4/haarcascades',
  '/usr/local/share/opencv4/haarcascades',
  '/opt/homebrew/share/opencv4/haarcascades',
];
const FACE = 'haarcascade_frontalface_default.xml';
const EYE = 'haarcascade_eye.xml';
const PROFILE = 'haarcascade_profileface.xml';
/** A face from the side that overlaps a face by more than this, as intersection over union, is that face again. */
const SAME = 0.2;
/** Edge of the smallest face after shrinking, in pixels. The cascade finds faces down to 24 pixels, but fewer of them. */
const SEARCHED = 32;

/** Finds one of OpenCV's own cascades; undefined if it is not installed. */
export function findCascade(name = FACE): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

/** Factor by which frames are shrunk before the search. */
export function searchScale({ scale, minFace }: Pick<DetectorOptions, 'scale' | 'minFace'>): number {
  return scale > 0 ? scale : Math.min(1, SEARCHED / minFace);
}

/** A detector that uses a Haar cascade (Viola and Jones, 2001). */
export class HaarDetector implements Detector {
  readonly colour = false;
  readonly #cv: OpenCv;
  readonly #options: DetectorOptions;
  readonly #faces: Cascade;
  readonly #eyes: Cascade | undefined;
  readonly #profiles: Cascade | undefined;

  /** Throws UsageError when a cascade does not exist or cannot be read. */
  constructor(cv: OpenCv, options: DetectorOptions) {
    this.#cv = cv;
    this.#options = options;
    this.#faces = openCascade(cv, options.cascade, FACE);
    this.#eyes = options.eyes ? openCascade(cv, undefined, EYE) : undefined;
    this.#profiles = options.profile ? openCascade(cv, undefined, PROFILE) : undefined;
  }

  async detect(gray: Picture): Promise<Box[]> {
    const cv = this.#cv;
    const scale = searchScale(this.#options);
    const [cols, rows] = [gray.width, gray.height].map((size) => Math.max(1, Math.round(size * scale)));
    const large = matOf(cv, gray);
    let small = large;
    try {
      if (scale !== 1) small = large.resize(rows as number, cols as number, 0, 0, cv.INTER_AREA);
      const objects = await this.#search(this.#faces, small, scale);
      if (this.#profiles !== undefined) await this.#addProfiles(this.#profiles, objects, small, scale);
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

  #search(cascade: Cascade, mat: Mat, scale: number): Promise<Box[]> {
    const { minFace, scaleFactor, neighbours } = this.#options;
    const edge = Math.max(1, Math.floor(minFace * scale));
    const minSize = new this.#cv.Size(edge, edge);
    const options = { scaleFactor, minNeighbors: neighbours, minSize };
    return cascade.detectMultiScaleAsync(mat, options).then(({ objects }) => [...objects]);
  }

  /** Adds the faces from the side. OpenCV's cascade knows those that look to the left: the others are found in the mirrored picture. */
  async #addProfiles(cascade: Cascade, found: Box[], mat: Mat, scale: number): Promise<void> {
    const mirrored = mat.flip(1);
    try {
      const left = await this.#search(cascade, mat, scale);
      const right = await this.#search(cascade, mirrored, scale);
      for (const box of [...left, ...right.map((one) => mirrorBox(one, mat.cols))]) {
        if (found.every((other) => iou(box, other) <= SAME)) found.push(box);
      }
    } finally {
      mirrored.release();
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
      `cascade ${path ?? name}: there is no such file; run "fer-tui setup camera" to install OpenCV's own, or give another with --cascade FILE.xml`,
    );
  }
  try {
    return new cv.CascadeClassifier(path);
  } catch (cause) {
    throw new UsageError(
      `cascade ${path}: OpenCV cannot read it; expected an XML file with a Haar or LBP cascade`,
      { cause },
    );
  }
}
