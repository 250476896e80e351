import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CameraError } from '../util/errors.js';
import { cameraApis, cameraProblem, cameraRefused, canProbe } from './camera_problem.js';
import { FrameClock } from './frame_clock.js';
import { pictureOf } from './mat.js';
import type { Capture, Mat, OpenCv } from './opencv.js';
import type { Frame, FrameSource, SourceInfo } from './source.js';
import { nameOfSource, type SourceSpec } from './source_spec.js';

type CaptureSpec = Extract<SourceSpec, { kind: 'camera' | 'stream' | 'video' }>;

/** Failed reads in a row after which a live source counts as gone, and the pause between them in milliseconds. */
const [TRIES, PAUSE_MS] = [20, 100];
/**
 * Time without an answer after which a live source counts as stalled. A new connection may take as long. HTTP Live Streaming sends
 * portions of up to ten seconds each, one at a time.
 */
const [SILENCE_MS, SILENCE_HLS_MS] = [4000, 20_000];
/** Higher frame rates are considered a mistake of the decoder. */
const MOST_FPS = 240;
/** Frame rate of a file that reports none. */
const USUAL_FPS = 25;
/** OpenCV's CAP_PROP_ORIENTATION_META, which the binding does not name: degrees by which a phone wants its video turned. */
const ORIENTATION = 48;
/** A file from a server has ended early if more than this many seconds are missing. */
const MISSING = 2;

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
    return attempt(cv, spec.index, cameraApis()) ?? refuse(cameraRefused(spec.index, spec.device));
  }
  const target = spec.kind === 'stream' ? spec.url : spec.path;
  const name = nameOfSource(spec);
  if (spec.kind === 'stream') limitSilence();
  return (
    attempt(cv, target, [cv.CAP_FFMPEG, 0]) ??
    refuse(
      spec.kind === 'stream'
        ? `${name}: the stream cannot be opened; check the address, user and password, and whether other programs (ffplay, VLC) can play it`
        : `${name}: cannot be read as a video; expected an intact .mp4, .avi, .mkv or similar file`,
    )
  );
}

/**
 * Makes FFmpeg give up on a server that does not respond. OpenCV reads its options from the environment, and the binding, which blocks
 * while it connects, cannot pass any. `timeout` is the option of RTSP, `rw_timeout` that of other protocols, both in microseconds;
 * the first entry is OpenCV's own default.
 */
function limitSilence(): void {
  const us = SILENCE_MS * 1000;
  process.env['OPENCV_FFMPEG_CAPTURE_OPTIONS'] ??= `rtsp_flags;prefer_tcp|timeout;${us}|rw_timeout;${us}`;
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

/** Turns an image by 180 degrees, and releases the original. */
function turned(mat: Mat): Mat {
  try {
    return mat.flip(-1);
  } finally {
    mat.release();
  }
}

function refuse(message: string): never {
  throw new CameraError(message);
}

class CaptureSource implements FrameSource {
  readonly #cv: OpenCv;
  readonly #spec: CaptureSpec;
  readonly #capture: Capture;
  readonly #clock: FrameClock;
  readonly #silenceMs: number;
  /**
   * Whether frames arrive upside down. OpenCV turns the video of a phone that was held upright, but version 4.6 turns it the wrong
   * way (its issue 22088).
   */
  readonly #upsideDown: boolean;
  #info: SourceInfo;
  #first: Mat | undefined;
  #index = 0;
  #began = 0;
  /** Time of the last frame, in seconds. */
  #t = 0;
  /** A read that has not been answered. The source must not be released before it is answered. */
  #unanswered: Promise<unknown> | undefined;
  #closed = false;

  constructor(cv: OpenCv, spec: CaptureSpec, capture: Capture) {
    this.#cv = cv;
    this.#spec = spec;
    this.#capture = capture;
    const portions = spec.kind === 'stream' && /\.m3u8(\?|$)/i.test(spec.url);
    this.#silenceMs = portions ? SILENCE_HLS_MS : SILENCE_MS;
    const { major, minor } = cv.version;
    this.#upsideDown = major === 4 && minor === 6 && [90, 270].includes(capture.get(ORIENTATION));
    const reported = capture.get(cv.CAP_PROP_FPS);
    const fps = reported > 0 && reported <= MOST_FPS ? reported : 0;
    const seconds = spec.kind === 'camera' || fps === 0 ? 0 : capture.get(cv.CAP_PROP_FRAME_COUNT) / fps;
    this.#info = {
      ...{ kind: spec.kind, name: nameOfSource(spec), width: 0, height: 0, fps },
      // A stream of known length is a file that a server sends.
      live: spec.kind === 'camera' || (spec.kind === 'stream' && !(seconds > 0)),
      stills: false,
      ...(seconds > 0 && { seconds }),
    };
    this.#clock = new FrameClock(fps || USUAL_FPS);
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
    this.#t = this.#info.live
      ? (performance.now() - this.#began) / 1000
      : this.#clock.next(this.#capture.get(this.#cv.CAP_PROP_POS_MSEC));
    return { index, t: this.#t, picture: pictureOf(this.#cv, this.#upsideDown ? turned(mat) : mat) };
  }

  /** Handles a read without a frame. Only a file ends; a live source has failed. Throws CameraError. */
  #end(): undefined {
    const { live, name, kind, seconds = 0 } = this.#info;
    const seen = `after ${this.#index.toLocaleString('en')} frames`;
    if (this.#spec.kind === 'camera' && canProbe() && !existsSync(this.#spec.device)) {
      refuse(`${name} was unplugged ${seen}`);
    }
    if (this.#unanswered !== undefined)
      refuse(`${name} has sent nothing for ${this.#silenceMs / 1000} s, ${seen}`);
    if (live) refuse(`${name} stopped sending pictures ${seen}`);
    if (kind === 'stream' && this.#t < seconds - MISSING) {
      refuse(`${name}: the connection broke off at ${this.#t.toFixed(1)} of ${seconds.toFixed(1)} s`);
    }
    return undefined;
  }

  async #next(): Promise<Mat | undefined> {
    const { live } = this.#info;
    for (let i = 0; i < (live ? TRIES : 1); i++) {
      if (i > 0) await sleep(PAUSE_MS);
      const mat = await this.#answer(live);
      if (mat !== undefined && !mat.empty && mat.cols > 0) return mat;
      mat?.release();
      if (this.#unanswered !== undefined) break;
      if (this.#spec.kind === 'camera' && canProbe() && !existsSync(this.#spec.device)) break;
    }
    return undefined;
  }

  /** Reads once. A live source must answer in time. */
  async #answer(live: boolean): Promise<Mat | undefined> {
    const read = this.#capture.readAsync().catch(() => undefined);
    if (!live) return read;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<'silence'>((resolve) => {
      timer = setTimeout(resolve, this.#silenceMs, 'silence');
    });
    const first = await Promise.race([read, silence]);
    clearTimeout(timer);
    if (first !== 'silence') return first;
    this.#unanswered = read.then((late) => late?.release());
    return undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#first?.release();
    if (this.#unanswered === undefined) this.#capture.release();
    else void this.#unanswered.then(() => this.#capture.release());
  }
}
