import { packDraws, pickImages, standardizeImages } from '../gpu/kernels/batch_images.js';
import { MIX_WORDS, mixImages, packMix } from '../gpu/kernels/mixup.js';
import {
  pickImages as referencePick,
  standardizeImages as referenceStandardize,
} from '../reference/batch_images.js';
import * as mixup from '../reference/mixup.js';
import { type Box, type CameraDraw, type ImageMix, NO_CAMERA } from '../util/image_draw.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

/** Rectangles to erase: all of an image, its last pixel, a row, and one in the middle. */
const ERASED: readonly Box[] = [
  { left: 0, top: 0, width: 20, height: 18 },
  { left: 19, top: 17, width: 1, height: 1 },
  { left: 0, top: 8, width: 20, height: 1 },
  { left: 3, top: 5, width: 9, height: 11 },
];

/** Lighting and camera effects, alone and combined. */
const CAMERAS: readonly (Partial<CameraDraw> & { readonly gain?: number })[] = [
  { gamma: 2.5 },
  { gamma: 0.4, contrast: 0.5 },
  { contrast: 1.5 },
  { blur: 0.3 },
  { blur: 2 },
  { noise: 20, grain: 4_000_000_000 },
  // JPEG is not combined with gamma: some coefficient would lie so near to the middle between two multiples of its step that the
  // rounding error of float32 decides.
  ...[1, 20, 50, 80].map((quality) => ({ quality })),
  { gamma: 1.3, contrast: 1.2, blur: 0.9, noise: 9, grain: 12 },
  { contrast: 1.2, blur: 0.9, noise: 9, grain: 12, quality: 40 },
  // With smaller steps that is likelier. With these gains, no coefficient is within 0.001 of such a middle.
  { quality: 90, gain: 0.954 },
  { quality: 95, gain: 0.634 },
  { quality: 100, gain: 0.514 },
];

/**
 * Rotated, shifted, mirrored and brightened images, and an unchanged one. Some pixels come from outside of the image. With a
 * camera, further ones with each of its effects, alone and together, and with rectangles erased; the size is no multiple of a block of JPEG.
 */
function batchCase(
  stored: number,
  channels: number,
  {
    mean: withMean = false,
    divisors: withDivisors = false,
    camera = false,
  }: { mean?: boolean; divisors?: boolean; camera?: boolean },
): KernelCase {
  return {
    kernels: ['batch_images.pick'],
    title: `batch out of 3 images, ${stored} -> ${channels} channels${withMean ? ', mean image' : ''}${withDivisors ? ', divisor of each pixel' : ''}${camera ? ', camera' : ''}`,
    run: (gpu) => {
      const [h, w] = camera ? [18, 20] : [6, 10];
      const inputs = new Inputs(60);
      const pixels = Uint8Array.from(inputs.floats(3 * h * w * stored, 0, 256).f64);
      const mean = inputs.floats(h * w, 100, 150);
      const divisors = inputs.floats(h * w, 30, 90);
      const plain = { image: 2, xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0, gain: 1 };
      const draws = [
        plain,
        { ...plain, image: 0, xx: -1, x0: w - 1 },
        { ...plain, image: 1, xx: 0.9, xy: 0.3, x0: -1.4, yx: -0.3, yy: 0.9, y0: 2.1, gain: 1.3 },
        { ...plain, image: 2, xx: 1.2, xy: 0.01, x0: 3.3, gain: 0.7 },
        ...(camera ? CAMERAS : []).map(({ gain = 0.9, ...effect }, i) => ({
          ...{ ...plain, image: i % 3, xx: 0.95, x0: 1.7, gain },
          camera: { ...NO_CAMERA, ...effect },
        })),
        ...(camera ? ERASED : []).map((erased, i) => ({ ...plain, image: i % 3, gain: 0.9, erased })),
      ];
      const words = packDraws(draws);
      const values = {
        pixels: { data: new Uint32Array(pixels.buffer), shape: [pixels.length / 4] },
        draws: { data: words, shape: [words.length] },
        mean: { data: mean.f32, shape: [h, w] },
        divisors: { data: divisors.f32, shape: [h, w] },
      };
      return compare(gpu, values, (rec, t) => {
        const images = rec.alloc([draws.length, h, w, channels], 'images');
        const chosen = {
          mean: withMean ? t.mean : undefined,
          divisors: withDivisors ? t.divisors : undefined,
        };
        pickImages(rec, { ...t, ...chosen, images }, { divisor: 255, stored });
        const options = {
          ...{ h, w, stored, channels, divisor: 255 },
          ...(withMean && { mean: mean.f64 }),
          ...(withDivisors && { divisors: divisors.f64 }),
        };
        return { images: { got: images, want: referencePick(pixels, draws, options) } };
      });
    },
  };
}

/** Images of which the second has one tone, so that its deviation is 0. */
function standardizeCase(b: number, count: number): KernelCase {
  return {
    kernels: ['standardize_images.standardize'],
    title: `${b} images of ${count} values, each by its own mean and deviation`,
    run: (gpu) => {
      const x = new Inputs(count).floats(b * count, 0, 256);
      for (const array of [x.f32, x.f64]) array.fill(77, count, 2 * count);
      return compare(gpu, { x: { data: x.f32, shape: [b, count] } }, (rec, t) => {
        standardizeImages(rec, t.x, count);
        return { images: { got: t.x, want: referenceStandardize(x.f64, count, count) } };
      });
    },
  };
}

/** A random mixup of a batch. */
export function someMix(inputs: Inputs, b: number): ImageMix[] {
  const partners = inputs.labels(b, b);
  const shares = inputs.floats(b, 0.5, 1).f32;
  return Array.from(partners, (partner, i) => ({ partner, share: shares[i] ?? 1 }));
}

/** Mixtures of images with others: blends, and rectangles that reach into each corner and over the whole image. */
function boxedMix(inputs: Inputs, [b, h, w]: readonly [number, number, number]): ImageMix[] {
  const boxes: Box[] = [
    { left: 0, top: 0, width: w, height: h },
    { left: 0, top: 0, width: 2, height: 3 },
    { left: w - 3, top: h - 1, width: 3, height: 1 },
    { left: 1, top: 2, width: 4, height: h - 3 },
  ];
  // The first one stays a blend.
  return someMix(inputs, b).map((mix, i) => ({ ...mix, ...(i > 0 && { box: boxes[i % 4] as Box }) }));
}

function cutMixCase(b: number, [h, w, channels]: readonly [number, number, number]): KernelCase {
  return {
    kernels: ['mixup.blend'],
    title: `CutMix of ${b} images [${h}, ${w}, ${channels}]`,
    run: (gpu) => {
      const inputs = new Inputs(b + h);
      const images = inputs.floats(b * h * w * channels);
      const mix = boxedMix(inputs, [b, h, w]);
      return compare(
        gpu,
        {
          images: { data: images.f32, shape: [b, h, w, channels] },
          mix: { data: packMix(mix), shape: [b, MIX_WORDS] },
        },
        (rec, t) => ({
          mixed: {
            got: mixImages(rec, t.images, t.mix),
            want: mixup.mixImages(images.f64, mix, { w, channels }),
          },
        }),
      );
    },
  };
}

function mixCase(b: number, size: number): KernelCase {
  return {
    kernels: ['mixup.blend'],
    title: `mixup of ${b} images of ${size} numbers`,
    run: (gpu) => {
      const inputs = new Inputs(b + size);
      const images = inputs.floats(b * size);
      const mix = someMix(inputs, b);
      return compare(
        gpu,
        {
          images: { data: images.f32, shape: [b, size] },
          mix: { data: packMix(mix), shape: [b, MIX_WORDS] },
        },
        (rec, t) => ({
          mixed: { got: mixImages(rec, t.images, t.mix), want: mixup.mixImages(images.f64, mix) },
        }),
      );
    },
  };
}

/** Cases of selecting, mixing and standardizing the images of a batch. */
export const BATCH_CASES: readonly KernelCase[] = [
  batchCase(1, 1, { mean: true }),
  batchCase(1, 3, {}),
  batchCase(3, 3, { mean: true }),
  batchCase(1, 3, { mean: true, divisors: true }),
  batchCase(1, 1, { camera: true }),
  batchCase(1, 3, { camera: true }),
  batchCase(3, 3, { camera: true }),
  standardizeCase(3, 30),
  standardizeCase(3, 2304),
  mixCase(5, 48 * 48),
  mixCase(3, 7),
  cutMixCase(6, [9, 7, 1]),
  cutMixCase(5, [6, 8, 3]),
];
