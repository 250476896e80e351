#!/usr/bin/env node
/**
 * Composes videos with known truth from real faces (`../shared/faces224`: CLASS/*.jpg, 224 x 224), for tests and
 * benches. Needs a build and the OpenCV binding, and prints on stdout what that prints, so run it as a process.
 *
 *   node test/vision/compose.mjs OUT [one three none visit small_dark]
 *
 * Writes OUT/NAME.mp4 and OUT/NAME.json: { fps, width, height, frames: [{ faces: [{ box, label, whole }] }] }. `whole`
 * is false for a face that is partly outside of the frame: finding it is neither right nor wrong.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import jpeg from 'jpeg-js';
import { resample } from '../../dist/util/resample.js';
import { loadOpenCv } from '../../dist/vision/opencv.js';
import { VideoRecorder } from '../../dist/vision/video_recorder.js';

export const FACES = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared/faces224');
const [WIDTH, HEIGHT, FPS] = [640, 480, 15];
/** How far the edge of a face goes on around it, as a share of its size, fading into the background. */
const FADE = 0.3;

/** All faces, in the order of their classes: { label, file, picture }. */
export function loadFaces(folder = FACES) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) =>
      readdirSync(join(folder, name))
        .sort()
        .map((file) => {
          const { width, height, data } = jpeg.decode(readFileSync(join(folder, name, file)), {
            useTArray: true,
            formatAsRGBA: false,
          });
          const label = name[0].toUpperCase() + name.slice(1);
          return { label, file, picture: { width, height, channels: 3, data } };
        }),
    );
}

/** An empty room: shades and edges, nothing like a face. */
export function background(index) {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, i = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, i += 3) {
      const wall = 90 + 40 * Math.sin((x + index) / 210) + 25 * Math.cos(y / 130);
      const shelf = x % 160 < 6 || y === 400 ? -30 : 0;
      const tone = wall + shelf + ((x * 7 + y * 13) % 5);
      data[i] = tone;
      data[i + 1] = tone * 0.97;
      data[i + 2] = tone * 0.9;
    }
  }
  return { width: WIDTH, height: HEIGHT, channels: 3, data };
}

/** Puts a face into a frame at `size` pixels, brightness times `light`. Returns its truth. */
export function place(frame, face, { x, y, size, light = 1 }) {
  const { data } = resample(face.picture, size, size, 'bilinear');
  const fade = Math.round(size * FADE);
  const clamp = (at) => Math.max(0, Math.min(size - 1, at));
  for (let v = -fade; v < size + fade; v++) {
    for (let u = -fade; u < size + fade; u++) {
      const [px, py] = [x + u, y + v];
      if (px < 0 || py < 0 || px >= WIDTH || py >= HEIGHT) continue;
      const away = Math.hypot(u - clamp(u), v - clamp(v));
      const cover = 1 - away / fade;
      if (cover <= 0) continue;
      const [from, to] = [(clamp(v) * size + clamp(u)) * 3, (py * WIDTH + px) * 3];
      for (let c = 0; c < 3; c++) {
        frame.data[to + c] = frame.data[to + c] * (1 - cover) + data[from + c] * light * cover;
      }
    }
  }
  const whole = x >= 0 && y >= 0 && x + size <= WIDTH && y + size <= HEIGHT;
  return { box: { x, y, width: size, height: size }, label: face.label, file: face.file, whole };
}

const sway = (index, reach) => Math.round(reach * Math.sin(index / 5));

/** Each video: how many frames, and which faces are where (see `place`); `faces` are all there are. */
const VIDEOS = {
  /** Every face alone, for two frames, large. */
  one: {
    frames: (faces) => faces.length * 2,
    cast: (i, faces) => [
      {
        face: faces[Math.floor(i / 2)],
        x: 220 + sway(i, 60),
        y: 120 + sway(i * 2, 40),
        size: 170 + sway(i, 30),
      },
    ],
  },
  /** Three at once, of different sizes. */
  three: {
    frames: (faces) => faces.length,
    cast: (i, faces) =>
      [20, 240, 450].map((x, k) => ({
        face: faces[(i + k * 19) % faces.length],
        x: x + sway(i + k, 12),
        y: 130 + 40 * k,
        size: 150 - 20 * k,
      })),
  },
  none: { frames: () => 45, cast: () => [] },
  /** Nobody; one face comes in from the left, stays, and leaves to the right; nobody. */
  visit: {
    frames: () => 90,
    cast: (i, faces) =>
      i < 15 || i >= 75
        ? []
        : [
            {
              face: faces.find(({ label }) => label === 'Happy'),
              x: -160 + (i - 15) * 14,
              y: 150,
              size: 160,
            },
          ],
  },
  /** Every face far away, and in the dark. */
  small_dark: {
    frames: (faces) => faces.length,
    cast: (i, faces) => [
      { face: faces[i], x: 80 + sway(i, 30), y: 200, size: 72 },
      { face: faces[(i + 9) % faces.length], x: 360, y: 140 + sway(i, 20), size: 150, light: 0.25 },
    ],
  },
};
export const NAMES = Object.keys(VIDEOS);

/** The frames of a video, one by one: { picture, faces }. */
export function* framesOf(name, faces = loadFaces()) {
  const { frames, cast } = VIDEOS[name];
  for (let i = 0; i < frames(faces); i++) {
    const picture = background(i);
    yield { picture, faces: cast(i, faces).map(({ face, ...at }) => place(picture, face, at)) };
  }
}

/** Writes a video and its truth, unless they are there already. */
export function compose(folder, name, cv, faces) {
  const video = join(folder, `${name}.mp4`);
  const truth = join(folder, `${name}.json`);
  if (existsSync(video) && existsSync(truth)) return;
  mkdirSync(folder, { recursive: true });
  rmSync(video, { force: true });
  const recorder = new VideoRecorder(cv, video, FPS, { width: WIDTH, height: HEIGHT });
  const frames = [];
  for (const frame of framesOf(name, faces)) {
    recorder.add(frame.picture, frames.length / FPS);
    frames.push({ faces: frame.faces });
  }
  recorder.close();
  writeFileSync(truth, JSON.stringify({ fps: FPS, width: WIDTH, height: HEIGHT, frames }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = 'videos', ...names] = process.argv.slice(2);
  const cv = loadOpenCv();
  const faces = loadFaces();
  for (const name of names.length > 0 ? names : NAMES) compose(folder, name, cv, faces);
}
