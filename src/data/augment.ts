import { UsageError } from '../util/errors.js';
import { affineDraw, type Box, type CameraDraw, type ImageDraw } from '../util/image_draw.js';
import { Rng } from '../util/random.js';
import { photograph } from './photograph.js';
import { FACE, PIXELS } from './split_builder.js';
import type { ImageShape } from './types.js';

/** Ranges of the random changes of training images. Every range is symmetric: rotation 10 means -10 to 10 degrees. */
export interface AugmentOptions {
  /** Mirror each image with probability 1/2. */
  readonly flip: boolean;
  /** Degrees. */
  readonly rotation: number;
  /** Fraction of the image's height and width. */
  readonly shift: number;
  /** Fraction: 0.1 means a scale of 0.9 to 1.1. */
  readonly zoom: number;
  /** Degrees. */
  readonly shear: number;
  /** Fraction: 0.1 means a factor of 0.9 to 1.1. */
  readonly brightness: number;
  /** 1.5 means an exponent of gray levels from 1 / 2.5 (lighter) to 2.5 (darker), evenly in its logarithm. */
  readonly gamma: number;
  /** Fraction: 0.5 means that the distance from middle gray, 127.5, is multiplied by 0.5 to 1.5. */
  readonly contrast: number;
  /** Largest standard deviation of a Gaussian blur, in pixels; the smallest is 0. Keras: `sigma` of RandomGaussianBlur. */
  readonly blur: number;
  /** Largest standard deviation of noise, in gray levels; the smallest is 0. */
  readonly noise: number;
  /** Lowest quality of a compression as by JPEG, 1 to 100; the highest is 100. 0: no compression. */
  readonly jpeg: number;
  /**
   * Largest share of the pixels that a rectangle of middle gray covers; the smallest is 0.02 (Zhong et al. 2017, arXiv
   * 1708.04896). Keras: the upper `scale` of RandomErasing. 0: none.
   */
  readonly erase: number;
  /** Share of the images that each of gamma, contrast, blur, noise, jpeg and erase changes; drawn for each. Keras: RandomApply. */
  readonly rate: number;
}

export const NO_AUGMENT: AugmentOptions = {
  flip: false,
  rotation: 0,
  shift: 0,
  zoom: 0,
  shear: 0,
  brightness: 0,
  gamma: 0,
  contrast: 0,
  blur: 0,
  noise: 0,
  jpeg: 0,
  erase: 0,
  rate: 1,
};
export const DEFAULT_AUGMENT: AugmentOptions = {
  ...NO_AUGMENT,
  flip: true,
  rotation: 10,
  shift: 0.1,
  zoom: 0.1,
};

/** What erased pixels become. */
const MIDDLE_GRAY = 127.5;

/** Largest value of each range. */
const LIMITS = {
  ...{ rotation: 180, shift: 0.5, zoom: 0.9, shear: 60, brightness: 1 },
  ...{ gamma: 4, contrast: 1, blur: 2, noise: 100, jpeg: 100, erase: 0.9, rate: 1 },
} as const;

/** Parses `none`, `default`, or a list like `flip,rotation=10`. Throws UsageError that lists the known changes. */
export function parseAugment(text: string): AugmentOptions {
  if (text === 'none') return NO_AUGMENT;
  if (text === 'default') return DEFAULT_AUGMENT;
  let options = NO_AUGMENT;
  for (const word of text.split(',')) {
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(word.trim()) ?? [];
    if (name === 'flip' && value === undefined) {
      options = { ...options, flip: true };
      continue;
    }
    const limit = (LIMITS as Record<string, number>)[name];
    const number = Number(value);
    if (
      limit === undefined ||
      value === undefined ||
      value.trim() === '' ||
      !(number >= 0 && number <= limit)
    ) {
      const known = Object.entries(LIMITS).map(([key, top]) => `${key}=0..${top}`);
      throw new UsageError(
        `augment: "${word.trim()}"; expected none, default, or a list of flip, ${known.join(', ')}`,
      );
    }
    options = { ...options, [name]: number };
  }
  return options;
}

/** Whether the options change anything. */
export function isIdentity(o: AugmentOptions): boolean {
  const moves = o.flip || o.rotation > 0 || o.shift > 0 || o.zoom > 0 || o.shear > 0 || o.brightness > 0;
  return !moves && !usesCamera(o) && !erases(o);
}

/** Whether the options change what light and camera do, beside brightness. */
function usesCamera({ gamma, contrast, blur, noise, jpeg, rate }: AugmentOptions): boolean {
  return rate > 0 && (gamma > 0 || contrast > 0 || blur > 0 || noise > 0 || jpeg > 0);
}

/** Whether the options erase a part of some images. */
function erases({ erase, rate }: AugmentOptions): boolean {
  return rate > 0 && erase > 0;
}

/** The random stream for augmenting one image in one epoch, counted from 0. */
export function changeStream(seed: number, epoch: number, image: number): Rng {
  return new Rng(seed ^ Math.imul(epoch + 1, 0x27d4eb2f), image);
}

/** Image `index` as training with this seed sees it in an epoch, counted from 0: a new face [48, 48]. */
export function augmentedFace(
  images: Uint8Array,
  index: number,
  { options, seed, epoch }: { options: AugmentOptions; seed: number; epoch: number },
): Uint8Array {
  const face = new Float32Array(PIXELS);
  warpImage(images, drawChange(index, options, changeStream(seed, epoch, index)), face, 0);
  return Uint8Array.from(face, Math.round);
}

/** Draws the random change of one image: an affine map around the centre, and a brightness factor. */
export function drawChange(
  image: number,
  options: AugmentOptions,
  rng: Rng,
  [height, width]: ImageShape = FACE,
): ImageDraw {
  const range = (limit: number): number => (rng.float() * 2 - 1) * limit;
  // Always draw all six numbers, so that turning one change off does not alter the others.
  const mirror = rng.float() < 0.5 && options.flip ? -1 : 1;
  const angle = (range(options.rotation) * Math.PI) / 180;
  const right = range(options.shift) * width;
  const down = range(options.shift) * height;
  const scale = 1 / (1 + range(options.zoom));
  const shear = Math.tan((range(options.shear) * Math.PI) / 180);
  const gain = 1 + range(options.brightness);
  const affine = affineDraw(image, { mirror, angle, scale, shear, shift: [right, down] }, [height, width]);
  // The numbers of the camera come after those of the warp, and those of the rectangle last: what comes before is the same with
  // them and without.
  const camera = usesCamera(options) && { camera: drawCamera(options, rng) };
  const erased = erases(options) ? drawErased(options, rng, [height, width]) : undefined;
  return { ...affine, gain, ...camera, ...(erased && { erased }) };
}

/** Share of the pixels that the smallest erased rectangle covers. */
const LEAST_ERASED = 0.02;
/** Ratio of the longer to the shorter side of an erased rectangle, at most. */
const LONGEST_ERASED = 10 / 3;

/** Draws the rectangle to erase in an image: its share of the pixels, its ratio of height to width, and its place. */
function drawErased(
  { erase, rate }: AugmentOptions,
  rng: Rng,
  [height, width]: readonly [number, number],
): Box | undefined {
  const [chance, size, ratio, across, down] = [
    rng.float(),
    rng.float(),
    rng.float(),
    rng.float(),
    rng.float(),
  ];
  if (chance >= rate) return undefined;
  const least = Math.min(LEAST_ERASED, erase);
  const pixels = (least + (erase - least) * size) * height * width;
  const tall = LONGEST_ERASED ** (2 * ratio - 1);
  const extent = (wanted: number, whole: number): number => Math.max(1, Math.min(whole, Math.round(wanted)));
  const [high, wide] = [extent(Math.sqrt(pixels * tall), height), extent(Math.sqrt(pixels / tall), width)];
  const place = (free: number, at: number): number => Math.min(free, Math.floor(at * (free + 1)));
  return {
    ...{ left: place(width - wide, across), top: place(height - high, down) },
    ...{ width: wide, height: high },
  };
}

/** Draws what light and camera do to one image. */
function drawCamera({ gamma, contrast, blur, noise, jpeg, rate }: AugmentOptions, rng: Rng): CameraDraw {
  // Two numbers for each effect, whether it is on or off: whether it changes this image, and where in its range.
  const effect = (limit: number, off: number, value: (at: number) => number): number => {
    const [chance, at] = [rng.float(), rng.float()];
    return limit > 0 && chance < rate ? value(at) : off;
  };
  return {
    gamma: effect(gamma, 1, (at) => (1 + gamma) ** (2 * at - 1)),
    contrast: effect(contrast, 1, (at) => 1 + contrast * (2 * at - 1)),
    blur: effect(blur, 0, (at) => blur * at),
    noise: effect(noise, 0, (at) => noise * at),
    quality: effect(jpeg, 0, (at) => Math.max(1, Math.round(jpeg + (100 - jpeg) * at))),
    grain: rng.uint32(),
  };
}

/**
 * Applies a change to an image: bilinear sampling, with the edge pixels repeated outside, then what light and camera do, then
 * the erased rectangle; values stay in 0..255.
 * shaders/batch_images.wgsl does the same on the device.
 * @param source [n, H, W, C] @param out receives the image as floats, from index `at` on
 * @param shape [H, W, C] of one image; default: a face
 */
export function warpImage(
  source: Uint8Array,
  { image, xx, xy, x0: originX, yx, yy, y0: originY, gain, camera, erased }: ImageDraw,
  out: Float32Array,
  at: number,
  shape: ImageShape = FACE,
): void {
  const [height, width, channels] = shape;
  const base = image * height * width * channels;
  let place = at;
  for (let oy = 0; oy < height; oy++) {
    for (let ox = 0; ox < width; ox++) {
      const x = clamp(xx * ox + xy * oy + originX, width - 1);
      const y = clamp(yx * ox + yy * oy + originY, height - 1);
      const x0 = x | 0;
      const y0 = y | 0;
      const fx = x - x0;
      const fy = y - y0;
      const right = x0 < width - 1 ? channels : 0;
      const below = y0 < height - 1 ? width * channels : 0;
      for (let c = 0; c < channels; c++) {
        const row = base + (y0 * width + x0) * channels + c;
        const top = (source[row] as number) * (1 - fx) + (source[row + right] as number) * fx;
        const bottom =
          (source[row + below] as number) * (1 - fx) + (source[row + below + right] as number) * fx;
        out[place++] = Math.min(255, (top * (1 - fy) + bottom * fy) * gain);
      }
    }
  }
  if (camera !== undefined) photograph(out.subarray(at, place), camera, shape);
  if (erased === undefined) return;
  for (let y = erased.top; y < erased.top + erased.height; y++) {
    const row = at + (y * width + erased.left) * channels;
    out.fill(MIDDLE_GRAY, row, row + erased.width * channels);
  }
}

function clamp(v: number, high: number): number {
  if (v < 0) return 0;
  return v > high ? high : v;
}
