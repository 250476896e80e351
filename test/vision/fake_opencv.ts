import { writeFileSync } from 'node:fs';
import { resample } from '../../src/util/resample.js';
import type { Capture, Cascade, Mat, Net, OpenCv, Writer } from '../../src/vision/opencv.js';

/** A rectangle as OpenCV gives it. */
export interface Found {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a cascade was asked. */
export interface Search {
  readonly file: string;
  readonly cols: number;
  readonly rows: number;
  readonly data: Buffer;
  readonly options: { readonly scaleFactor: number; readonly minNeighbors: number; readonly minSize: object };
}

/** What stands in for files and devices. */
export interface World {
  /** Cascades that can be read, and what each finds. */
  readonly cascades?: Readonly<Record<string, (search: Search) => readonly Found[]>>;
  /** Networks that can be read: what each answers to a picture of cols x rows, by the name of an output. */
  readonly nets?: Readonly<Record<string, (output: string, cols: number, rows: number) => Float32Array>>;
  /** Images by path, [height, width, channels] in blue, green, red. */
  readonly images?: Readonly<Record<string, MatLike>>;
  /** Frames of a source; undefined where one cannot be read, `never` where nothing is heard. No source: cannot be opened. */
  readonly captures?: (
    source: string | number,
    api: number,
  ) => readonly (MatLike | 'never' | undefined)[] | undefined;
  readonly fps?: number;
  /** Number of frames that the container tells. */
  readonly count?: number;
  /** Times of the frames in their container, in milliseconds. */
  readonly times?: readonly number[];
  /** Degrees by which the container wants its frames turned. */
  readonly orientation?: number;
  readonly version?: { readonly major: number; readonly minor: number };
  /** Whether there is an encoder. */
  readonly encoder?: boolean;
}

export interface MatLike {
  readonly rows: number;
  readonly cols: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** A frame of OpenCV, 2 x 1: red, then a mix. */
export const FRAME: MatLike = { rows: 1, cols: 2, channels: 3, data: Uint8Array.of(0, 0, 255, 3, 2, 1) };
/** The same as the data of a picture. */
export const FRAME_RGB: readonly number[] = [255, 0, 0, 1, 2, 3];

/** Memory that is released by hand: each once, and not used after that. */
class FakeMat implements Mat {
  readonly rows: number;
  readonly cols: number;
  readonly channels: 1 | 3;
  readonly #data: Buffer;
  #there = true;

  constructor(
    private readonly cv: FakeOpenCv,
    { rows, cols, channels, data }: MatLike,
  ) {
    this.rows = rows;
    this.cols = cols;
    this.channels = channels;
    this.#data = Buffer.from(data);
    cv.held++;
  }

  get empty(): boolean {
    return this.#data.length === 0;
  }

  cvtColor(code: number): Mat {
    if (code !== this.cv.COLOR_BGR2RGB && code !== this.cv.COLOR_RGB2BGR)
      throw new Error(`conversion ${code}`);
    const data = Buffer.from(this.getData());
    for (let i = 0; i < data.length; i += 3) data.subarray(i, i + 3).reverse();
    return new FakeMat(this.cv, { rows: this.rows, cols: this.cols, channels: this.channels, data });
  }

  resize(rows: number, cols: number, fx: number, fy: number, interpolation: number): Mat {
    if (fx !== 0 || fy !== 0 || interpolation !== this.cv.INTER_AREA) throw new Error('another resize');
    const { channels } = this;
    const large = { width: this.cols, height: this.rows, channels, data: this.getData() };
    return new FakeMat(this.cv, { rows, cols, channels, data: resample(large, cols, rows, 'bilinear').data });
  }

  flip(code: number): Mat {
    if (code !== -1 && code !== 1) throw new Error('another flip');
    const { rows, cols, channels } = this;
    const pixels = Array.from({ length: rows * cols }, (_, i) => {
      const from = code === -1 ? rows * cols - 1 - i : i - (i % cols) + (cols - 1 - (i % cols));
      return this.getData().subarray(from * channels, (from + 1) * channels);
    });
    return new FakeMat(this.cv, { rows, cols, channels, data: Buffer.concat(pixels) });
  }

  getData(): Buffer {
    if (!this.#there) throw new Error('a released mat is used');
    return this.#data;
  }

  flattenFloat(rows: number, cols: number): Mat {
    const data = this.getData();
    if (data.length !== 4 * rows * cols) throw new Error('numbers do not fit');
    return new FakeMat(this.cv, { rows, cols, channels: 1, data });
  }

  release(): void {
    if (!this.#there) throw new Error('a mat is released twice');
    this.#there = false;
    this.cv.held--;
  }
}

/** The binding in JavaScript, for tests where OpenCV is not installed. It counts what is not released. */
export class FakeOpenCv implements OpenCv {
  readonly version: OpenCv['version'];
  readonly CV_8UC1 = 0;
  readonly CV_8UC3 = 16;
  readonly COLOR_BGR2RGB = 4;
  readonly COLOR_RGB2BGR = 5;
  readonly INTER_AREA = 3;
  readonly CAP_FFMPEG = 1900;
  readonly CAP_PROP_POS_MSEC = 0;
  readonly CAP_PROP_FPS = 5;
  readonly CAP_PROP_FRAME_WIDTH = 3;
  readonly CAP_PROP_FRAME_HEIGHT = 4;
  readonly CAP_PROP_FRAME_COUNT = 7;
  readonly searches: Search[] = [];
  readonly opened: [source: string | number, api: number][] = [];
  readonly written: { file: string; code: number; fps: number; size: object; frames: Buffer[] }[] = [];
  readonly #unanswered: (() => void)[] = [];
  /** Mats and captures that nobody has released. */
  held = 0;
  readonly Mat: OpenCv['Mat'];
  readonly Size: OpenCv['Size'];
  readonly CascadeClassifier: OpenCv['CascadeClassifier'];
  readonly VideoCapture: OpenCv['VideoCapture'];
  readonly VideoWriter: OpenCv['VideoWriter'];

  constructor(private readonly world: World = {}) {
    const cv = this;
    this.version = world.version ?? { major: 4, minor: 0 };
    this.Mat = class extends FakeMat {
      constructor(data: Buffer, rows: number, cols: number, type: number) {
        const channels = type === cv.CV_8UC3 ? 3 : 1;
        if (data.length !== rows * cols * channels) throw new Error('bytes do not fit');
        super(cv, { rows, cols, channels, data });
      }
    };
    this.Size = class {
      constructor(
        readonly width: number,
        readonly height: number,
      ) {}
    };
    this.CascadeClassifier = class implements Cascade {
      readonly #find: (search: Search) => readonly Found[];

      constructor(private readonly file: string) {
        const find = world.cascades?.[file];
        if (find === undefined) throw new Error('CascadeClassifier - failed to load cascade');
        this.#find = find;
      }

      async detectMultiScaleAsync(image: Mat, options: Search['options']) {
        const search = {
          file: this.file,
          cols: image.cols,
          rows: image.rows,
          data: image.getData(),
          options,
        };
        cv.searches.push(search);
        return { objects: this.#find(search) };
      }
    };
    this.VideoCapture = class implements Capture {
      readonly #frames: (MatLike | 'never' | undefined)[];

      constructor(source: string | number, api = 0) {
        cv.opened.push([source, api]);
        const frames = world.captures?.(source, api);
        if (frames === undefined) throw new Error('VideoCapture - failed to open');
        this.#frames = [...frames];
        cv.held++;
      }

      #at = -1;

      get(property: number): number {
        if (property === cv.CAP_PROP_POS_MSEC) return world.times?.[this.#at] ?? 0;
        if (property === 48) return world.orientation ?? 0;
        if (property === cv.CAP_PROP_FRAME_COUNT) return world.count ?? 0;
        return property === cv.CAP_PROP_FPS ? (world.fps ?? 0) : 0;
      }

      set(): boolean {
        return true;
      }

      async readAsync(): Promise<Mat> {
        const frame = this.#frames.shift();
        this.#at++;
        if (frame === undefined) throw new Error('VideoCapture - no frame');
        if (frame === 'never') await new Promise<void>((resolve) => cv.#unanswered.push(resolve));
        if (frame === 'never') throw new Error('VideoCapture - no frame after all');
        return cv.mat(frame);
      }

      release(): void {
        cv.held--;
      }
    };
    this.VideoWriter = class implements Writer {
      static fourcc(code: string): number {
        return Buffer.from(code).readUInt32LE(0);
      }

      readonly #frames: Buffer[] = [];

      constructor(
        private readonly file: string,
        code: number,
        fps: number,
        size: object,
      ) {
        if (world.encoder === false) throw new Error('VideoWriter - failed to open');
        cv.written.push({ file, code, fps, size, frames: this.#frames });
        writeFileSync(file, '');
      }

      write(image: Mat): void {
        this.#frames.push(image.getData());
      }

      release(): void {
        writeFileSync(this.file, Buffer.concat(this.#frames));
      }
    };
  }

  /** Answers the reads that nothing was heard of. */
  answer(): void {
    for (const resolve of this.#unanswered) resolve();
  }

  /** A mat of these pixels, counted. */
  mat(pixels: MatLike): Mat {
    return new FakeMat(this, pixels);
  }

  blobFromImage(image: Mat): Mat {
    if (image.channels !== 3) throw new Error('a blob in gray');
    return this.mat({ rows: image.rows, cols: image.cols, channels: 3, data: image.getData() });
  }

  readNetFromONNX(file: string): Net {
    const answer = this.world.nets?.[file];
    if (answer === undefined) throw new Error('readNetFromONNX');
    let input: Mat | undefined;
    return {
      setInput: (blob, name) => {
        if (name !== 'input') throw new Error('another input');
        input = blob;
      },
      forwardAsync: async (outputs) => {
        const { cols, rows } = input as Mat;
        return outputs.map((output) => {
          const values = answer(output, cols, rows);
          const data = new Uint8Array(values.buffer);
          return this.mat({ rows: -1, cols: -1, channels: 1, data });
        });
      },
    };
  }

  imread(file: string): Mat {
    const image = this.world.images?.[file];
    if (image === undefined) throw new Error('imread');
    return this.mat(image);
  }
}
