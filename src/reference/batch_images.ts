import { type Arr, at } from './arrays.js';

/** One output image of shaders/batch_images.wgsl: where it is read, and how bright. */
export interface Draw {
  readonly image: number;
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
  readonly gain: number;
}

/** Affine, bilinear, edges repeated; then gain, mean and divisor: pixels [N, H, W, stored] -> [B, H, W, channels]. */
export function pickImages(
  pixels: Uint8Array,
  draws: readonly Draw[],
  options: { h: number; w: number; stored: number; channels: number; mean?: Arr; divisor: number },
): Arr {
  const { h, w, stored, channels, mean, divisor } = options;
  const clamp = (v: number, high: number): number => Math.min(Math.max(v, 0), high);
  return Float64Array.from({ length: draws.length * h * w * channels }, (_, i) => {
    const place = Math.floor(i / channels);
    const d = draws[Math.floor(place / (h * w))] as Draw;
    const [ox, oy] = [place % w, Math.floor(place / w) % h];
    const x = clamp(d.xx * ox + d.xy * oy + d.x0, w - 1);
    const y = clamp(d.yx * ox + d.yy * oy + d.y0, h - 1);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const pixel = (dx: number, dy: number): number => {
      const at = (d.image * h + Math.min(top + dy, h - 1)) * w + Math.min(left + dx, w - 1);
      return pixels[at * stored + ((i % channels) % stored)] as number;
    };
    const line = (dy: number): number => pixel(0, dy) * (1 - (x - left)) + pixel(1, dy) * (x - left);
    const value = Math.min((line(0) * (1 - (y - top)) + line(1) * (y - top)) * d.gain, 255);
    return (value - (mean === undefined ? 0 : at(mean, place % (h * w)))) / divisor;
  });
}
