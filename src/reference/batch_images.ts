import { type Arr, at } from './arrays.js';

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
}

/**
 * pixels [N, H, W, stored] -> [B, H, W, channels]: affine map with bilinear interpolation and repeated edges, then gain,
 * mean and divisor.
 */
export function pickImages(
  pixels: Uint8Array,
  draws: readonly Draw[],
  options: { h: number; w: number; stored: number; channels: number; mean?: Arr; divisor: number },
): Arr {
  const { h, w, stored, channels, mean, divisor } = options;
  const clamp = (v: number, high: number): number => Math.min(Math.max(v, 0), high);
  return Float64Array.from({ length: draws.length * h * w * channels }, (_, i) => {
    const outputPixel = Math.floor(i / channels);
    const d = draws[Math.floor(outputPixel / (h * w))] as Draw;
    const [ox, oy] = [outputPixel % w, Math.floor(outputPixel / w) % h];
    const x = clamp(d.xx * ox + d.xy * oy + d.x0, w - 1);
    const y = clamp(d.yx * ox + d.yy * oy + d.y0, h - 1);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const pixel = (dx: number, dy: number): number => {
      const at = (d.image * h + Math.min(top + dy, h - 1)) * w + Math.min(left + dx, w - 1);
      return pixels[at * stored + ((i % channels) % stored)] as number;
    };
    const line = (dy: number): number => pixel(0, dy) * (1 - (x - left)) + pixel(1, dy) * (x - left);
    const value = Math.min((line(0) * (1 - (y - top)) + line(1) * (y - top)) * d.gain, 255);
    return (value - (mean === undefined ? 0 : at(mean, outputPixel % (h * w)))) / divisor;
  });
}
