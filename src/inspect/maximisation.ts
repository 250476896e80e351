import type { ImageShape } from '../data/types.js';
import type { Probe } from '../nn/probe.js';
import type { Picture } from '../util/picture.js';
import { Rng } from '../util/random.js';
import { overChannels } from './integrated_gradients.js';
import { type MapLayer, mapLayer, shownChannels } from './layers.js';
import { type Look, type Method, stem } from './method.js';
import { pixelGradient } from './pixel_gradient.js';
import type { NamedPicture, Part } from './result.js';
import { classSeed, type Subject } from './subject.js';

/** Images that are improved together. */
const BATCH = 8;
const STEPS = 64;
/** Root mean square of a step, in gray values, at the beginning; it falls linearly to a fifth. */
const RATE = 6;
/** Largest shift of the image before each step, as a share of its shorter side, rounded down: 2 pixels of 48. */
const JITTER = 1 / 24;
/** The image is blurred after every so many steps. */
const BLUR_EVERY = 4;
/** Share of the distance to middle gray that each step takes back. */
const DECAY = 0.01;
/** The start: middle gray with noise of this standard deviation. */
const [GRAY, NOISE] = [127.5, 10];

/** Images and how strongly they excite what they were made for. */
export interface Maximised {
  /** One picture per goal. */
  readonly pictures: readonly Picture[];
  /** What each goal is at its picture, and at the noise that it was made of. */
  readonly reached: readonly number[];
  readonly before: readonly number[];
}

/** What to excite: the weight of each element of a layer's output, per image [batch, ...]. */
interface Goal {
  readonly layer: string;
  readonly seeds: Float32Array;
  readonly count: number;
}

/**
 * Activation maximisation (Erhan et al. 2009; jitter and blur as in Mordvintsev et al. 2015 and Yosinski et al. 2015): gradient
 * ascent from noise to images that excite a channel or a class most. Each step moves every image along its gradient, scaled to
 * a fixed size; before it the image is shifted by a few pixels, so that the pattern does not hang on single pixels, and every
 * fourth step blurs it a little.
 */
async function maximise(
  subject: Subject,
  { layer, seeds, count }: Goal,
  { seed, progress }: Pick<Look, 'seed' | 'progress'>,
): Promise<Maximised> {
  const shape = subject.inputShape;
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const jitter = Math.floor(Math.min(height, width) * JITTER);
  const probe = await subject.probe({ batch: BATCH, of: layer });
  const rng = new Rng(seed);
  let pixels: Float32Array = Float32Array.from({ length: BATCH * size }, () => GRAY + NOISE * rng.normal());
  const before = await goalValues(probe, subject, pixels, layer, seeds);
  for (let step = 0; step < STEPS; step++) {
    const [down, right] = [rng.int(2 * jitter + 1) - jitter, rng.int(2 * jitter + 1) - jitter];
    pixels = rolled(pixels, shape, down, right);
    probe.forward(subject.input(pixels, channels));
    probe.backward(seeds);
    const gradient = await pixelGradient(probe);
    ascend(pixels, gradient, size, RATE * (1 - (0.8 * step) / STEPS));
    pixels = rolled(pixels, shape, -down, -right);
    if (step % BLUR_EVERY === BLUR_EVERY - 1 && step < STEPS - 1) pixels = blurred(pixels, shape);
    progress(step + 1, STEPS);
  }
  const reached = await goalValues(probe, subject, pixels, layer, seeds);
  const pictures = Array.from({ length: count }, (_, i) =>
    pictureOf(pixels.subarray(i * size, (i + 1) * size), shape),
  );
  return { pictures, reached: reached.slice(0, count), before: before.slice(0, count) };
}

/** What each image's goal is: the sum of its outputs, weighted by its seed. */
async function goalValues(
  probe: Probe,
  subject: Subject,
  pixels: Float32Array,
  layer: string,
  seeds: Float32Array,
): Promise<number[]> {
  probe.forward(subject.input(pixels, subject.inputShape[2]));
  const { data } = await probe.output(layer);
  const per = data.length / BATCH;
  return Array.from({ length: BATCH }, (_, i) => {
    let sum = 0;
    for (let k = i * per; k < (i + 1) * per; k++) sum += (data[k] as number) * (seeds[k] as number);
    return sum;
  });
}

/** One step of every image along its gradient, in place; values stay within 0..255. */
function ascend(pixels: Float32Array, gradient: Float32Array, size: number, rate: number): void {
  for (let first = 0; first < pixels.length; first += size) {
    let squares = 0;
    for (let i = first; i < first + size; i++) squares += (gradient[i] as number) ** 2;
    const scale = squares > 0 ? rate / Math.sqrt(squares / size) : 0;
    for (let i = first; i < first + size; i++) {
      const moved = (pixels[i] as number) + scale * (gradient[i] as number);
      pixels[i] = Math.max(0, Math.min(255, moved + DECAY * (GRAY - moved)));
    }
  }
}

/** Images [n, H, W, C] shifted down and to the right; what leaves on one side comes back on the other. */
function rolled(pixels: Float32Array, shape: ImageShape, down: number, right: number): Float32Array {
  return remapped(pixels, shape, (y, x, read) => read(y - down, x - right));
}

/** Images [n, H, W, C], each pixel averaged with its neighbours: a binomial filter of 3 x 3, around the edges. */
function blurred(pixels: Float32Array, shape: ImageShape): Float32Array {
  const weights = [1, 2, 1];
  return remapped(pixels, shape, (y, x, read) => {
    let sum = 0;
    weights.forEach((a, dy) => {
      weights.forEach((b, dx) => {
        sum += (a * b * read(y + dy - 1, x + dx - 1)) / 16;
      });
    });
    return sum;
  });
}

/** Computes every pixel from others of its image and channel; positions outside wrap around. */
function remapped(
  pixels: Float32Array,
  [height, width, channels]: ImageShape,
  value: (y: number, x: number, read: (y: number, x: number) => number) => number,
): Float32Array {
  const size = height * width * channels;
  const wrap = (at: number, extent: number): number => ((at % extent) + extent) % extent;
  return pixels.map((_, i) => {
    const [first, c] = [i - (i % size), i % channels];
    const at = Math.floor((i % size) / channels);
    const read = (y: number, x: number): number =>
      pixels[first + (wrap(y, height) * width + wrap(x, width)) * channels + c] as number;
    return value(Math.floor(at / width), at % width, read);
  });
}

/**
 * Gray unless there are three channels; of other numbers the mean. The contrast is stretched, so that three standard deviations
 * reach black and white: what matters is the pattern, and the ascent makes it faint.
 */
function pictureOf(pixels: Float32Array, [height, width, channels]: ImageShape): Picture {
  const mean = pixels.reduce((sum, v) => sum + v, 0) / pixels.length;
  const deviation = Math.sqrt(pixels.reduce((sum, v) => sum + (v - mean) ** 2, 0) / pixels.length);
  const stretch = Math.max(1, 127 / Math.max(1e-6, 3 * deviation));
  const tone = (v: number): number => Math.max(0, Math.min(255, Math.round(mean + (v - mean) * stretch)));
  if (channels === 3) return { height, width, channels, data: Uint8Array.from(pixels, tone) };
  const gray = overChannels(pixels, channels);
  return { height, width, channels: 1, data: Uint8Array.from(gray, (sum) => tone(sum / channels)) };
}

/** Images that excite channels of a layer: the mean of each channel's map. */
export async function maximiseChannels(
  look: Look,
  layer: MapLayer,
  shown: readonly number[],
): Promise<Maximised> {
  const area = layer.height * layer.width;
  return inBatches(look, shown, layer.name, (some) => {
    const seeds = new Float32Array(BATCH * area * layer.channels);
    some.forEach((channel, i) => {
      for (let at = 0; at < area; at++) seeds[(i * area + at) * layer.channels + channel] = 1 / area;
    });
    return seeds;
  });
}

/** Images that raise the score of classes. */
export async function maximiseClasses(look: Look, classes: readonly number[]): Promise<Maximised> {
  const { scores, classes: names } = look.subject;
  return inBatches(look, classes, scores, (some) => {
    const seeds = new Float32Array(BATCH * names.length);
    seeds.set(classSeed(some, names.length));
    return seeds;
  });
}

async function inBatches(
  look: Look,
  goals: readonly number[],
  layer: string,
  seedsOf: (some: readonly number[]) => Float32Array,
): Promise<Maximised> {
  const made: Maximised[] = [];
  const batches = Math.ceil(goals.length / BATCH);
  for (let b = 0; b < batches; b++) {
    const some = goals.slice(b * BATCH, (b + 1) * BATCH);
    const progress = (done: number, total: number): void => look.progress(b * total + done, batches * total);
    const goal = { layer, seeds: seedsOf(some), count: some.length };
    made.push(await maximise(look.subject, goal, { seed: look.seed, progress }));
  }
  return {
    pictures: made.flatMap(({ pictures }) => pictures),
    reached: made.flatMap(({ reached }) => reached),
    before: made.flatMap(({ before }) => before),
  };
}

function partOf(title: string, names: readonly string[], m: Maximised, note: string): Part {
  const pictures = m.pictures.map((picture, i): NamedPicture => {
    const [from, to] = [m.before[i] ?? 0, m.reached[i] ?? 0];
    const name = names[i] ?? String(i);
    return {
      name: stem(name),
      caption: `${name}: ${to.toPrecision(3)} (noise: ${from.toPrecision(3)})`,
      picture,
    };
  });
  return { kind: 'pictures', title, pictures, note };
}

const SOURCE = 'Erhan et al. 2009; Yosinski et al. 2015, arXiv 1506.06579';

/** The image that a class likes best. */
export const CLASS_IMAGES: Method = {
  name: 'class-images',
  title: 'Activation maximisation of the classes',
  shows: 'Images that gradient ascent makes out of noise to raise the score of each class.',
  limits:
    'They are no faces and no typical inputs: the ascent finds whatever raises the score, far away from the training data.',
  source: SOURCE,
  needs: 'network',
  run: async (look) => {
    const { classes } = look.subject;
    const shown = [...classes.keys()].slice(0, 2 * BATCH);
    const made = await maximiseClasses(look, shown);
    const note = `${STEPS} steps with jitter and blur, contrast stretched; in brackets the score of the noise.`;
    return [partOf('Scores of the classes', classes, made, note)];
  },
};

/** The image that a channel likes best. */
export const CHANNEL_IMAGES: Method = {
  name: 'channel-images',
  title: 'Activation maximisation of channels',
  shows: 'Images that gradient ascent makes out of noise to raise the mean of a channel of a layer.',
  limits:
    'One image per channel hides that a channel may answer to several patterns; compare the faces that excite it most.',
  source: SOURCE,
  needs: 'network',
  run: async (look) => {
    const layer = mapLayer(look.subject.saved.network, look.layer);
    const shown = shownChannels(layer, look.channels);
    const made = await maximiseChannels(look, layer, shown);
    const note = `${STEPS} steps with jitter and blur, contrast stretched; in brackets the mean of the channel for the noise.`;
    const names = shown.map((channel) => `channel ${channel}`);
    return [partOf(`Channels of ${layer.name}`, names, made, note)];
  },
};
