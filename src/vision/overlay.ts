import { inColor, type Picture } from '../util/picture.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphDot } from './font.js';
import type { Box } from './geometry.js';

type Color = readonly [red: number, green: number, blue: number];

/** Colour of the face in focus, colour of the others, and colour of the text on both. */
export const FOCUS: Color = [80, 230, 120];
export const OTHER: Color = [240, 200, 60];
const INK: Color = [10, 20, 10];

/** Width of a character with its gap, and padding of a label; in dots of the font. */
const [ADVANCE, PAD] = [GLYPH_WIDTH + 1, 2];

/** Draws the outline of a box, `thickness` pixels wide, into an RGB picture. Parts outside the picture are clipped. */
export function drawBox(picture: Picture, box: Box, color: Color, thickness: number): void {
  const [x, y] = [Math.round(box.x), Math.round(box.y)];
  const [width, height] = [Math.round(box.width), Math.round(box.height)];
  fill(picture, { x, y, width, height: thickness }, color);
  fill(picture, { x, y: y + height - thickness, width, height: thickness }, color);
  fill(picture, { x, y, width: thickness, height }, color);
  fill(picture, { x: x + width - thickness, y, width: thickness, height }, color);
}

/** Fills a rectangle, given in whole pixels. */
function fill({ width, height, data }: Picture, area: Box, color: Color): void {
  const [left, right] = [Math.max(0, area.x), Math.min(width, area.x + area.width)];
  const bottom = Math.min(height, area.y + area.height);
  for (let y = Math.max(0, area.y); y < bottom; y++) {
    for (let x = left; x < right; x++) data.set(color, (y * width + x) * 3);
  }
}

/** Draws a label above a box, or inside it at the top of the picture. It is moved so that no part is clipped. */
export function drawLabel(picture: Picture, box: Box, text: string, color: Color, scale: number): void {
  const width = (text.length * ADVANCE - 1 + 2 * PAD) * scale;
  const height = (GLYPH_HEIGHT + 2 * PAD) * scale;
  const x = Math.max(0, Math.min(Math.round(box.x), picture.width - width));
  const above = Math.round(box.y) - height;
  const y = above >= 0 ? above : Math.max(0, Math.min(Math.round(box.y), picture.height - height));
  fill(picture, { x, y, width, height }, color);
  [...text].forEach((letter, i) => {
    for (let dot = 0; dot < GLYPH_WIDTH * GLYPH_HEIGHT; dot++) {
      const [u, v] = [dot % GLYPH_WIDTH, Math.floor(dot / GLYPH_WIDTH)];
      if (!glyphDot(letter, u, v)) continue;
      const at = { x: x + (PAD + i * ADVANCE + u) * scale, y: y + (PAD + v) * scale };
      fill(picture, { ...at, width: scale, height: scale }, INK);
    }
  });
}

/** Returns a copy of a frame with a box and a label for every face. The first face is the one in focus. */
export function annotated(
  frame: Picture,
  faces: readonly { readonly box: Box; readonly text: string }[],
): Picture {
  const picture = inColor(frame);
  const scale = Math.max(1, Math.round(frame.height / 240));
  faces.forEach(({ box, text }, i) => {
    const color = i === 0 ? FOCUS : OTHER;
    drawBox(picture, box, color, scale);
    drawLabel(picture, box, text, color, scale);
  });
  return picture;
}
