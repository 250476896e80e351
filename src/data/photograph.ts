import type { CameraDraw } from '../util/image_draw.js';
import { pcg } from '../util/random.js';
import type { ImageShape } from './types.js';

/**
 * What light and a camera do to an image, in place: gamma, contrast, blur, noise, compression. shaders/batch_images.wgsl does the
 * same on the device, and its lesson has the formulas.
 * @param image [H, W, C], gray levels from 0 to 255, and so afterwards
 */
export function photograph(image: Float32Array, camera: CameraDraw, shape: ImageShape): void {
  const { gamma, contrast, blur, noise, grain, quality } = camera;
  if (gamma !== 1) change(image, (v) => 255 * (v / 255) ** gamma);
  if (contrast !== 1) change(image, (v) => 127.5 + contrast * (v - 127.5));
  if (blur > 0) blurImage(image, blur, shape);
  if (noise > 0) change(image, (v, i) => v + noise * grainAt(grain, i));
  if (quality > 0) compress(image, quality, shape);
}

function change(image: Float32Array, to: (v: number, i: number) => number): void {
  for (let i = 0; i < image.length; i++) image[i] = Math.max(0, Math.min(255, to(image[i] as number, i)));
}

/** A Gaussian mean within three standard deviations, along rows and along columns; edge pixels are repeated. */
function blurImage(image: Float32Array, sigma: number, [height, width, channels]: ImageShape): void {
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b);
  /** @param stride between neighbours on a line of `length` pixels */
  const along = (length: number, stride: number): void => {
    const from = image.slice();
    for (let i = 0; i < image.length; i++) {
      const place = Math.floor(i / stride) % length;
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) {
        const there = Math.max(0, Math.min(length - 1, place + k - reach));
        sum += (kernel[k] as number) * (from[i + (there - place) * stride] as number);
      }
      image[i] = sum / total;
    }
  };
  along(width, channels);
  along(height, width * channels);
}

/** Standard deviation of the sum of 16 random bytes: sqrt(16 * (256^2 - 1) / 12). */
const BYTES_DEVIATION = 295.601;
/** Mean of that sum. */
const BYTES_MEAN = 2040;

/** A random number that is nearly standard normal, for value i of an image. */
function grainAt(grain: number, i: number): number {
  const key = pcg(grain);
  let sum = 0;
  for (let word = 0; word < 4; word++) {
    const bits = pcg((4 * i + word) ^ key);
    sum += (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  }
  return (sum - BYTES_MEAN) / BYTES_DEVIATION;
}

/** Edge of JPEG's blocks. */
const SIDE = 8;
/** JPEG's table of steps for luminance (ITU-T T.81, table K.1). */
const STEPS = [
  ...[16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
];
/** The eight waves of the cosine transform, orthonormal: wave u at k in 8u + k. */
const WAVES = Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
  const [u, k] = [Math.floor(i / SIDE), i % SIDE];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * k + 1) * u * Math.PI) / 16);
});

/** What JPEG leaves of each channel, compressed as luminance. */
function compress(image: Float32Array, quality: number, [height, width, channels]: ImageShape): void {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const steps = STEPS.map((v) => Math.max(1, Math.min(255, Math.floor((v * scale + 50) / 100))));
  const block = new Float64Array(SIDE * SIDE);
  for (let top = 0; top < height; top += SIDE) {
    for (let left = 0; left < width; left += SIDE) {
      for (let c = 0; c < channels; c++) {
        const at = (y: number, x: number): number => (y * width + x) * channels + c;
        for (let i = 0; i < block.length; i++) {
          // Where the image ends within a block, its last pixels are repeated.
          const y = Math.min(top + Math.floor(i / SIDE), height - 1);
          block[i] = (image[at(y, Math.min(left + (i % SIDE), width - 1))] as number) - 128;
        }
        transform(block, (u, k) => WAVES[SIDE * u + k] as number);
        steps.forEach((step, i) => {
          block[i] = step * Math.floor((block[i] as number) / step + 0.5);
        });
        transform(block, (k, u) => WAVES[SIDE * u + k] as number);
        for (let y = top; y < Math.min(top + SIDE, height); y++) {
          for (let x = left; x < Math.min(left + SIDE, width); x++) {
            const value = (block[(y - top) * SIDE + x - left] as number) + 128;
            image[at(y, x)] = Math.max(0, Math.min(255, value));
          }
        }
      }
    }
  }
}

/** Multiplies a block by a matrix [8, 8] along rows and along columns. */
function transform(block: Float64Array, matrix: (out: number, from: number) => number): void {
  for (const [line, step] of [
    [SIDE, 1],
    [1, SIDE],
  ] as const) {
    const from = block.slice();
    for (let i = 0; i < SIDE; i++) {
      for (let out = 0; out < SIDE; out++) {
        let sum = 0;
        for (let k = 0; k < SIDE; k++) sum += matrix(out, k) * (from[i * line + k * step] as number);
        block[i * line + out * step] = sum;
      }
    }
  }
}
