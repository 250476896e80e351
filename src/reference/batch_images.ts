import { type Arr, at } from './arrays.js';
import { pcg } from './dropout.js';

/** Lighting and camera effects on an image. */
export interface Camera {
  readonly gamma: number;
  readonly contrast: number;
  readonly blur: number;
  readonly noise: number;
  readonly grain: number;
  readonly quality: number;
}

/** Pixels of an image, from its upper left one on. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Whether a pixel lies in a rectangle. */
export function contains({ left, top, width, height }: Rectangle, x: number, y: number): boolean {
  return x >= left && x < left + width && y >= top && y < top + height;
}

/** One image to draw: its index, the affine map from output to input pixels, and a factor for its brightness. */
export interface Draw {
  readonly image: number;
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
  readonly gain: number;
  readonly camera?: Camera;
  readonly erased?: Rectangle;
}

/** A channel of an image [h, w]. */
type Picture = (y: number, x: number) => number;

const clamp = (v: number, high: number): number => Math.min(Math.max(v, 0), high);

/**
 * pixels [N, H, W, stored] -> [B, H, W, channels]: affine map with bilinear interpolation and repeated edges, then gain, light
 * and camera, erased pixels, mean and divisor.
 */
export function pickImages(
  pixels: Uint8Array,
  draws: readonly Draw[],
  options: {
    h: number;
    w: number;
    stored: number;
    channels: number;
    mean?: Arr;
    divisor: number;
    divisors?: Arr;
  },
): Arr {
  const { h, w, stored, channels, mean, divisor, divisors } = options;
  const size = h * w * channels;
  const out = new Float64Array(draws.length * size);
  draws.forEach((draw, n) => {
    for (let channel = 0; channel < channels; channel++) {
      const c = channel % stored;
      const lit = warped(pixels, draw, { h, w, stored, c });
      const seen = draw.camera === undefined ? lit : photographed(lit, draw.camera, { h, w, stored, c });
      for (let o = 0; o < h * w; o++) {
        const [y, x] = [Math.floor(o / w), o % w];
        const shown = draw.erased !== undefined && contains(draw.erased, x, y) ? 127.5 : seen(y, x);
        const value = shown - (mean === undefined ? 0 : at(mean, o));
        out[n * size + o * channels + channel] = value / (divisors === undefined ? divisor : at(divisors, o));
      }
    }
  });
  return out;
}

/** Each image [count] less its mean, divided by its standard deviation, which counts as at least 1 / sqrt(values). */
export function standardizeImages(images: Arr, count: number, values: number): Arr {
  const out = Float64Array.from(images);
  for (let first = 0; first < out.length; first += count) {
    const image = out.subarray(first, first + count);
    const mean = image.reduce((sum, x) => sum + x, 0) / count;
    const variance = image.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count;
    out.set(
      image.map((x) => (x - mean) / Math.max(Math.sqrt(variance), 1 / Math.sqrt(values))),
      first,
    );
  }
  return out;
}

interface Channel {
  readonly h: number;
  readonly w: number;
  readonly stored: number;
  readonly c: number;
}

function warped(pixels: Uint8Array, d: Draw, { h, w, stored, c }: Channel): Picture {
  return (oy, ox) => {
    const x = clamp(d.xx * ox + d.xy * oy + d.x0, w - 1);
    const y = clamp(d.yx * ox + d.yy * oy + d.y0, h - 1);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const pixel = (dx: number, dy: number): number => {
      const place = (d.image * h + Math.min(top + dy, h - 1)) * w + Math.min(left + dx, w - 1);
      return pixels[place * stored + c] as number;
    };
    const line = (dy: number): number => pixel(0, dy) * (1 - (x - left)) + pixel(1, dy) * (x - left);
    return Math.min((line(0) * (1 - (y - top)) + line(1) * (y - top)) * d.gain, 255);
  };
}

/** Gamma, contrast, blur, noise and compression, each from all values of the one before. */
function photographed(lit: Picture, camera: Camera, { h, w, stored, c }: Channel): Picture {
  const { gamma, contrast, blur, noise, grain, quality } = camera;
  const made = (value: Picture): Picture => {
    const all = Float64Array.from({ length: h * w }, (_, i) => value(Math.floor(i / w), i % w));
    return (y, x) => at(all, clamp(y, h - 1) * w + clamp(x, w - 1));
  };
  const toned = made((y, x) => clamp(127.5 + contrast * (255 * (lit(y, x) / 255) ** gamma - 127.5), 255));
  const smooth = blur === 0 ? toned : made((y, x) => gaussianMean(toned, blur, y, x));
  const grainy = made((y, x) =>
    clamp(smooth(y, x) + noise * nearlyNormal(grain, (y * w + x) * stored + c), 255),
  );
  return quality === 0 ? grainy : made((y, x) => clamp(compressed(grainy, quality, y, x), 255));
}

/** The mean around a pixel, within three standard deviations in each direction, weighted by exp(-distance^2 / (2 sigma^2)). */
function gaussianMean(picture: Picture, sigma: number, y: number, x: number): number {
  const reach = Math.ceil(3 * sigma);
  let [sum, total] = [0, 0];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const weight = Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      sum += weight * picture(y + dy, x + dx);
      total += weight;
    }
  }
  return sum / total;
}

/** 16 random bytes, added up, centred and scaled to a variance of 1: a byte has mean 127.5 and variance (256^2 - 1) / 12. */
function nearlyNormal(grain: number, element: number): number {
  let sum = 0;
  for (let i = 0; i < 16; i++) {
    const word = pcg(((4 * element + Math.floor(i / 4)) ^ pcg(grain)) >>> 0);
    sum += Math.floor(word / 256 ** (i % 4)) % 256;
  }
  return (sum - 16 * 127.5) / Math.sqrt((16 * (256 ** 2 - 1)) / 12);
}

/** ITU-T T.81, table K.1. */
const LUMINANCE = `
  16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
  18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99`
  .trim()
  .split(/\s+/)
  .map(Number);

/** A pixel after JPEG, by the definition of its transform (T.81, A.3.3): four nested sums. */
function compressed(picture: Picture, quality: number, y: number, x: number): number {
  const [top, left] = [y - (y % 8), x - (x % 8)];
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const half = (u: number): number => (u === 0 ? Math.SQRT1_2 : 1) / 2;
  const wave = (k: number, u: number): number => half(u) * Math.cos(((2 * k + 1) * u * Math.PI) / 16);
  let sum = 128;
  for (let v = 0; v < 8; v++) {
    for (let u = 0; u < 8; u++) {
      let coefficient = 0;
      for (let dy = 0; dy < 8; dy++) {
        for (let dx = 0; dx < 8; dx++) {
          coefficient += wave(dy, v) * wave(dx, u) * (picture(top + dy, left + dx) - 128);
        }
      }
      const step = Math.max(1, Math.min(255, Math.floor((at(LUMINANCE, 8 * v + u) * scale + 50) / 100)));
      sum += wave(y - top, v) * wave(x - left, u) * step * Math.floor(coefficient / step + 0.5);
    }
  }
  return sum;
}
