import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CameraError } from '../util/errors.js';
import { cameraProblem, cameraRefused, canProbe } from './camera_problem.js';
import { FrameClock } from './frame_clock.js';
import { pictureOf } from './mat.js';
import type { Capture, Mat, OpenCv } from './opencv.js';
import type { Frame, FrameSource, SourceInfo } from './source.js';
import { nameOfSource, type SourceSpec } from './source_spec.js';

type CaptureSpec = Extract<SourceSpec, { kind: 'camera' | 'stream' | 'video' }>;

/** Failed reads in a row after which a live source counts as ended, and the pause between them in milliseconds. */
const [TRIES, PAUSE_MS] = [20, 100];
/** Higher frame rates are taken for a decoder's mistake. */
const MOST_FPS = 240;
/** Frame rate of a file that reports none. */
const USUAL_FPS = 25;

/** Opens a camera, video file or stream, and reads its first frame. Throws CameraError that says why this failed. */
export async function openCapture(cv: OpenCv, spec: CaptureSpec): Promise<FrameSource> {
  const source = new CaptureSource(cv, spec, connect(cv, spec));
  await source.begin();
  return source;
}

function connect(cv: OpenCv, spec: CaptureSpec): Capture {
  if (spec.kind === 'camera') {
    const problem = canProbe() ? cameraProblem(spec.index, spec.device) : undefined;
    if (problem !== undefined) throw new CameraError(problem);
    const api = process.platform === 'linux' ? cv.CAP_V4L2 : 0;
    return attempt(cv, spec.index, [api]) ?? refuse(cameraRefused(spec.index, spec.device));
  }
  const target = spec.kind === 'stream' ? spec.url : spec.path;
  const name = nameOfSource(spec);
  return (
    attempt(cv, target, [cv.CAP_FFMPEG, 0]) ??
    refuse(
      spec.kind === 'stream'
        ? `${name}: the stream cannot be opened; check the address, user and password, and whether other programs (ffplay, VLC) can play it`
        : `${name}: cannot be read as a video; expected an intact .mp4, .avi, .mkv or similar file`,
    )
  );
}

/** Tries to open a target; undefined on failure. The binding's errors do not tell the reason. */
function attempt(cv: OpenCv, target: string | number, apis: readonly number[]): Capture | undefined {
  for (const api of apis) {
    try {
      return new cv.VideoCapture(target, api);
    } catch {}
  }
  return undefined;
}

function refuse(message: string): never {
  throw new CameraError(message);
}

class CaptureSource implements FrameSource {
  readonly #cv: OpenCv;
  readonly #spec: CaptureSpec;
  readonly #capture: Capture;
  #info: SourceInfo;
  #first: Mat | undefined;
  readonly #clock: FrameClock;
  #index = 0;
  #began = 0;

  constructor(cv: OpenCv, spec: CaptureSpec, capture: Capture) {
    this.#cv = cv;
    this.#spec = spec;
    this.#capture = capture;
    const fps = capture.get(cv.CAP_PROP_FPS);
    this.#info = {
      kind: spec.kind,
      name: nameOfSource(spec),
      width: 0,
      height: 0,
      fps: fps > 0 && fps <= MOST_FPS ? fps : 0,
      live: spec.kind !== 'video',
      stills: false,
    };
    this.#clock = new FrameClock(this.#info.fps || USUAL_FPS);
  }

  get info(): SourceInfo {
    return this.#info;
  }

  /** Reads the first frame. Only this shows that the source works, and its size. */
  async begin(): Promise<void> {
    const mat = await this.#next();
    if (mat === undefined) {
      this.close();
      const { name } = this.#info;
      refuse(
        this.#spec.kind === 'camera'
          ? cameraRefused(this.#spec.index, this.#spec.device)
          : `${name}: no frame can be decoded; expected an intact video with at least one frame`,
      );
    }
    this.#first = mat;
    this.#info = { ...this.#info, width: mat.cols, height: mat.rows };
    this.#began = performance.now();
  }

  async read(): Promise<Frame | undefined> {
    const mat = this.#first ?? (await this.#next());
    this.#first = undefined;
    if (mat === undefined) return this.#end();
    const index = this.#index++;
    const t = this.#info.live
      ? (performance.now() - this.#began) / 1000
      : this.#clock.next(this.#capture.get(this.#cv.CAP_PROP_POS_MSEC));
    return { index, t, picture: pictureOf(this.#cv, mat) };
  }

  /** Handles a read without a frame: a file or stream has ended, but a camera has failed. Throws CameraError. */
  #end(): undefined {
    if (this.#spec.kind !== 'camera') return undefined;
    const { index, device } = this.#spec;
    const seen = `after ${this.#index.toLocaleString('en')} frames`;
    throw new CameraError(
      canProbe() && !existsSync(device)
        ? `camera ${index} was unplugged ${seen}; plug it in again, then reconnect`
        : `camera ${index} stopped sending pictures ${seen}; reconnect, or unplug it and plug it in again`,
    );
  }

  async #next(): Promise<Mat | undefined> {
    const tries = this.#info.live ? TRIES : 1;
    for (let i = 0; i < tries; i++) {
      if (i > 0) await sleep(PAUSE_MS);
      const mat = await this.#capture.readAsync().catch(() => undefined);
      if (mat !== undefined && !mat.empty && mat.cols > 0) return mat;
      mat?.release();
      if (this.#spec.kind === 'camera' && canProbe() && !existsSync(this.#spec.device)) break;
    }
    return undefined;
  }

  close(): void {
    this.#first?.release();
    this.#capture.release();
  }
}
