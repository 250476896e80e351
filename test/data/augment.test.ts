import { describe, expect, it } from 'vitest';
import {
  type AugmentOptions,
  changeStream,
  DEFAULT_AUGMENT,
  drawChange,
  isIdentity,
  NO_AUGMENT,
  warpImage,
} from '../../src/data/augment.js';
import type { ImageShape } from '../../src/data/types.js';
import { plainDraw } from '../../src/util/image_draw.js';
import { Rng } from '../../src/util/random.js';
import { PIXELS, someSplit } from './fixtures.js';

const { images } = someSplit(3);
const second = Array.from(images.subarray(PIXELS, 2 * PIXELS));

/** The second image, changed. */
function augment(options: Partial<AugmentOptions>, seed = 1, source = images): number[] {
  const out = new Float32Array(PIXELS + 10).fill(-1);
  warpImage(source, drawChange(1, { ...NO_AUGMENT, ...options }, new Rng(seed)), out, 5);
  expect([...out.subarray(0, 5), ...out.subarray(PIXELS + 5)]).toEqual(Array(10).fill(-1));
  return Array.from(out.subarray(5, PIXELS + 5));
}

/** An image of tone(x, y) in second place. */
function drawn(tone: (x: number, y: number) => number): Uint8Array {
  const source = new Uint8Array(3 * PIXELS);
  for (let i = 0; i < PIXELS; i++) source[PIXELS + i] = tone(i % 48, Math.floor(i / 48));
  return source;
}

describe('a random change', () => {
  it('changes nothing without options', () => {
    expect(augment({})).toEqual(second);
  });

  it('flips exactly, half of the time', () => {
    const mirrored = second.map((_, i) => second[i - (i % 48) + 47 - (i % 48)]);
    let flips = 0;
    for (let seed = 0; seed < 100; seed++) {
      const out = augment({ flip: true }, seed);
      const flipped = out[0] !== second[0];
      expect(out).toEqual(flipped ? mirrored : second);
      if (flipped) flips++;
    }
    expect(flips).toBeGreaterThan(30);
    expect(flips).toBeLessThan(70);
  });

  it('is the same for the same random numbers, and other for others', () => {
    expect(augment(DEFAULT_AUGMENT, 3)).toEqual(augment(DEFAULT_AUGMENT, 3));
    expect(augment(DEFAULT_AUGMENT, 3)).not.toEqual(augment(DEFAULT_AUGMENT, 4));
  });

  it('brightness scales by one factor, clamped to 0..255', () => {
    const gray = drawn((x) => (x < 24 ? 100 : 250));
    const factors = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const out = augment({ brightness: 0.3 }, seed, gray);
      const factor = (out[0] as number) / 100;
      expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.3 + 1e-6);
      expect(out[47]).toBeCloseTo(Math.min(255, 250 * factor), 3);
      factors.add(Math.round(factor * 1000));
    }
    expect(factors.size).toBeGreaterThan(20);
  });
});

/** Random numbers that are given: 0 is the lower end of a range, 1 the upper, 0.5 its middle. */
class Scripted extends Rng {
  readonly #numbers: number[];

  constructor(numbers: readonly number[]) {
    super(0);
    this.#numbers = [...numbers];
  }

  override float(): number {
    return this.#numbers.shift() ?? Number.NaN;
  }
}

/** Where in its range each part lies: no mirroring and the middle, unless given. */
interface Place {
  readonly mirror?: number;
  readonly rotation?: number;
  readonly dx?: number;
  readonly dy?: number;
  readonly zoom?: number;
  readonly shear?: number;
  readonly brightness?: number;
}

const place = ({
  mirror = 1,
  rotation = 0.5,
  dx = 0.5,
  dy = 0.5,
  zoom = 0.5,
  shear = 0.5,
  brightness = 0.5,
}: Place) => new Scripted([mirror, rotation, dx, dy, zoom, shear, brightness]);

/** A gray image [height, width] changed by one draw. */
function changed(
  tone: (x: number, y: number) => number,
  [width, height]: readonly [number, number],
  options: Partial<AugmentOptions>,
  at: Place,
): (x: number, y: number) => number {
  const source = Uint8Array.from({ length: width * height }, (_, i) =>
    tone(i % width, Math.floor(i / width)),
  );
  const out = new Float32Array(width * height);
  const draw = drawChange(0, { ...NO_AUGMENT, ...options }, place(at), [height, width, 1]);
  warpImage(source, draw, out, 0, [height, width, 1]);
  return (x, y) => out[y * width + x] as number;
}

describe('each part of a change, as a picture', () => {
  const size = [9, 7] as const;
  const tone = (x: number, y: number): number => 20 * x + 3 * y;

  it('a quarter turn to the upper end turns anticlockwise, to the lower end clockwise', () => {
    const square = [7, 7] as const;
    const left = changed(tone, square, { rotation: 90 }, { rotation: 1 });
    const right = changed(tone, square, { rotation: 90 }, { rotation: 0 });
    for (let y = 0; y < 7; y++) {
      for (let x = 0; x < 7; x++) {
        expect(left(x, y)).toBeCloseTo(tone(6 - y, x), 3);
        expect(right(x, y)).toBeCloseTo(tone(y, 6 - x), 3);
      }
    }
  });

  it('shifts by its fraction of width and height, to the right and down at the upper end', () => {
    const inside = (at: number, most: number): number => Math.max(0, Math.min(most, at));
    const right = changed(tone, size, { shift: 1 / 3 }, { dx: 1 });
    const down = changed(tone, size, { shift: 2 / 7 }, { dy: 1 });
    const up = changed(tone, size, { shift: 2 / 7 }, { dy: 0 });
    for (let y = 0; y < 7; y++) {
      for (let x = 0; x < 9; x++) {
        expect(right(x, y)).toBeCloseTo(tone(inside(x - 3, 8), y), 3);
        expect(down(x, y)).toBeCloseTo(tone(x, inside(y - 2, 6)), 3);
        expect(up(x, y)).toBeCloseTo(tone(x, inside(y + 2, 6)), 3);
      }
    }
  });

  it('zooms in at the upper end: what was 2 from the middle is 3 from it with 0.5', () => {
    const near = changed(tone, size, { zoom: 0.5 }, { zoom: 1 });
    expect([near(1, 3), near(7, 3)]).toEqual([tone(2, 3), tone(6, 3)]);
    expect([near(4, 0), near(4, 6)]).toEqual([tone(4, 1), tone(4, 5)]);
    const far = changed(tone, size, { zoom: 0.5 }, { zoom: 0 });
    expect([far(3, 3), far(5, 3), far(4, 2)]).toEqual([tone(2, 3), tone(6, 3), tone(4, 1)]);
  });

  it('mirrors below one half, if at all', () => {
    expect(changed(tone, size, { flip: true }, { mirror: 0.49 })(1, 2)).toBe(tone(7, 2));
    expect(changed(tone, size, { flip: true }, { mirror: 0.5 })(1, 2)).toBe(tone(1, 2));
    expect(changed(tone, size, {}, { mirror: 0 })(1, 2)).toBe(tone(1, 2));
  });

  it('leans rows, each by its distance from the middle', () => {
    const leaning = changed(tone, size, { shear: 45 }, { shear: 1 });
    for (let y = 1; y < 6; y++) expect(leaning(4, y)).toBeCloseTo(tone(4 + y - 3, y), 3);
  });

  it('brightens at the upper end, up to 255', () => {
    const bright = changed(tone, size, { brightness: 0.5 }, { brightness: 1 });
    expect([bright(2, 1), bright(8, 6)]).toEqual([1.5 * tone(2, 1), 255]);
    expect(changed(tone, size, { brightness: 0.5 }, { brightness: 0 })(2, 1)).toBe(0.5 * tone(2, 1));
  });
});

type Matrix = readonly (readonly number[])[];
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => [0, 1, 2].map((j) => row.reduce((sum, v, k) => sum + v * (b[k]?.[j] ?? 0), 0)));

describe('a change', () => {
  const rotation = 50;
  const options: AugmentOptions = {
    ...NO_AUGMENT,
    ...{ flip: true, rotation, shift: 0.2, zoom: 0.3, shear: 20, brightness: 0.4 },
  };
  const shape: ImageShape = [31, 44, 1];

  it('is the product of its parts: shift, turn, lean, zoom and mirror about the middle', () => {
    const rng = new Rng(3);
    for (let i = 0; i < 50; i++) {
      const f = Array.from({ length: 7 }, () => rng.float());
      const part = (k: number, limit: number): number => (2 * (f[k] as number) - 1) * limit;
      const radians = (degrees: number): number => (degrees / 180) * Math.PI;
      const angle = radians(part(1, rotation));
      const shift = (x: number, y: number): Matrix => [
        [1, 0, x],
        [0, 1, y],
        [0, 0, 1],
      ];
      const scale = 1 / (1 + part(4, 0.3));
      const parts: Matrix[] = [
        shift(43 / 2 - part(2, 0.2 * 44), 30 / 2 - part(3, 0.2 * 31)),
        [
          [Math.cos(angle), -Math.sin(angle), 0],
          [Math.sin(angle), Math.cos(angle), 0],
          [0, 0, 1],
        ],
        [
          [1, Math.tan(radians(part(5, 20))), 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        [
          [scale, 0, 0],
          [0, scale, 0],
          [0, 0, 1],
        ],
        [
          [(f[0] as number) < 0.5 ? -1 : 1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        shift(-43 / 2, -30 / 2),
      ];
      const [[xx, xy, x0] = [], [yx, yy, y0] = []] = parts.reduce(times);
      const draw = drawChange(9, options, new Scripted(f), shape);
      const wanted = { image: 9, xx, xy, x0, yx, yy, y0, gain: 1 + part(6, 0.4) };
      for (const [key, value] of Object.entries(wanted)) {
        expect(draw[key as keyof typeof draw], key).toBeCloseTo(value as number, 9);
      }
    }
  });

  it('reaches both ends of every range', () => {
    const ends = { angle: [9, -9], dx: [9, -9], dy: [9, -9], scale: [9, -9], gain: [9, -9] };
    const see = (end: number[], value: number): void => {
      end[0] = Math.min(end[0] as number, value);
      end[1] = Math.max(end[1] as number, value);
    };
    for (let seed = 0; seed < 2000; seed++) {
      const own = { ...options, flip: false, shear: 0 };
      const { xx, xy, x0, yx, yy, y0, gain } = drawChange(0, own, new Rng(seed), [11, 11, 1]);
      see(ends.angle, (Math.atan2(yx, xx) * 180) / Math.PI);
      see(ends.scale, 1 / Math.hypot(xx, yx));
      see(ends.dx, (5 - (xx * 5 + xy * 5 + x0)) / 11);
      see(ends.dy, (5 - (yx * 5 + yy * 5 + y0)) / 11);
      see(ends.gain, gain);
    }
    const near = (end: number[], low: number, high: number): void => {
      for (const [value, limit] of [
        [end[0], low],
        [end[1], high],
      ] as const) {
        expect(Math.abs((value as number) - limit)).toBeLessThan(0.01 * (high - low));
      }
    };
    near(ends.angle, -50, 50);
    near(ends.dx, -0.2, 0.2);
    near(ends.dy, -0.2, 0.2);
    near(ends.scale, 0.7, 1.3);
    near(ends.gain, 0.6, 1.4);
  });

  it('leaves the other parts as they were when one is switched off', () => {
    const all = drawChange(0, { ...options, shear: 0 }, new Rng(8));
    const still = drawChange(0, { ...options, shear: 0, rotation: 0, shift: 0 }, new Rng(8));
    expect(Math.hypot(still.xx, still.yx)).toBeCloseTo(Math.hypot(all.xx, all.yx), 12);
    expect(still.gain).toBe(all.gain);
  });

  it('has random numbers of its own for each seed, epoch and image', () => {
    const firsts = [7, 8].flatMap((seed) =>
      [0, 1, 2].flatMap((epoch) => [0, 1, 2].map((image) => changeStream(seed, epoch, image).uint32())),
    );
    expect(new Set(firsts).size).toBe(18);
    // Those of every version: a run that is resumed goes on with them.
    expect([changeStream(7, 0, 0).uint32(), changeStream(7, 5, 123).uint32()]).toEqual([
      4111397497, 2098003502,
    ]);
  });

  it.each([
    { flip: true },
    { rotation: 1 },
    { shift: 0.1 },
    { zoom: 0.1 },
    { shear: 1 },
    { brightness: 0.1 },
    { gamma: 0.1 },
    { contrast: 0.1 },
    { blur: 0.1 },
    { noise: 1 },
    { jpeg: 90 },
    { erase: 0.1 },
  ])('%j is one, and nothing is none', (option) => {
    expect(isIdentity({ ...NO_AUGMENT, ...option })).toBe(false);
    expect(isIdentity(NO_AUGMENT)).toBe(true);
  });

  it('of light and camera that happens to no image is none', () => {
    expect(
      isIdentity({ ...NO_AUGMENT, gamma: 1, contrast: 1, blur: 1, noise: 9, jpeg: 9, erase: 0.5, rate: 0 }),
    ).toBe(true);
  });
});

describe('erasing', () => {
  const shape: ImageShape = [20, 30, 1];
  const draw = (options: Partial<AugmentOptions>, seed: number) =>
    drawChange(0, { ...NO_AUGMENT, ...options }, new Rng(seed), shape);
  const seeds = Array.from({ length: 3000 }, (_, seed) => seed);

  it('covers 2 % of the pixels up to its share, anywhere inside, with sides of any ratio up to 10 to 3', () => {
    const boxes = seeds.flatMap((seed) => draw({ erase: 0.4 }, seed).erased ?? []);
    expect(boxes).toHaveLength(seeds.length);
    for (const { left, top, width, height } of boxes) {
      expect(left >= 0 && top >= 0 && left + width <= 30 && top + height <= 20).toBe(true);
      expect(width >= 1 && height >= 1).toBe(true);
    }
    const areas = boxes.map(({ width, height }) => (width * height) / 600).sort((a, b) => a - b);
    expect(areas[0]).toBeLessThan(0.025);
    expect(areas.at(-1)).toBeGreaterThan(0.38);
    expect(areas.at(-1)).toBeLessThan(0.43);
    expect(areas[1500]).toBeCloseTo(0.2, 1);
    const ratios = boxes.map(({ width, height }) => height / width).sort((a, b) => a - b);
    expect(ratios[0]).toBeLessThan(0.4);
    expect(ratios.at(-1)).toBeGreaterThan(2.5);
    const edges = [
      boxes.some(({ left }) => left === 0),
      boxes.some(({ top }) => top === 0),
      boxes.some(({ left, width }) => left + width === 30),
      boxes.some(({ top, height }) => top + height === 20),
    ];
    expect(edges).toEqual([true, true, true, true]);
  });

  it('happens to the share of images that rate says, and leaves what is drawn before it as it is', () => {
    const options = { rotation: 20, noise: 30, rate: 0.3 };
    const drawn = seeds.map((seed) => draw({ ...options, erase: 0.2 }, seed));
    const share = drawn.filter(({ erased }) => erased !== undefined).length / seeds.length;
    expect(Math.abs(share - 0.3)).toBeLessThan(0.03);
    const { erased: _, ...rest } = drawn[5] ?? { erased: undefined };
    expect(rest).toEqual(draw(options, 5));
  });

  it('makes the pixels of its rectangle middle gray, and no others', () => {
    const [height, width, channels] = [4, 5, 3];
    const source = Uint8Array.from({ length: 60 }, (_, i) => i);
    const out = new Float32Array(62).fill(-1);
    const erased = { left: 1, top: 2, width: 3, height: 2 };
    warpImage(source, { ...plainDraw(0), erased }, out, 1, [height, width, channels]);
    const want = Array.from({ length: 60 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % 5, Math.floor(i / 15)];
      return x >= 1 && x < 4 && y >= 2 ? 127.5 : i;
    });
    expect([...out]).toEqual([-1, ...want, -1]);
  });
});

describe('warping', () => {
  it('is bilinear, by its definition: every input weighs by its distance from the place that is read', () => {
    const [width, height, channels] = [5, 4, 3];
    const rng = new Rng(1);
    const source = Uint8Array.from({ length: 3 * width * height * channels }, () => rng.int(256));
    const tent = (distance: number): number => Math.max(0, 1 - Math.abs(distance));
    const inside = (v: number, most: number): number => Math.max(0, Math.min(most, v));
    for (let i = 0; i < 20; i++) {
      const any = (): number => rng.uniform(-1.5, 1.5);
      const [xx, xy, x0, yx, yy, y0] = [any(), any(), any(), any(), any(), any()] as const;
      const gain = rng.uniform(0.5, 1.5);
      const image = i % 3;
      const out = new Float32Array(width * height * channels + 2).fill(-1);
      warpImage(source, { image, xx, xy, x0, yx, yy, y0, gain }, out, 1, [height, width, channels]);
      expect([out[0], out.at(-1)]).toEqual([-1, -1]);
      for (let p = 0; p < width * height * channels; p++) {
        const c = p % channels;
        const [ox, oy] = [Math.floor(p / channels) % width, Math.floor(p / channels / width)];
        const x = inside(xx * ox + xy * oy + x0, width - 1);
        const y = inside(yx * ox + yy * oy + y0, height - 1);
        let sum = 0;
        for (let v = 0; v < height; v++) {
          for (let u = 0; u < width; u++) {
            const value = source[((image * height + v) * width + u) * channels + c] as number;
            sum += tent(x - u) * tent(y - v) * value;
          }
        }
        expect(out[p + 1]).toBeCloseTo(Math.min(255, gain * sum), 2);
      }
    }
  });
});
