import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../util/cache_folder.js';
import { UsageError } from '../util/errors.js';
import { inColor, type Picture } from '../util/picture.js';
import { type Detector, type DetectorOptions, searchScale } from './detector.js';
import { type Box, bySize, type FaceBox } from './geometry.js';
import { matOf } from './mat.js';
import type { Mat, Net, OpenCv } from './opencv.js';
import { decodeYuNet, OUTPUTS, STRIDES, type YuNetFace, type YuNetGrid } from './yunet.js';

/** Least score of a face, and the overlap from which two boxes are the same face. */
const [LEAST, SAME] = [0.5, 0.3];
/** A picture must have whole cells of the widest grid. */
const STEP = Math.max(...STRIDES);
/** Name of the network's input. */
const INPUT = 'input';
/**
 * Edge of the square that stands for a face, against the geometric mean of its width and height, so that the crop with the default
 * `margin` costs a network least. Measured on real faces (docs/results.md).
 */
const SQUARE = 1.07;

const NAMES = Object.keys(OUTPUTS).flatMap((name) => STRIDES.map((stride) => `${name}_${stride}`));
const WANTED =
  'expected YuNet with a fixed input size: yunet_n_320_320.onnx of github.com/ShiqiYu/libfacedetection.train, folder onnx';

/** YuNet's file: the first `*yunet*.onnx` in the working folder, else in the cache folder; undefined if there is none. */
export function findYuNet(folders: readonly string[] = ['.', cacheFolder()]): string | undefined {
  for (const folder of folders.filter((path) => existsSync(path))) {
    const name = readdirSync(folder)
      .filter((file) => /yunet.*\.onnx$/i.test(file))
      .sort()[0];
    if (name !== undefined) return join(folder, name);
  }
  return undefined;
}

/** A detector that uses YuNet, a small neural network. It tells the roll of a face by its eyes. */
export class YuNetDetector implements Detector {
  readonly colour = true;
  readonly #cv: OpenCv;
  readonly #options: DetectorOptions;
  readonly #path: string;
  readonly #net: Net;

  /** Throws UsageError when the network's file does not exist or cannot be read. */
  constructor(cv: OpenCv, options: DetectorOptions) {
    this.#cv = cv;
    this.#options = options;
    const path = options.model ?? findYuNet();
    if (path === undefined || !existsSync(path)) {
      throw new UsageError(
        `--detector yunet: ${path === undefined ? "YuNet's file is missing" : `${path}: there is no such file`}; get yunet_n_320_320.onnx (300 kB) ` +
          `from github.com/ShiqiYu/libfacedetection.train, folder onnx, and put it into ${resolve(cacheFolder())}, or name it with --detector-model FILE`,
      );
    }
    this.#path = path;
    try {
      this.#net = cv.readNetFromONNX(path);
    } catch (cause) {
      throw new UsageError(`${path}: OpenCV cannot read it; ${WANTED}`, { cause });
    }
  }

  async detect(picture: Picture): Promise<FaceBox[]> {
    const scale = searchScale(this.#options);
    const fitted = (size: number): number => STEP * Math.max(1, Math.round((size * scale) / STEP));
    const [cols, rows] = [fitted(picture.width), fitted(picture.height)];
    const faces = decodeYuNet(await this.#grids(picture, cols, rows), LEAST, SAME);
    const [sx, sy] = [picture.width / cols, picture.height / rows];
    return faces
      .map((face) => squareOf(face, sx, sy))
      .filter(({ width }) => width >= this.#options.minFace)
      .sort(bySize);
  }

  /** Runs the network on the picture, resized to cols x rows. */
  async #grids(picture: Picture, cols: number, rows: number): Promise<YuNetGrid[]> {
    const cv = this.#cv;
    const held: Mat[] = [];
    const hold = (mat: Mat): Mat => {
      held.unshift(mat);
      return mat;
    };
    try {
      const large = hold(matOf(cv, inColor(picture)));
      this.#net.setInput(hold(cv.blobFromImage(hold(large.resize(rows, cols, 0, 0, cv.INTER_AREA)))), INPUT);
      const outputs = (await this.#forward()).map(hold);
      const numbers = (name: keyof typeof OUTPUTS, stride: number): Float32Array => {
        const cells = (cols / stride) * (rows / stride);
        const output = outputs[NAMES.indexOf(`${name}_${stride}`)] as Mat;
        const bytes = hold(output.flattenFloat(cells, OUTPUTS[name])).getData();
        return new Float32Array(Uint8Array.from(bytes).buffer);
      };
      return STRIDES.map((stride) => ({
        ...{ stride, cols: cols / stride },
        ...{ cls: numbers('cls', stride), obj: numbers('obj', stride) },
        ...{ bbox: numbers('bbox', stride), kps: numbers('kps', stride) },
      }));
    } finally {
      for (const mat of held) mat.release();
    }
  }

  /** The network's outputs. Throws UsageError if it is another network. */
  async #forward(): Promise<Mat[]> {
    try {
      return await this.#net.forwardAsync(NAMES);
    } catch (cause) {
      throw new UsageError(`${this.#path}: is another network, or of another format; ${WANTED}`, { cause });
    }
  }
}

/** The square and the roll of a face, in pixels of a frame that was shrunk by `sx` and `sy`. */
function squareOf({ box, points }: YuNetFace, sx: number, sy: number): FaceBox {
  const edge = SQUARE * Math.sqrt(box.width * sx * box.height * sy);
  const [x, y] = [(box.x + box.width / 2) * sx - edge / 2, (box.y + box.height / 2) * sy - edge / 2];
  const square: Box = { x, y, width: edge, height: edge };
  const [left, right] = points;
  if (left === undefined || right === undefined) return square;
  return { ...square, roll: Math.atan2((right.y - left.y) * sy, (right.x - left.x) * sx) };
}
