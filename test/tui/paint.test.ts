import { describe, expect, it } from 'vitest';
import type { Capability } from '../../src/tui/paint/capability.js';
import { dotsPerCell, paintPicture } from '../../src/tui/paint/paint.js';
import { PALETTES } from '../../src/tui/paint/palette.js';
import { fitPicture } from '../../src/tui/paint/picture.js';
import type { Picture } from '../../src/util/picture.js';
import { resample } from '../../src/util/resample.js';
import { signedPicture } from '../../src/util/signed_picture.js';

const gray = (width: number, height: number, at: (x: number, y: number) => number): Picture => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))),
});
const mean = ({ data }: Picture): number => data.reduce((a, b) => a + b, 0) / data.length;
const MODES: readonly Capability[] = (['truecolor', '256', '16', 'none'] as const).flatMap((color) =>
  (['unicode', 'ascii'] as const).map((glyphs) => ({ color, glyphs })),
);
const [TRUE, LOW, NONE, ASCII] = [
  { color: 'truecolor', glyphs: 'unicode' },
  { color: '16', glyphs: 'unicode' },
  { color: 'none', glyphs: 'unicode' },
  { color: 'none', glyphs: 'ascii' },
] as const;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const COLORS = /\x1b\[[0-9;]*m/g;

describe('paintPicture', () => {
  const face = gray(48, 48, (x, y) => (x * y * 7) % 256);
  const photo: Picture = {
    width: 31,
    height: 17,
    channels: 3,
    data: Uint8Array.from({ length: 31 * 17 * 3 }, (_, i) => (i * 37) % 256),
  };

  it.each(MODES)('fills exactly the cells it is given: %j', (mode) => {
    for (const picture of [face, photo]) {
      for (const [cols, rows] of [
        [1, 1],
        [48, 24],
        [60, 17],
        [7, 30],
      ] as const) {
        const lines = paintPicture(picture, cols, rows, mode);
        expect(lines).toHaveLength(rows);
        for (const line of lines) {
          const text = line.replace(COLORS, '');
          expect([...text]).toHaveLength(cols);
          if (mode.glyphs === 'ascii') expect(text).toMatch(/^[ -~]+$/);
          if (mode.color === 'none') expect(line).toBe(text);
          else if (text !== line) expect(line.endsWith('\x1b[0m')).toBe(true);
        }
      }
      expect(paintPicture(picture, 0, 2, mode)).toEqual(['', '']);
    }
  });

  it('puts two pixels into a cell, and says a colour once', () => {
    const picture = gray(2, 2, (_, y) => (y === 0 ? 10 : 200));
    expect(paintPicture(picture, 2, 1, TRUE)).toEqual(['\x1b[38;2;10;10;10;48;2;200;200;200m▀▀\x1b[0m']);
    const rgb: Picture = { width: 1, height: 2, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    expect(paintPicture(rgb, 1, 1, TRUE)).toEqual(['\x1b[38;2;1;2;3;48;2;4;5;6m▀\x1b[0m']);
  });

  it('uses the numbered colours where there are no others', () => {
    const picture = gray(1, 2, (_, y) => (y === 0 ? 0 : 255));
    expect(paintPicture(picture, 1, 1, { ...TRUE, color: '256' })).toEqual([
      '\x1b[38;5;16;48;5;231m▀\x1b[0m',
    ]);
    expect(paintPicture(picture, 1, 1, LOW)).toEqual(['\x1b[30;107m▀\x1b[0m']);
    expect(paintPicture(picture, 1, 2, { color: '256', glyphs: 'ascii' })).toEqual([
      '\x1b[48;5;16m \x1b[0m',
      '\x1b[48;5;231m \x1b[0m',
    ]);
  });

  it('dithers braille so that as many dots are set as the picture is bright', () => {
    for (const level of [0, 64, 128, 192, 255]) {
      const text = paintPicture(
        gray(8, 8, () => level),
        8,
        4,
        NONE,
      ).join('');
      const set = [...text].reduce((sum, c) => sum + ones(c.charCodeAt(0) - 0x2800), 0);
      expect(set / (8 * 4 * 8)).toBeCloseTo(level / 255, 1);
    }
  });

  it('puts every dot of braille where the pixel is', () => {
    const bits = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];
    bits.forEach((bit, k) => {
      const one = gray(2, 4, (x, y) => (y * 2 + x === k ? 255 : 0));
      expect(paintPicture(one, 1, 1, NONE)).toEqual([String.fromCharCode(0x2800 + bit)]);
    });
  });

  it('has a ramp of characters that grows darker to brighter', () => {
    const ramp = gray(10, 1, (x) => Math.round((x * 255) / 9));
    expect(paintPicture(ramp, 10, 1, ASCII)).toEqual([' .:-=+*#%@']);
  });

  it('tells how many dots a cell has', () => {
    expect(dotsPerCell(TRUE)).toEqual([1, 2]);
    expect(dotsPerCell(NONE)).toEqual([2, 4]);
    expect(dotsPerCell(ASCII)).toEqual([1, 1]);
  });
});

function ones(bits: number): number {
  return bits === 0 ? 0 : (bits & 1) + ones(bits >> 1);
}

describe('resample', () => {
  it('averages areas, also where they cut pixels', () => {
    expect(
      resample(
        gray(4, 1, (x) => x * 60),
        2,
        1,
        'bilinear',
      ).data,
    ).toEqual(Uint8Array.of(30, 150));
    expect(
      resample(
        gray(3, 1, (x) => x * 90),
        2,
        1,
        'bilinear',
      ).data,
    ).toEqual(Uint8Array.of(30, 150));
  });

  it('keeps the mean, whatever the sizes', () => {
    const picture = gray(48, 48, (x, y) => (x * 31 + y * 17) % 256);
    for (const [width, height] of [
      [37, 23],
      [24, 12],
      [1, 1],
      [48, 7],
    ] as const) {
      expect(mean(resample(picture, width, height, 'bilinear'))).toBeCloseTo(mean(picture), -0.5);
    }
  });

  it('enlarges smoothly or in blocks', () => {
    const two = gray(2, 1, (x) => x * 100);
    expect(resample(two, 4, 1, 'bilinear').data).toEqual(Uint8Array.of(0, 25, 75, 100));
    expect(resample(two, 4, 1, 'nearest').data).toEqual(Uint8Array.of(0, 0, 100, 100));
  });

  it('keeps channels apart', () => {
    const rgb: Picture = { width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 10, 20, 100, 110, 120) };
    expect(resample(rgb, 1, 1, 'nearest').data).toEqual(Uint8Array.of(50, 60, 70));
  });
});

describe('fitPicture', () => {
  it('keeps the shape, cells being twice as high as wide', () => {
    expect(fitPicture(640, 480, { cols: 64, rows: 40 })).toEqual({ cols: 64, rows: 24 });
    expect(fitPicture(48, 48, { cols: 100, rows: 18 })).toEqual({ cols: 36, rows: 18 });
    expect(fitPicture(1000, 1, { cols: 20, rows: 5 })).toEqual({ cols: 20, rows: 1 });
  });
});

describe('signedPicture', () => {
  const size = { width: 3, height: 1, limit: 2 };

  it('is blue below zero, white at it and orange above', () => {
    const { data, channels } = signedPicture([-2, 0, 9], size);
    expect(channels).toBe(3);
    expect([...data]).toEqual([33, 102, 200, 247, 247, 247, 230, 110, 20]);
  });

  it('is dark, middle and bright without colour, and even where nothing is to be seen', () => {
    expect([...signedPicture([-2, 0, 2], { ...size, gray: true }).data]).toEqual([0, 128, 255]);
    expect([...signedPicture([0, 0, 0], { ...size, limit: 0, gray: true }).data]).toEqual([128, 128, 128]);
  });
});

describe('palettes', () => {
  it('find themselves', () => {
    expect(PALETTES['256'].nearest(255, 135, 0)).toBe(208);
    expect(PALETTES['256'].nearest(118, 118, 118)).toBe(243);
    expect(PALETTES['16'].nearest(0, 0, 238)).toBe(4);
    expect(PALETTES['16'].nearest(250, 250, 250)).toBe(15);
  });
});
