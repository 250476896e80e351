import { inColor, type Picture } from '../util/picture.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphDot } from './font.js';
import { type Box, overlap, roundBox } from './geometry.js';

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

/** The area of a label of this text, before it has a place. */
function labelSize(text: string, scale: number): Pick<Box, 'width' | 'height'> {
  return { width: (text.length * ADVANCE - 1 + 2 * PAD) * scale, height: (GLYPH_HEIGHT + 2 * PAD) * scale };
}

/**
 * Draws the label of a box so that it covers as little as possible of the `others`: if it would, a smaller one is tried. Returns its
 * place.
 * @param others boxes of other faces, and labels that have a place
 */
export function drawLabel(
  picture: Picture,
  box: Box,
  text: string,
  color: Color,
  scale: number,
  others: readonly Box[] = [],
): Box {
  const { dot, ...place } = placeLabel(
    picture,
    box,
    [scale, Math.ceil(scale / 2), 1].map((size) => ({ dot: size, ...labelSize(text, size) })),
    others,
  );
  fill(picture, place, color);
  [...text].forEach((letter, i) => {
    for (let bit = 0; bit < GLYPH_WIDTH * GLYPH_HEIGHT; bit++) {
      const [u, v] = [bit % GLYPH_WIDTH, Math.floor(bit / GLYPH_WIDTH)];
      if (!glyphDot(letter, u, v)) continue;
      const at = { x: place.x + (PAD + i * ADVANCE + u) * dot, y: place.y + (PAD + v) * dot };
      fill(picture, { ...at, width: dot, height: dot }, INK);
    }
  });
  return place;
}

/**
 * The place of a label: above its box or below it, at its left or right edge, else inside of it at the top or bottom; where it covers
 * least of the `others`, and of those the first. It lies in the picture as a whole. Of several sizes, the first that covers least.
 * All measures are in one unit: pixels of a picture, or cells of a terminal.
 * @param sizes of the label, at least one, best first; what else they hold is returned with the place
 * @param others boxes of other faces, and labels that have a place
 */
export function placeLabel<S extends Pick<Box, 'width' | 'height'>>(
  area: Pick<Picture, 'width' | 'height'>,
  box: Box,
  sizes: readonly S[],
  others: readonly Box[],
): S & Box {
  const { x: left, y: top, width, height } = roundBox(box);
  const inside = (at: number, room: number): number => Math.max(0, Math.min(at, room));
  return sizes
    .flatMap((size) => {
      const lowest = area.height - size.height;
      const rows = [
        ...[top - size.height, top + height],
        ...[inside(top, lowest), inside(top + height - size.height, lowest)],
      ];
      const columns = [left, left + width - size.width].map((x) => inside(x, area.width - size.width));
      return rows
        .filter((y) => y >= 0 && y <= Math.max(0, lowest))
        .flatMap((y) => columns.map((x) => ({ ...size, x, y })));
    })
    .reduce((best, place) => (covered(others, place) < covered(others, best) ? place : best));
}

/** The area of the boxes that a place covers. */
function covered(boxes: readonly Box[], place: Box): number {
  return boxes.reduce((sum, box) => sum + overlap(place, box), 0);
}

/** Returns a copy of a frame with a box and a label for every face. The first face is the one in focus. */
export function annotated(
  frame: Picture,
  faces: readonly { readonly box: Box; readonly text: string }[],
): Picture {
  const picture = inColor(frame);
  const scale = Math.max(1, Math.round(frame.height / 240));
  const color = (i: number): Color => (i === 0 ? FOCUS : OTHER);
  faces.forEach(({ box }, i) => {
    drawBox(picture, box, color(i), scale);
  });
  const labels: Box[] = [];
  faces.forEach(({ box, text }, i) => {
    const others = faces.filter((_, other) => other !== i).map((face) => face.box);
    labels.push(drawLabel(picture, box, text, color(i), scale, [...others, ...labels]));
  });
  return picture;
}
