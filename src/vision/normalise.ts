import { clamp } from '../util/clamp.js';
import type { Picture } from '../util/picture.js';

/** How a crop is adapted to the training images; `auto`: only as far as it differs from most of them. */
export const NORMALISE = ['auto', 'none'] as const;
export type Normalise = (typeof NORMALISE)[number];

/** Ranges of mean and standard deviation of gray values, without the outer 10 % of the training images of FER-2013 on each side. */
const [MEAN, DEVIATION] = [
  [86, 173],
  [36, 71],
] as const;
/** Values from which a pixel is overexposed, and the share of such pixels from which the light of a crop is left as it is. */
const [WHITE, OVEREXPOSED] = [254, 0.12];
/** Standard deviation of noise from which a crop is smoothed; 98 training images in 100 have less. */
const NOISY = 6;
/** Weight that falls to 1/e where two patches differ by so many standard deviations of the noise. */
const LIKE = 0.8;
/** Reach of the search for patches like a pixel's own, in pixels. */
const REACH = 5;
/** Share of the contrast in fine detail below which a crop is blurred; 99 training images in 100 have more. */
const SHARP = 0.09;
/** Blur that is undone, its standard deviation in pixels, and the rounds it takes at most. */
const [BLUR, ROUNDS] = [1.4, 6];

/**
 * Makes a gray crop of a face like the training images, in brightness, contrast, noise and sharpness. What is within their usual
 * range stays as it is. The rules were chosen by measurement (`npm run bench:robustness`).
 */
export function normalised(face: Picture): Picture {
  return { ...face, data: sharpened(smoothed({ ...face, data: lit(face.data) })) };
}

/**
 * Moves mean and standard deviation of the values to the nearest that is usual. Where much is overexposed, that would only turn
 * white into gray: what the light has taken away does not come back.
 */
function lit(data: Uint8Array): Uint8Array {
  const { mean, deviation } = statistics(data);
  const [to, spread] = [clamp(mean, ...MEAN), clamp(deviation, ...DEVIATION)];
  if (to === mean && spread === deviation) return data;
  const white = data.reduce((count, v) => count + Number(v >= WHITE), 0);
  if (white >= OVEREXPOSED * data.length) return data;
  const gain = spread / Math.max(1, deviation);
  return data.map((v) => clamp(Math.round((v - mean) * gain + to), 0, 255));
}

/** Removes noise by non-local means (Buades, Coll and Morel 2005) with 3 x 3 patches; nothing where there is little. */
function smoothed(face: Picture): Picture {
  const { width, height, data } = face;
  const noise = noiseOf(face);
  if (noise < NOISY) return face;
  const at = (x: number, y: number): number =>
    data[clamp(y, 0, height - 1) * width + clamp(x, 0, width - 1)] as number;
  const distance = (x: number, y: number, u: number, v: number): number => {
    let sum = 0;
    for (let q = -1; q <= 1; q++) {
      for (let p = -1; p <= 1; p++) sum += (at(x + p, y + q) - at(x + u + p, y + v + q)) ** 2;
    }
    return sum / 9;
  };
  const out = new Uint8Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    let [sum, weights] = [0, 0];
    for (let v = -REACH; v <= REACH; v++) {
      for (let u = -REACH; u <= REACH; u++) {
        const unlike = Math.max(0, distance(x, y, u, v) - 2 * noise ** 2) / (LIKE * noise) ** 2;
        const weight = Math.exp(-unlike);
        sum += weight * at(x + u, y + v);
        weights += weight;
      }
    }
    out[i] = Math.round(sum / weights);
  }
  return { ...face, data: out };
}

/** Standard deviation of the noise, from second differences that edges hardly raise (Immerkær 1996). */
function noiseOf({ width, height, data }: Picture): number {
  let sum = 0;
  const d = (i: number): number =>
    (data[i - 1] as number) - 2 * (data[i] as number) + (data[i + 1] as number);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      sum += Math.abs(d(i - width) - 2 * d(i) + d(i + width));
    }
  }
  return (Math.sqrt(Math.PI / 2) * sum) / (6 * Math.max(1, (width - 2) * (height - 2)));
}

/** Undoes a blur in rounds that add what blurring takes away (Van Cittert 1931), until the crop is as sharp as usual. */
function sharpened({ width, height, data }: Picture): Uint8Array {
  let values = Float32Array.from(data);
  for (let round = 0; round < ROUNDS && detailOf(values, width, height) < SHARP; round++) {
    const blur = blurred(values, width, height, BLUR);
    values = values.map((v, i) => v + (data[i] as number) - (blur[i] as number));
  }
  return Uint8Array.from(values, (v) => clamp(Math.round(v), 0, 255));
}

/** What a small blur takes away, as a share of the contrast. */
function detailOf(values: Float32Array, width: number, height: number): number {
  const blur = blurred(values, width, height, 0.8);
  const { deviation } = statistics(values);
  const lost = values.reduce((sum, v, i) => sum + (v - (blur[i] as number)) ** 2, 0) / values.length;
  return Math.sqrt(lost) / Math.max(1, deviation);
}

/** Blurs [height, width] values with a Gauss curve of this standard deviation, cut off at two pixels; edge values are repeated. */
function blurred(values: Float32Array, width: number, height: number, sigma: number): Float32Array {
  const curve = [-2, -1, 0, 1, 2].map((k) => Math.exp((-k * k) / (2 * sigma * sigma)));
  const total = curve.reduce((a, b) => a + b);
  const [across, out] = [new Float32Array(values.length), new Float32Array(values.length)];
  for (let i = 0; i < values.length; i++) {
    const [x, row] = [i % width, i - (i % width)];
    curve.forEach((weight, k) => {
      const from = row + clamp(x + k - 2, 0, width - 1);
      across[i] = (across[i] as number) + (weight / total) * (values[from] as number);
    });
  }
  for (let i = 0; i < values.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    curve.forEach((weight, k) => {
      const from = clamp(y + k - 2, 0, height - 1) * width + x;
      out[i] = (out[i] as number) + (weight / total) * (across[from] as number);
    });
  }
  return out;
}

function statistics(values: Uint8Array | Float32Array): { mean: number; deviation: number } {
  let [sum, squares] = [0, 0];
  for (const v of values) {
    sum += v;
    squares += v * v;
  }
  const mean = sum / values.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) };
}
