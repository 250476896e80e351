/** The colours that terminals number, as xterm has them, and which of them is nearest to a colour. */

type Color = readonly [red: number, green: number, blue: number];

const CUBE = [0, 95, 135, 175, 215, 255];

/** 16 to 231: a cube of 6 x 6 x 6; 232 to 255: grays. The first 16 are left out: people recolour them. */
const COLORS_256: readonly (readonly [number, Color])[] = [
  ...Array.from({ length: 216 }, (_, i): [number, Color] => [
    16 + i,
    [CUBE[Math.floor(i / 36)] as number, CUBE[Math.floor(i / 6) % 6] as number, CUBE[i % 6] as number],
  ]),
  ...Array.from({ length: 24 }, (_, i): [number, Color] => [232 + i, [8 + 10 * i, 8 + 10 * i, 8 + 10 * i]]),
];

const COLORS_16: readonly (readonly [number, Color])[] = (
  [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
  ] as const
).map((color, i) => [i, color]);

/** Finds the nearest colour of a palette, and caches the result. */
class Palette {
  /** By the upper 5 bits of each channel: number + 1, or 0 if not searched yet. */
  readonly #nearest = new Uint16Array(1 << 15);

  constructor(private readonly colors: readonly (readonly [number, Color])[]) {}

  /** The number of the colour nearest to an RGB colour with channels from 0 to 255. */
  nearest(r: number, g: number, b: number): number {
    const key = ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3);
    const known = this.#nearest[key] as number;
    if (known !== 0) return known - 1;
    const found = this.#search(r, g, b);
    this.#nearest[key] = found + 1;
    return found;
  }

  #search(r: number, g: number, b: number): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [number, [red, green, blue]] of this.colors) {
      // Eyes see green best and blue worst.
      const distance = 3 * (r - red) ** 2 + 6 * (g - green) ** 2 + (b - blue) ** 2;
      if (distance < least) {
        least = distance;
        best = number;
      }
    }
    return best;
  }
}

export const PALETTES = { '256': new Palette(COLORS_256), '16': new Palette(COLORS_16) } as const;
