import { clamp } from '../util/clamp.js';
import { inColor, type Picture } from '../util/picture.js';
import { resample } from '../util/resample.js';
import { type Box, type FaceBox, grow } from './geometry.js';

/** How a crop is turned; `auto`: upright, where the detector tells the roll of the face. */
export const ALIGN = ['auto', 'none'] as const;
export type Align = (typeof ALIGN)[number];

export function mirrored({ width, height, channels, data }: Picture): Picture {
  const out = new Uint8Array(data.length);
  const stride = width * channels;
  for (let row = 0; row < data.length; row += stride) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [row + x * channels, row + (width - 1 - x) * channels];
      for (let c = 0; c < channels; c++) out[to + c] = data[from + c] as number;
    }
  }
  return { width, height, channels, data: out };
}

/** Crops a box, rounded to whole pixels. Outside the picture, the edge pixels are repeated. */
export function cut({ width, height, channels, data }: Picture, box: Box): Picture {
  const [x0, y0] = [Math.round(box.x), Math.round(box.y)];
  const cols = Math.max(1, Math.round(box.x + box.width) - x0);
  const rows = Math.max(1, Math.round(box.y + box.height) - y0);
  const out = new Uint8Array(cols * rows * channels);
  const inside = (at: number, size: number): number => Math.max(0, Math.min(size - 1, at));
  for (let y = 0; y < rows; y++) {
    const line = inside(y0 + y, height) * width;
    for (let x = 0; x < cols; x++) {
      const from = (line + inside(x0 + x, width)) * channels;
      for (let c = 0; c < channels; c++) out[(y * cols + x) * channels + c] = data[from + c] as number;
    }
  }
  return { width: cols, height: rows, channels, data: out };
}

/** A copy of a picture with another one stretched over a box, rounded to whole pixels; what lies outside is left out. */
export function pasted(picture: Picture, patch: Picture, box: Box): Picture {
  const [x0, y0] = [Math.round(box.x), Math.round(box.y)];
  const cols = Math.max(1, Math.round(box.x + box.width) - x0);
  const rows = Math.max(1, Math.round(box.y + box.height) - y0);
  const { width, height } = picture;
  const out = inColor(picture);
  const fitted = inColor(resample(patch, cols, rows, 'bilinear'));
  const [left, right] = [Math.max(0, x0), Math.min(width, x0 + cols)];
  if (left >= right) return out;
  for (let y = Math.max(0, y0); y < Math.min(height, y0 + rows); y++) {
    const from = ((y - y0) * cols + left - x0) * 3;
    out.data.set(fitted.data.subarray(from, from + (right - left) * 3), (y * width + left) * 3);
  }
  return out;
}

/** Crops a box that is turned about its middle by `roll` radians, clockwise; bilinear. Outside the picture, the edge pixels are repeated. */
export function cutTurned({ width, height, data }: Picture, box: Box, roll: number): Picture {
  const [cols, rows] = [Math.max(1, Math.round(box.width)), Math.max(1, Math.round(box.height))];
  const [cos, sin] = [Math.cos(roll), Math.sin(roll)];
  const [midX, midY] = [box.x + box.width / 2 - 0.5, box.y + box.height / 2 - 0.5];
  const out = new Uint8Array(cols * rows);
  const at = (x: number, y: number): number =>
    data[clamp(y, 0, height - 1) * width + clamp(x, 0, width - 1)] as number;
  for (let i = 0; i < out.length; i++) {
    const [u, v] = [(i % cols) - (cols - 1) / 2, Math.floor(i / cols) - (rows - 1) / 2];
    const [x, y] = [midX + u * cos - v * sin, midY + u * sin + v * cos];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, below] = [x - left, y - top];
    const upper = at(left, top) * (1 - right) + at(left + 1, top) * right;
    const lower = at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right;
    out[i] = Math.round(upper * (1 - below) + lower * below);
  }
  return { width: cols, height: rows, channels: 1, data: out };
}

/**
 * Crops a face for the network: gray, width x height. Area averaging makes it smaller, as for the training images.
 * @param box with a `roll`, the crop is turned, so that the eyes are level @param margin by which the box grows on every side, as a fraction of its size
 */
export function cropFace(
  gray: Picture,
  box: FaceBox,
  margin: number,
  width: number,
  height = width,
): Picture {
  const { roll = 0 } = box;
  const grown = grow(box, margin);
  return resample(roll === 0 ? cut(gray, grown) : cutTurned(gray, grown, roll), width, height, 'bilinear');
}

/** Shrinks a picture to fit width x height. It keeps the aspect ratio and never enlarges. */
export function shrunk(picture: Picture, width: number, height: number): Picture {
  const scale = Math.min(1, width / picture.width, height / picture.height);
  if (scale === 1) return picture;
  const scaled = (size: number): number => Math.max(1, Math.round(size * scale));
  return resample(picture, scaled(picture.width), scaled(picture.height), 'bilinear');
}
