import type { Picture } from '../../util/picture.js';
import { type Enlarge, resample } from '../../util/resample.js';
import type { Capability } from './capability.js';
import { PALETTES } from './palette.js';

/** Thresholds of ordered dithering, 0 to 15: neighbours differ as much as they can. */
const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];
/** How far dithering moves a channel. Grays in 256 colours are close enough to each other without it. */
const SPREAD = { '256': 26, '16': 110 } as const;
/** Characters in order of the ink that they need. */
const RAMP = ' .:-=+*#%@';
/** Bits of the dots of a braille cell, row by row. */
const BRAILLE = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];
const RESET = '\x1b[0m';

/** Dots per cell: with colour 1 x 2 (half blocks), without 2 x 4 (braille), in ASCII 1. */
export function dotsPerCell({ color, glyphs }: Capability): readonly [across: number, down: number] {
  if (glyphs === 'ascii') return [1, 1];
  return color === 'none' ? [2, 4] : [1, 2];
}

/**
 * Paints a picture over cols x rows cells: half blocks in the best colours there are, else dithered braille; in ASCII coloured
 * blanks, or a ramp of characters with fewer than 256 colours. The caller keeps the aspect ratio (`fitPicture`).
 * @returns `rows` strings, each `cols` cells wide, colours reset at its end
 */
export function paintPicture(
  picture: Picture,
  cols: number,
  rows: number,
  capability: Capability,
  enlarge: Enlarge = 'bilinear',
): string[] {
  if (cols < 1 || rows < 1) return Array.from({ length: Math.max(0, rows) }, () => '');
  const [across, down] = dotsPerCell(capability);
  const dots = resample(picture, cols * across, rows * down, enlarge);
  const { color, glyphs } = capability;
  const blanks = glyphs === 'ascii' && (color === 'truecolor' || color === '256');
  const paintRow =
    glyphs === 'ascii' && !blanks
      ? rampRow(dots)
      : color === 'none'
        ? brailleRow(dots)
        : colorRow(dots, colorCodes(dots, color), blanks);
  return Array.from({ length: rows }, (_, row) => paintRow(row));
}

/** The codes of the dots' colours, and their SGR sequences as foreground and background. */
interface Codes {
  readonly at: (dot: number) => number;
  readonly foreground: (code: number) => string;
  readonly background: (code: number) => string;
}

function colorCodes({ data, channels, width }: Picture, color: 'truecolor' | '256' | '16'): Codes {
  if (color === 'truecolor') {
    const text = (code: number): string => `2;${code >> 16};${(code >> 8) & 255};${code & 255}`;
    return {
      at: (dot) => {
        const i = dot * channels;
        const red = data[i] as number;
        return channels === 1
          ? red * 0x010101
          : (red << 16) | ((data[i + 1] as number) << 8) | (data[i + 2] as number);
      },
      foreground: (code) => `38;${text(code)}`,
      background: (code) => `48;${text(code)}`,
    };
  }
  const palette = PALETTES[color];
  const spread = channels === 1 && color === '256' ? 0 : SPREAD[color];
  const at = (dot: number): number => {
    const x = dot % width;
    const y = (dot - x) / width;
    const move = (((BAYER[(y & 3) * 4 + (x & 3)] as number) + 0.5) / 16 - 0.5) * spread;
    const moved = (channel: number): number =>
      Math.max(0, Math.min(255, (data[dot * channels + channel] as number) + move));
    const red = moved(0);
    return channels === 1 ? palette.nearest(red, red, red) : palette.nearest(red, moved(1), moved(2));
  };
  if (color === '256')
    return { at, foreground: (code) => `38;5;${code}`, background: (code) => `48;5;${code}` };
  const basic = (code: number, base: number): string => String(code < 8 ? base + code : base + 52 + code);
  return { at, foreground: (code) => basic(code, 30), background: (code) => basic(code, 40) };
}

/** Half blocks, the upper dot in the foreground and the lower in the background; or blanks of one dot each. */
function colorRow({ width }: Picture, codes: Codes, blanks: boolean): (row: number) => string {
  return (row) => {
    let line = '';
    let [lastUpper, lastLower] = [-1, -1];
    for (let x = 0; x < width; x++) {
      const upper = blanks ? -1 : codes.at(row * 2 * width + x);
      const lower = codes.at((blanks ? row : row * 2 + 1) * width + x);
      if (upper !== lastUpper && lower !== lastLower) {
        line += `\x1b[${codes.foreground(upper)};${codes.background(lower)}m`;
      } else if (upper !== lastUpper) line += `\x1b[${codes.foreground(upper)}m`;
      else if (lower !== lastLower) line += `\x1b[${codes.background(lower)}m`;
      lastUpper = upper;
      lastLower = lower;
      line += blanks ? ' ' : '▀';
    }
    return line + RESET;
  };
}

function brailleRow(dots: Picture): (row: number) => string {
  return (row) => {
    let line = '';
    for (let x = 0; x < dots.width; x += 2) {
      let bits = 0;
      for (let k = 0; k < 8; k++) {
        const [dx, dy] = [x + (k & 1), row * 4 + (k >> 1)];
        const threshold = ((BAYER[(dy & 3) * 4 + (dx & 3)] as number) + 0.5) * 16;
        if (brightness(dots, dy * dots.width + dx) > threshold) bits |= BRAILLE[k] as number;
      }
      line += String.fromCharCode(0x2800 + bits);
    }
    return line;
  };
}

function rampRow(dots: Picture): (row: number) => string {
  return (row) => {
    let line = '';
    for (let x = 0; x < dots.width; x++) {
      line += RAMP[Math.floor((brightness(dots, row * dots.width + x) * RAMP.length) / 256)];
    }
    return line;
  };
}

/** 0 to 255, by ITU-R BT.601. */
function brightness({ data, channels }: Picture, dot: number): number {
  const i = dot * channels;
  const red = data[i] as number;
  return channels === 1
    ? red
    : 0.299 * red + 0.587 * (data[i + 1] as number) + 0.114 * (data[i + 2] as number);
}
