import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/util/errors.js';
import type { Picture } from '../../src/util/picture.js';
import { checkPictureName, encodePng, writePicture } from '../../src/util/picture_file.js';
import { glyphDot } from '../../src/vision/font.js';
import { type Box, overlap } from '../../src/vision/geometry.js';
import { annotated, drawBox, drawLabel, FOCUS, OTHER } from '../../src/vision/overlay.js';

/** The letters as a person reads them; "?" stands for whatever has no letter. */
const ALPHABET: readonly (readonly [letters: string, rows: readonly string[]])[] = [
  [
    ' %-.0123456789?',
    [
      '..... ##... ..... ..... .###. ..#.. .###. .###. ...#. ##### ..##. ##### .###. .###. #####',
      '..... ##..# ..... ..... #...# .##.. #...# #...# ..##. #.... .#... ....# #...# #...# #...#',
      '..... ...#. ..... ..... #..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...# #...#',
      '..... ..#.. ##### ..... #.#.# ..#.. ..##. ..##. #..#. ....# ####. ..#.. .###. .#### #...#',
      '..... .#... ..... ..... ##..# ..#.. .#... ....# ##### ....# #...# .#... #...# ....# #...#',
      '..... #..## ..... .##.. #...# ..#.. #.... #...# ...#. #...# #...# .#... #...# ...#. #...#',
      '..... ...## ..... .##.. .###. .###. ##### .###. ...#. .###. .###. .#... .###. .##.. #####',
    ],
  ],
  [
    ',:/()+=~^_',
    [
      '..... ..... ..... ...#. .#... ..... ..... ..... ..#.. .....',
      '..... .##.. ....# ..#.. ..#.. ..#.. ..... ..... .#.#. .....',
      '..... .##.. ...#. .#... ...#. ..#.. ##### .#... #...# .....',
      '..... ..... ..#.. .#... ...#. ##### ..... #.#.# ..... .....',
      '.##.. .##.. .#... .#... ...#. ..#.. ##### ...#. ..... .....',
      '..#.. .##.. #.... ..#.. ..#.. ..#.. ..... ..... ..... .....',
      '.#... ..... ..... ...#. .#... ..... ..... ..... ..... #####',
    ],
  ],
  [
    'ABCDEFGHIJKLM',
    [
      '.###. ####. .###. ####. ##### ##### .###. #...# .###. ....# #...# #.... #...#',
      '#...# #...# #...# #...# #.... #.... #...# #...# ..#.. ....# #..#. #.... ##.##',
      '#...# #...# #.... #...# #.... #.... #.... #...# ..#.. ....# #.#.. #.... #.#.#',
      '##### ####. #.... #...# ####. ####. #.### ##### ..#.. ....# ##... #.... #.#.#',
      '#...# #...# #.... #...# #.... #.... #...# #...# ..#.. ....# #.#.. #.... #...#',
      '#...# #...# #...# #...# #.... #.... #...# #...# ..#.. #...# #..#. #.... #...#',
      '#...# ####. .###. ####. ##### #.... .#### #...# .###. .###. #...# ##### #...#',
    ],
  ],
  [
    'NOPQRSTUVWXYZ',
    [
      '#...# .###. ####. .###. ####. .###. ##### #...# #...# #...# #...# #...# #####',
      '#...# #...# #...# #...# #...# #...# ..#.. #...# #...# #...# #...# #...# ....#',
      '##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. #...# ...#.',
      '#.#.# #...# ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. .#.#. ..#..',
      '#..## #...# #.... #.#.# #.#.. ....# ..#.. #...# #...# #.#.# .#.#. ..#.. .#...',
      '#...# #...# #.... #..#. #..#. #...# ..#.. #...# .#.#. #.#.# #...# ..#.. #....',
      '#...# .###. #.... .##.# #...# .###. ..#.. .###. ..#.. .#.#. #...# ..#.. #####',
    ],
  ],
];

const black = (width: number, height: number): Picture => ({
  ...{ width, height, channels: 3, data: new Uint8Array(width * height * 3) },
});
/** A picture as rows of characters: one for each of these colours, "." for black. */
const drawing = (
  { width, height, data }: Picture,
  colors: Readonly<Record<string, readonly number[]>>,
): string[] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const pixel = [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)].join();
      if (pixel === '0,0,0') return '.';
      return Object.entries(colors).find(([, color]) => color.join() === pixel)?.[0] ?? '?';
    }).join(''),
  );
const INK = [10, 20, 10];
const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });

describe('letters', () => {
  it.each(ALPHABET)('%s', (letters, rows) => {
    [...letters].forEach((letter, i) => {
      const drawn = rows.map((_, y) =>
        [0, 1, 2, 3, 4].map((x) => (glyphDot(letter, x, y) ? '#' : '.')).join(''),
      );
      expect(drawn, letter).toEqual(rows.map((row) => row.slice(6 * i, 6 * i + 5)));
    });
  });

  it('small ones look like large ones, and have nothing beside or below', () => {
    for (let y = 0; y < 7; y++) expect(glyphDot('r', 2, y)).toBe(glyphDot('R', 2, y));
    expect([glyphDot('M', 5, 0), glyphDot('M', 0, 7)]).toEqual([false, false]);
  });

  it('letters with accents look like those without', () => {
    const dots = (letter: string) =>
      Array.from({ length: 35 }, (_, i) => glyphDot(letter, i % 5, Math.floor(i / 5)));
    expect(dots('é')).toEqual(dots('E'));
    expect(dots('怒')).toEqual(dots('?'));
  });
});

describe('a box', () => {
  it('is a frame of its thickness, inside of its edges', () => {
    const picture = black(8, 8);
    drawBox(picture, box(0.6, 2.4, 6.4, 5), FOCUS, 2);
    expect(drawing(picture, { f: FOCUS })).toEqual([
      ...['........', '........', '.ffffff.', '.ffffff.', '.ff..ff.', '.ffffff.', '.ffffff.', '........'],
    ]);
  });

  it('is cut where it goes on beyond the picture, on every side', () => {
    const picture = black(6, 4);
    drawBox(picture, box(-2, -2, 5, 4), OTHER, 1);
    drawBox(picture, box(4, 2, 9, 9), FOCUS, 1);
    expect(drawing(picture, { f: FOCUS, o: OTHER })).toEqual(['..o...', 'ooo...', '....ff', '....f.']);
  });
});

describe('a label', () => {
  const label = (width: number, height: number, at: Box, text = 'I', scale = 1) => {
    const picture = black(width, height);
    drawLabel(picture, at, text, FOCUS, scale);
    return drawing(picture, { f: FOCUS, '#': INK });
  };
  const I = [
    'fffffffff',
    'fffffffff',
    'fff###fff',
    'ffff#ffff',
    'ffff#ffff',
    'ffff#ffff',
    'ffff#ffff',
    'ffff#ffff',
  ];
  const LETTER = [...I, 'fff###fff', 'fffffffff', 'fffffffff'];

  it('stands above its box, at its left edge, with room around the letters', () => {
    expect(label(12, 13, box(1.4, 12, 5, 5))).toEqual([
      '............',
      ...LETTER.map((row) => `.${row}..`),
      '............',
    ]);
  });

  it('is inside of the box at the upper edge, and pushed in at the right, the left and below', () => {
    expect(label(12, 14, box(9, 2, 5, 5))).toEqual([
      ...['............', '............'],
      ...LETTER.map((row) => `...${row}`),
      '............',
    ]);
    expect(label(10, 12, box(-5, 9, 5, 9))).toEqual(['..........', ...LETTER.map((row) => `${row}.`)]);
    expect(label(9, 11, box(0, 11, 5, 5))).toEqual(LETTER);
  });

  it('is as wide as its letters, and larger by its scale', () => {
    const two = label(40, 30, box(0, 28, 5, 5), 'II', 2);
    const wide = LETTER.map((row) => row.slice(0, 8) + row.slice(2)); // a second letter behind a gap of one dot
    const twice = wide.flatMap((row) => {
      const double = [...row]
        .map((c) => c + c)
        .join('')
        .padEnd(40, '.');
      return [double, double];
    });
    expect(two).toEqual([
      ...new Array(6).fill('.'.repeat(40)),
      ...twice,
      ...new Array(2).fill('.'.repeat(40)),
    ]);
  });
});

describe('an annotated frame', () => {
  it('is a copy with boxes and labels, the first in the colour of the focus, larger in larger frames', () => {
    for (const [height, thickness] of [
      [100, 1],
      [359, 1],
      [360, 2],
      [600, 3],
    ] as const) {
      const frame = black(200, height);
      const faces = [
        { box: box(20, 40, 30, 30), text: 'A' },
        { box: box(120, 40, 30, 30), text: 'B' },
      ];
      const out = annotated(frame, faces);
      expect(frame.data.every((value) => value === 0)).toBe(true);
      const wanted = black(200, height);
      for (const [i, { box: at, text }] of faces.entries()) {
        drawBox(wanted, at, i === 0 ? FOCUS : OTHER, thickness);
        drawLabel(wanted, at, text, i === 0 ? FOCUS : OTHER, thickness);
      }
      expect(Buffer.compare(out.data, wanted.data)).toBe(0);
    }
    expect([FOCUS, OTHER]).toEqual([
      [80, 230, 120],
      [240, 200, 60],
    ]);
  });

  it('has labels beside neighbouring faces, smaller or elsewhere where there is no room', () => {
    const size = { width: 640, height: 480 };
    const text = 'SURPRISE 100 %';
    const crowds: Box[][] = [
      [box(0, 200, 100, 100), box(110, 200, 100, 100), box(220, 200, 100, 100)], // in a row
      [box(200, 60, 100, 100), box(200, 170, 100, 100), box(200, 280, 100, 100)], // in a column
      [box(100, 100, 120, 120), box(100, 225, 120, 120), box(230, 100, 120, 120), box(230, 225, 120, 120)],
    ];
    for (const crowd of crowds) {
      const drawn = black(size.width, size.height);
      const labels: Box[] = [];
      for (const [i, own] of crowd.entries()) {
        const others = [...crowd.filter((_, other) => other !== i), ...labels];
        const label = drawLabel(drawn, own, text, FOCUS, 2, others);
        for (const other of others) expect(overlap(label, other)).toBe(0);
        expect([
          label.x >= 0,
          label.y >= 0,
          label.x + label.width <= 640,
          label.y + label.height <= 480,
        ]).toEqual(new Array(4).fill(true));
        labels.push(label);
      }
    }
    const alone = drawLabel(black(640, 480), box(100, 100, 120, 120), text, FOCUS, 2);
    expect(alone).toEqual(box(100, 78, 2 * (14 * 6 - 1 + 4), 22));
  });

  it('of gray is in colours', () => {
    const gray: Picture = { width: 3, height: 1, channels: 1, data: Uint8Array.of(1, 2, 3) };
    expect([...annotated(gray, []).data]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });
});

describe('a picture file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fer-tui-picture-'));
  const picture: Picture = {
    ...{ width: 16, height: 8, channels: 3 },
    data: Uint8Array.from({ length: 16 * 8 * 3 }, (_, i) => (i % 3) * 60 + Math.floor(i / 48) * 8 + 20),
  };

  it('.png holds each pixel, without an alpha channel', () => {
    for (const name of ['a.png', 'b.PNG']) {
      writePicture(join(folder, name), picture);
      const bytes = readFileSync(join(folder, name));
      const { width, height, data } = PNG.sync.read(bytes);
      expect([width, height, bytes[25]]).toEqual([16, 8, 2]);
      for (let i = 0; i < 128; i++) {
        expect([...data.subarray(4 * i, 4 * i + 4)]).toEqual([
          ...picture.data.subarray(3 * i, 3 * i + 3),
          255,
        ]);
      }
      expect(bytes.equals(encodePng(picture))).toBe(true);
    }
  });

  it('.jpg and .jpeg hold them nearly', () => {
    for (const name of ['a.jpg', 'b.JPEG']) {
      writePicture(join(folder, name), picture);
      const bytes = readFileSync(join(folder, name));
      expect([bytes[0], bytes[1]]).toEqual([0xff, 0xd8]);
      const { width, height, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false });
      expect([width, height]).toEqual([16, 8]);
      expect(Math.max(...picture.data.map((value, i) => Math.abs(value - (data[i] as number))))).toBeLessThan(
        12,
      );
    }
  });

  it('of another kind is refused before anything is written', () => {
    for (const name of ['a.gif', 'png', 'a.png.txt', 'ajpg']) {
      expect(() => checkPictureName(name)).toThrow(UsageError);
      expect(() => writePicture(join(folder, name), picture)).toThrow('pictures are written as PNG or JPEG');
      expect(existsSync(join(folder, name))).toBe(false);
    }
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });
});
