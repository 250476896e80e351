import { inColor, type Picture } from '../util/picture.js';
import { resample } from '../util/resample.js';
import { SIGNED_COLORS, signedPicture } from '../util/signed_picture.js';
import type { Legend } from './result.js';

type Color = readonly [number, number, number];

/** Black over violet and red to pale yellow: each step is lighter, so it reads as a scale in print, too. */
const HEAT: readonly Color[] = [
  [10, 8, 40],
  [100, 20, 120],
  [205, 60, 80],
  [250, 150, 40],
  [255, 245, 170],
];

/** The legend of heat maps. */
export const heatLegend = (quantity: string, low: string, high: string): Legend => ({
  ...{ quantity, low, high },
  colors: HEAT,
});

/** The legend of signed maps. */
export const signedLegend = (quantity: string, low: string, high: string): Legend => ({
  ...{ quantity, low, middle: '0', high },
  colors: SIGNED_COLORS,
});

/** The heat colour of a share in [0, 1]. */
function heat(share: number): Color {
  const at = Math.max(0, Math.min(1, share)) * (HEAT.length - 1);
  const i = Math.min(HEAT.length - 2, Math.floor(at));
  const [from, to] = [HEAT[i] as Color, HEAT[i + 1] as Color];
  const mix = (c: 0 | 1 | 2): number => from[c] + (to[c] - from[c]) * (at - i);
  return [mix(0), mix(1), mix(2)];
}

/** Values from 0 to `limit` as gray bytes, resized to width x height. */
function shares(
  values: ArrayLike<number>,
  size: { height: number; width: number },
  limit: number,
  to: { height: number; width: number },
): Picture {
  const data = Uint8Array.from(values, (v) =>
    limit > 0 ? Math.max(0, Math.min(255, (255 * v) / limit)) : 0,
  );
  return resample({ ...size, channels: 1, data }, to.width, to.height, 'bilinear');
}

/**
 * A heat map over a face: the higher the value, the more of the face it covers.
 * @param values [height, width], any size; those at `limit` and above are hottest
 */
export function overlay(
  face: Picture,
  values: ArrayLike<number>,
  size: { height: number; width: number },
  limit: number,
): Picture {
  const map = shares(values, size, limit, face);
  const base = inColor(face);
  const data = base.data.map((tone, i) => {
    const share = (map.data[Math.floor(i / 3)] as number) / 255;
    const cover = 0.25 + 0.5 * share;
    return Math.round(tone * (1 - cover) + (heat(share)[i % 3] as number) * cover);
  });
  return { ...base, data };
}

/** Values [height, width] from 0 to `limit` as a heat map. */
export function heatPicture(
  values: ArrayLike<number>,
  { height, width }: { height: number; width: number },
  limit: number,
): Picture {
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++)
    data.set(heat(limit > 0 ? (values[i] as number) / limit : 0).map(Math.round), 3 * i);
  return { height, width, channels: 3, data };
}

/** Colour of the lines between tiles. */
const GAP = 120;

/**
 * The channels of maps [height, width, channels] as tiles of one picture, row by row, in the signed colours; one scale for
 * all, from -limit to limit. Single values ([1, 1, channels]) become squares without lines between them.
 */
export function tiles(
  values: Float32Array,
  { height, width, channels }: { height: number; width: number; channels: number },
  limit: number,
): Picture {
  const across = Math.ceil(Math.sqrt((channels * height) / width));
  const down = Math.ceil(channels / across);
  const gap = height * width > 1 ? 1 : 0;
  const sheet = { width: across * (width + gap) - gap, height: down * (height + gap) - gap };
  const data = new Uint8Array(sheet.width * sheet.height * 3).fill(GAP);
  for (let c = 0; c < channels; c++) {
    const own = Float32Array.from({ length: height * width }, (_, i) => values[i * channels + c] as number);
    const tile = signedPicture(own, { width, height, limit });
    const [left, top] = [(c % across) * (width + gap), Math.floor(c / across) * (height + gap)];
    for (let y = 0; y < height; y++) {
      const row = tile.data.subarray(y * width * 3, (y + 1) * width * 3);
      data.set(row, ((top + y) * sheet.width + left) * 3);
    }
  }
  return { ...sheet, channels: 3, data };
}

/** The largest absolute value. */
export const largest = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most;
};
