import type { Picture } from '../../util/picture.js';
import { encodePng } from '../../util/picture_file.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphDot } from '../../vision/font.js';
import { asciiOf } from '../text.js';
import { AREA, chartDrawing, DOT, HEIGHT, type PictureOptions, type Shape, WIDTH } from './chart_drawing.js';
import type { Series } from './line_chart.js';

/** Pixels per unit of the drawing, and samples per pixel along each axis, for smooth edges. */
const [SCALE, SAMPLES] = [2, 2];
/** Samples per unit. */
const FINE = SCALE * SAMPLES;
const DASH = { on: 2, off: 4 };
/** Side of a dot of the font, in units. */
const [SMALL, LARGE] = [1, 1.5];
const TEXT = '#222222';

/** The curves with axes and a legend, as a PNG file of 1600 x 840 pixels. Its texts are in capitals. */
export function chartPng(curves: readonly Series[], options: PictureOptions): Uint8Array {
  const sheet = new Sheet();
  for (const shape of chartDrawing(curves, options)) drawShape(sheet, shape);
  return encodePng(sheet.picture());
}

function drawShape(sheet: Sheet, shape: Shape): void {
  switch (shape.kind) {
    case 'line':
      shape.points.slice(1).forEach((to, i) => {
        const from = shape.points[i] as Place;
        const part = shape.curve ? inArea(from, to) : ([from, to] as const);
        if (part !== undefined) sheet.line(...part, shape);
      });
      break;
    case 'dot':
      sheet.disc(shape.at, DOT, shape.colour);
      break;
    case 'text': {
      const dot = shape.large ? LARGE : SMALL;
      const letters = [...asciiOf(shape.words)];
      const width = (letters.length * (GLYPH_WIDTH + 1) - 1) * dot;
      const left = shape.at[0] - { start: 0, middle: width / 2, end: width }[shape.anchor];
      letters.forEach((letter, i) => {
        sheet.letter(letter, [left + i * (GLYPH_WIDTH + 1) * dot, shape.at[1] - GLYPH_HEIGHT * dot], dot);
      });
    }
  }
}

type Place = readonly [x: number, y: number];
type Stroke = { readonly colour: string; readonly width: number; readonly dashed?: boolean };

/** The part of a line between the upper and the lower end of the axes; undefined where there is none. */
function inArea([x0, y0]: Place, [x1, y1]: Place): readonly [Place, Place] | undefined {
  const shareAt = (y: number): number => (y - y0) / (y1 - y0);
  const [a, b] =
    y0 === y1 ? [0, 1] : [shareAt(AREA.top), shareAt(AREA.bottom)].toSorted((one, other) => one - other);
  const [begin, end] = [Math.max(0, a ?? 0), Math.min(1, b ?? 1)];
  if (begin > end || (y0 === y1 && (y0 < AREA.top || y0 > AREA.bottom))) return undefined;
  const at = (share: number): Place => [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
  return [at(begin), at(end)];
}

/** A raster of RGB samples, finer than the pixels. Positions and lengths are in units of the drawing. */
class Sheet {
  readonly #width = WIDTH * FINE;
  readonly #height = HEIGHT * FINE;
  readonly #samples = new Uint8Array(this.#width * this.#height * 3).fill(255);

  /** A line with round ends. */
  line(from: Place, to: Place, { colour, width, dashed }: Stroke): void {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const steps = Math.max(1, Math.ceil(length * FINE));
    for (let i = 0; i <= steps; i++) {
      const share = i / steps;
      if (dashed && (share * length) % (DASH.on + DASH.off) > DASH.on) continue;
      this.disc(
        [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])],
        width / 2,
        colour,
      );
    }
  }

  disc([x, y]: Place, radius: number, colour: string): void {
    const [cx, cy, r] = [x * FINE, y * FINE, radius * FINE];
    const rgb = bytesOf(colour);
    for (let row = Math.round(cy - r); row <= Math.round(cy + r); row++) {
      const half = Math.sqrt(Math.max(0, r * r - (row - cy) ** 2));
      for (let col = Math.round(cx - half); col <= Math.round(cx + half); col++) this.#set(col, row, rgb);
    }
  }

  /** @param at its upper left corner @param dot the side of a dot of the font */
  letter(letter: string, [x, y]: Place, dot: number): void {
    const rgb = bytesOf(TEXT);
    const side = dot * FINE;
    for (let row = 0; row < GLYPH_HEIGHT * side; row++) {
      for (let col = 0; col < GLYPH_WIDTH * side; col++) {
        if (glyphDot(letter, Math.floor(col / side), Math.floor(row / side)))
          this.#set(Math.round(x * FINE) + col, Math.round(y * FINE) + row, rgb);
      }
    }
  }

  /** The mean of the samples of each pixel. */
  picture(): Picture {
    const [width, height] = [WIDTH * SCALE, HEIGHT * SCALE];
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < data.length; i++) {
      const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
      let sum = 0;
      for (let s = 0; s < SAMPLES * SAMPLES; s++) {
        const row = y * SAMPLES + Math.floor(s / SAMPLES);
        const col = x * SAMPLES + (s % SAMPLES);
        sum += this.#samples[(row * this.#width + col) * 3 + channel] as number;
      }
      data[i] = Math.round(sum / (SAMPLES * SAMPLES));
    }
    return { width, height, channels: 3, data };
  }

  #set(x: number, y: number, rgb: readonly number[]): void {
    if (x < 0 || y < 0 || x >= this.#width || y >= this.#height) return;
    const at = (y * this.#width + x) * 3;
    for (let channel = 0; channel < 3; channel++) this.#samples[at + channel] = rgb[channel] as number;
  }
}

/** `#1f5fc4` as red, green and blue. */
const bytesOf = (colour: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
