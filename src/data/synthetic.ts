import { CLASS_NAMES, FACE_SIZE } from '../util/classes.js';
import { Rng } from '../util/random.js';
import { SEVEN_NAMING } from './class_names.js';
import { PIXELS, SplitBuilder } from './split_builder.js';
import type { Dataset, LoadOptions, SplitName } from './types.js';

/**
 * Drawn faces, so that training needs no download. Each expression is a set of shapes for brows, eyes and mouth. Pose, size,
 * tone, light, contrast, hair, bars across the picture and noise vary so much that single pixels say little: a linear model
 * stays far behind a convolutional one.
 */
interface Expression {
  /** Height of the inner and outer end of the brows above the eyes, in face units (1 = half the face's width). */
  readonly browInner: number;
  readonly browOuter: number;
  /** Half height of the eyes. */
  readonly eye: number;
  /** Half width of the mouth, how far its corners rise above its middle, and its half height when open. */
  readonly mouthWidth: number;
  readonly smile: number;
  readonly open: number;
  /** A wrinkled nose. */
  readonly wrinkle: boolean;
}

/** In the order of CLASS_NAMES. */
const EXPRESSIONS: readonly Expression[] = [
  { browInner: 0.12, browOuter: 0.32, eye: 0.08, mouthWidth: 0.3, smile: -0.06, open: 0.03, wrinkle: false }, // angry
  { browInner: 0.16, browOuter: 0.24, eye: 0.05, mouthWidth: 0.26, smile: -0.14, open: 0.05, wrinkle: true }, // disgust
  { browInner: 0.38, browOuter: 0.26, eye: 0.14, mouthWidth: 0.24, smile: -0.04, open: 0.1, wrinkle: false }, // fear
  { browInner: 0.26, browOuter: 0.28, eye: 0.08, mouthWidth: 0.38, smile: 0.18, open: 0.06, wrinkle: false }, // happy
  { browInner: 0.24, browOuter: 0.26, eye: 0.09, mouthWidth: 0.28, smile: 0, open: 0.02, wrinkle: false }, // neutral
  { browInner: 0.34, browOuter: 0.16, eye: 0.06, mouthWidth: 0.26, smile: -0.15, open: 0.02, wrinkle: false }, // sad
  { browInner: 0.4, browOuter: 0.42, eye: 0.15, mouthWidth: 0.16, smile: 0, open: 0.2, wrinkle: false }, // surprise
];

/** Default number of training faces. */
const DEFAULT_TRAIN = 2100;
type Progress = Parameters<NonNullable<LoadOptions['onProgress']>>[0];

/** The time between two yields to the event loop. */
const TURN_MS = 50;

/** Draws `train` training faces, and a fifth of that (at least 70) each for validation and test, with balanced classes. */
export function syntheticFaces(seed: number, train = DEFAULT_TRAIN): Dataset {
  const drawing = draw(seed, train);
  for (;;) {
    const { done, value } = drawing.next();
    if (done) return value;
  }
}

/** Draws the faces of `syntheticFaces`, and yields to the event loop regularly, so that signals are handled. */
export async function drawSyntheticFaces(
  seed: number,
  train = DEFAULT_TRAIN,
  onProgress?: LoadOptions['onProgress'],
): Promise<Dataset> {
  const drawing = draw(seed, train);
  let turn = performance.now();
  for (;;) {
    const { done, value } = drawing.next();
    if (done) return value;
    if (performance.now() - turn < TURN_MS) continue;
    onProgress?.(value);
    await new Promise((resolve) => setTimeout(resolve));
    turn = performance.now();
  }
}

/** Draws one face with each step. */
function* draw(seed: number, train: number): Generator<Progress, Dataset> {
  const builder = new SplitBuilder();
  const rest = Math.max(70, Math.round(train / 5));
  const sizes: [SplitName, number][] = [
    ['train', train],
    ['validation', rest],
    ['test', rest],
  ];
  const total = train + 2 * rest;
  let done = 0;
  for (const [s, [split, count]] of sizes.entries()) {
    for (let i = 0; i < count; i++) {
      const label = i % CLASS_NAMES.length;
      // Each face has a random stream of its own: it does not depend on the others, and no face is in two splits.
      drawFace(label, new Rng(seed, (s + 1) * 10_000_000 + i), builder.slot(split));
      builder.commit(split, CLASS_NAMES[label] as string);
      yield { done: ++done, total, unit: 'faces' };
    }
  }
  return builder.build('drawn faces', 'synthetic', SEVEN_NAMING);
}

/** Draws one face of class `label` into out [48 * 48]. */
export function drawFace(label: number, rng: Rng, out: Uint8Array): void {
  const e = jitter(EXPRESSIONS[label] as Expression, rng);
  const half = FACE_SIZE / 2;
  const size = half * rng.uniform(0.72, 1.02);
  const aspect = rng.uniform(1.05, 1.35);
  const angle = (rng.uniform(-18, 18) * Math.PI) / 180;
  const [cx, cy] = [half + rng.uniform(-5, 5), half + rng.uniform(-5, 5)];
  const turn = rng.uniform(-0.14, 0.14);
  const skin = rng.uniform(90, 215);
  const ink = skin - rng.uniform(45, 95);
  const hair = rng.uniform(15, 200);
  const hairline = rng.uniform(-1.0, -0.62) * aspect;
  const background = rng.uniform(10, 240);
  const light = [rng.uniform(-45, 45), rng.uniform(-45, 45)] as const;
  const teeth = rng.float() < 0.5 ? 235 : 40;
  const noise = rng.uniform(3, 16);
  const negative = rng.float() < 0.06;
  const bar = {
    at: rng.uniform(-1.4, 1.4),
    width: rng.float() < 0.25 ? rng.uniform(0.05, 0.16) : 0,
    tone: rng.uniform(0, 255),
    upright: rng.float() < 0.5,
  };
  const cos = Math.cos(angle) / size;
  const sin = Math.sin(angle) / size;
  const soft = 1.2 / size;

  for (let i = 0; i < PIXELS; i++) {
    const px = (i % FACE_SIZE) - cx;
    const py = Math.floor(i / FACE_SIZE) - cy;
    const u = px * cos + py * sin;
    const v = (-px * sin + py * cos) * 1;
    let tone = background;
    tone = over(tone, hair, soft, distance(u / 1.06, (v + 0.08) / (aspect * 1.04)) - 1);
    const inFace = distance(u, v / aspect) - 1;
    tone = over(tone, skin, soft, Math.max(inFace, hairline - v));
    const x = u - turn; // features move sideways when the head turns
    const side = Math.abs(x);
    const eyeX = side - 0.4;
    tone = over(tone, 245, soft, distance(eyeX / 1.6, v + 0.22) - e.eye);
    tone = over(tone, 20, soft, distance(eyeX, v + 0.22) - Math.min(0.08, e.eye));
    const along = Math.min(1, Math.max(0, (side - 0.18) / 0.44));
    const brow = -0.22 - (e.browInner + (e.browOuter - e.browInner) * along) - e.eye * 0.4;
    tone = over(
      tone,
      Math.min(hair, ink),
      soft,
      Math.max(Math.abs(v - brow) - 0.05, Math.abs(side - 0.4) - 0.22),
    );
    tone = over(
      tone,
      ink,
      soft,
      Math.max(Math.abs(side - 0.1 * Math.max(0, v + 0.2)) - 0.025, Math.abs(v - 0.1) - 0.22) + 0.012,
    );
    if (e.wrinkle)
      tone = over(
        tone,
        ink,
        soft,
        Math.max(Math.abs(Math.abs(v + 0.06 + side * 0.5) - 0.08) - 0.025, side - 0.2),
      );
    const reach = Math.min(1, side / e.mouthWidth);
    const line = 0.56 - e.smile * reach * reach;
    const lips = Math.abs(v - line) - (0.035 + e.open * Math.sqrt(Math.max(0, 1 - reach * reach)));
    tone = over(tone, ink, soft, Math.max(lips, side - e.mouthWidth));
    tone = over(tone, teeth, soft, Math.max(lips + 0.045, side - e.mouthWidth * 0.9));
    if (bar.width > 0)
      tone = over(tone, bar.tone, soft, Math.abs((bar.upright ? u : v) - bar.at) - bar.width);
    tone += light[0] * u + light[1] * v + noise * rng.normal();
    out[i] = Math.min(255, Math.max(0, negative ? 255 - tone : tone));
  }
}

/** Varies the shapes of an expression, because people differ. */
function jitter(e: Expression, rng: Rng): Expression {
  const about = (value: number, by: number): number => value + rng.uniform(-by, by);
  return {
    browInner: about(e.browInner, 0.035),
    browOuter: about(e.browOuter, 0.035),
    eye: Math.max(0.03, about(e.eye, 0.02)),
    mouthWidth: about(e.mouthWidth, 0.04),
    smile: about(e.smile, 0.03),
    open: Math.max(0.01, about(e.open, 0.02)),
    wrinkle: e.wrinkle,
  };
}

/** The distance of (x, y) from the origin. `Math.hypot` also guards against overflow, and takes many times as long. */
function distance(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

/** Blends `tone` over `below` inside a shape, where `outside` is negative; the edge is `soft` wide. */
function over(below: number, tone: number, soft: number, outside: number): number {
  const cover = Math.min(1, Math.max(0, 0.5 - outside / soft));
  return below + (tone - below) * cover;
}
