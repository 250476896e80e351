import type { LayerView } from '../../learn/report.js';
import type { Picture } from '../../util/picture.js';
import { signedPicture } from '../../util/signed_picture.js';

/** How the channels of a layer are sorted. */
export const SORTS = ['number', 'activation', 'gradient'] as const;
export type Sort = (typeof SORTS)[number];

/** The channels of a layer in the order of `sort`; the largest first. */
export function orderOf({ channels, gradients }: LayerView, sort: Sort): number[] {
  const order = channels.map((_, c) => c);
  if (sort === 'number') return order;
  const size = (c: number): number =>
    sort === 'gradient' ? (gradients[c] ?? 0) : Math.abs(channels[c]?.mean ?? 0) + (channels[c]?.sd ?? 0);
  return order.sort((a, b) => size(b) - size(a));
}

/** The largest size of a value that counts for the colour scale. */
export function limitOf({ stats }: LayerView): number {
  return Math.max(Math.abs(stats.min), Math.abs(stats.max)) || 1;
}

/** Draws the channels of one image. Layers without maps have no pictures. */
export function tilesOf(
  view: LayerView,
  order: readonly number[],
  { perMap, gray }: { perMap: boolean; gray: boolean },
): Picture[] {
  const { shape, values } = view;
  const [height, width, channels] = shape;
  if (values === undefined || height === undefined || width === undefined || channels === undefined)
    return [];
  return order.map((c) => {
    const map = Float32Array.from({ length: height * width }, (_, i) => values[i * channels + c] ?? 0);
    const own = map.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return signedPicture(map, { width, height, limit: perMap ? own : limitOf(view), gray });
  });
}

/** One face as a gray picture. @param pixels [n, height, width, channels] */
export function facePicture(
  pixels: ArrayLike<number>,
  image: number,
  [height, width, channels]: readonly [number, number, number],
  toByte: (value: number) => number = (value) => value,
): Picture {
  const size = height * width;
  const data = Uint8Array.from({ length: size }, (_, i) =>
    toByte(pixels[(image * size + i) * channels] ?? 0),
  );
  return { width, height, channels: 1, data };
}
