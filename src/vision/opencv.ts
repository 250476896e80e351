import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../util/cache_folder.js';
import { CameraError } from '../util/errors.js';

/** The part of the OpenCV binding that is used here. */
export interface OpenCv {
  readonly Mat: new (data: Buffer, rows: number, cols: number, type: number) => Mat;
  readonly Size: new (width: number, height: number) => object;
  readonly CascadeClassifier: new (file: string) => Cascade;
  readonly VideoCapture: new (source: string | number, api?: number) => Capture;
  readonly VideoWriter: {
    new (file: string, fourcc: number, fps: number, size: object): Writer;
    fourcc(code: string): number;
  };
  imread(file: string): Mat;
  readNetFromONNX(file: string): Net;
  /** Bytes to numbers, [1, channels, rows, cols]. */
  blobFromImage(image: Mat): Mat;
  readonly version: { readonly major: number; readonly minor: number };
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly COLOR_BGR2RGB: number;
  readonly COLOR_RGB2BGR: number;
  readonly INTER_AREA: number;
  readonly CAP_FFMPEG: number;
  readonly CAP_PROP_POS_MSEC: number;
  readonly CAP_PROP_FPS: number;
  readonly CAP_PROP_FRAME_WIDTH: number;
  readonly CAP_PROP_FRAME_HEIGHT: number;
  readonly CAP_PROP_FRAME_COUNT: number;
}

/** An image in OpenCV's memory, outside of JavaScript's heap. Call `release` as soon as its pixels have been read. */
export interface Mat {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  readonly empty: boolean | number;
  cvtColor(code: number): Mat;
  /** Mirrored: left and right change places for 1; for -1 also up and down, which turns the image by 180 degrees. */
  flip(code: number): Mat;
  resize(rows: number, cols: number, fx: number, fy: number, interpolation: number): Mat;
  getData(): Buffer;
  /** The same 32-bit numbers as a matrix, in the same memory: release it before the original. */
  flattenFloat(rows: number, cols: number): Mat;
  release(): void;
}

/** A neural network that OpenCV runs. */
export interface Net {
  setInput(blob: Mat, name: string): void;
  forwardAsync(outputs: readonly string[]): Promise<Mat[]>;
}

export interface Cascade {
  detectMultiScaleAsync(
    image: Mat,
    options: { scaleFactor: number; minNeighbors: number; minSize: object },
  ): Promise<{ objects: readonly { x: number; y: number; width: number; height: number }[] }>;
}

export interface Capture {
  get(property: number): number;
  set(property: number, value: number): boolean;
  readAsync(): Promise<Mat>;
  release(): void;
}

export interface Writer {
  write(image: Mat): void;
  release(): void;
}

/** A binding is built for one major version of Node.js. */
const DOES_NOT_FIT = `the camera's OpenCV binding does not load in Node.js ${process.versions.node}: it was built for another version of Node.js or OpenCV; run "fer-tui setup camera" with this Node.js to build it again, or look at the built-in faces with --source demo`;

/** Where `fer-tui setup camera` installs the binding for a package that npm installed, perhaps as another user. */
export const cameraFolder = (): string => join(cacheFolder(), 'camera');

/** Folders in which the binding's package may be installed, in the order in which they are tried. */
export const bindingHomes = (): readonly string[] => [
  fileURLToPath(new URL('../../', import.meta.url)),
  cameraFolder(),
];

/**
 * Loads the OpenCV binding. Only the vision process may call this, because the binding prints on stdout while it loads, and its
 * libraries print on stderr while they run. Throws CameraError.
 */
export function loadOpenCv(): OpenCv {
  process.env['OPENCV4NODEJS_DISABLE_AUTOBUILD'] = '1';
  process.env['OPENCV_LOG_LEVEL'] ??= 'ERROR';
  const causes: NodeJS.ErrnoException[] = [];
  for (const home of bindingHomes()) {
    try {
      return createRequire(join(home, 'package.json'))('@u4/opencv4nodejs') as OpenCv;
    } catch (cause) {
      causes.push(cause as NodeJS.ErrnoException);
    }
  }
  const unfit = causes.find(({ code }) => code === 'ERR_DLOPEN_FAILED');
  if (unfit !== undefined) throw new CameraError(DOES_NOT_FIT, { cause: unfit });
  throw new CameraError(
    'the camera needs OpenCV and its binding, which cannot be loaded; run "fer-tui setup camera" ("fer-tui doctor" shows what is missing), or try the built-in faces with --source demo',
    { cause: causes[0] },
  );
}
