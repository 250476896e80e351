import { drawFace } from '../data/synthetic.js';
import { CLASS_NAMES, FACE_SIZE } from '../util/classes.js';
import type { Picture } from '../util/picture.js';
import { Rng } from '../util/random.js';
import { resample } from '../util/resample.js';
import type { Box } from './geometry.js';
import type { Frame, FrameSource, SourceInfo } from './source.js';

const [WIDTH, HEIGHT, FPS] = [640, 480, 15];
/** Length of a scene, in which each actor keeps one face, and of all scenes together; in frames. */
const HOLD = 3 * FPS;
const ROUND = 4 * HOLD;

/** A drawn face that moves through the frame. */
interface Actor {
  readonly size: number;
  /** Radius and speed of its path. */
  readonly sway: number;
  readonly pace: number;
  /** Horizontal centre of its path, as a fraction of the frame's width. */
  readonly at: number;
}

const ALONE: Actor = { size: 190, sway: 90, pace: 0.05, at: 0.5 };
const LEFT: Actor = { size: 150, sway: 40, pace: 0.07, at: 0.25 };
const RIGHT: Actor = { size: 120, sway: 50, pace: -0.06, at: 0.75 };
/** The scenes, in turn: one face, another face, two faces, none. */
const SCENES: readonly (readonly Actor[])[] = [[ALONE], [ALONE], [LEFT, RIGHT], []];

/**
 * A source of drawn faces that move through the frame. It needs no camera, no data and no OpenCV. A Haar cascade does not find
 * drawn faces, so the source also provides their boxes. The frames are the same every time.
 */
export class DemoSource implements FrameSource {
  readonly info: SourceInfo = {
    ...{ kind: 'demo', name: 'demo', width: WIDTH, height: HEIGHT, fps: FPS, live: false, stills: false },
  };
  #index = 0;

  async read(): Promise<Frame> {
    const index = this.#index++;
    return { index, t: index / FPS, ...demoFrame(index) };
  }

  close(): void {}
}

/** Draws a frame. Returns the picture and the boxes of its faces. */
export function demoFrame(index: number): { picture: Picture; known: Box[] } {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    const tone = 70 + (y / HEIGHT) * 50;
    for (let x = 0, i = y * WIDTH * 3; x < WIDTH; x++, i += 3) {
      data[i] = tone;
      data[i + 1] = tone + 6;
      data[i + 2] = tone + 14;
    }
  }
  const scene = Math.floor((index % ROUND) / HOLD);
  const known = (SCENES[scene] ?? []).map((actor, i) => {
    const box = placeOf(actor, index);
    const turn = Math.floor(index / HOLD) * 2 + i;
    paste(data, faceOf((turn * 3) % CLASS_NAMES.length, turn), box);
    return box;
  });
  return { picture: { width: WIDTH, height: HEIGHT, channels: 3, data }, known };
}

function placeOf({ size, sway, pace, at }: Actor, index: number): Box {
  const x = at * WIDTH + sway * Math.sin(index * pace) - size / 2;
  const y = HEIGHT / 2 + sway * 0.6 * Math.cos(index * pace * 1.3) - size / 2;
  return { x: Math.round(x), y: Math.round(y), width: size, height: size };
}

/** Draws a face of class `label`. During a scene (`turn`), it is always the same face. */
function faceOf(label: number, turn: number): Picture {
  const data = new Uint8Array(FACE_SIZE * FACE_SIZE);
  drawFace(label, new Rng(20 + turn), data);
  return { width: FACE_SIZE, height: FACE_SIZE, channels: 1, data };
}

function paste(data: Uint8Array, face: Picture, { x, y, width, height }: Box): void {
  const large = resample(face, width, height, 'bilinear').data;
  for (let v = 0; v < height; v++) {
    for (let u = 0, i = ((y + v) * WIDTH + x) * 3; u < width; u++, i += 3) {
      const tone = large[v * width + u] as number;
      data[i] = tone;
      data[i + 1] = tone * 0.94;
      data[i + 2] = tone * 0.88;
    }
  }
}
