import { describe, expect, it } from 'vitest';
import type { Picture } from '../../src/util/picture.js';
import { Rng } from '../../src/util/random.js';
import { normalised } from '../../src/vision/normalise.js';
import { CLASSIFIER, FACE, run, scripted } from './scripted.js';

const SIZE = 48;
const made = (value: (x: number, y: number) => number): Picture => ({
  ...{ width: SIZE, height: SIZE, channels: 1 },
  data: Uint8Array.from({ length: SIZE * SIZE }, (_, i) =>
    Math.max(0, Math.min(255, Math.round(value(i % SIZE, Math.floor(i / SIZE))))),
  ),
});
/** Squares with sharp edges, with the mean and the deviation of a usual face. */
const usual = (x: number, y: number): number => (((x >> 3) + (y >> 3)) % 2 === 0 ? 80 : 180);
const mean = ({ data }: Picture): number => data.reduce((a, b) => a + b) / data.length;
const deviation = (face: Picture): number => {
  const middle = mean(face);
  return Math.sqrt(face.data.reduce((sum, v) => sum + (v - middle) ** 2, 0) / face.data.length);
};
/** Largest difference of neighbours in a row. */
const steepest = ({ data }: Picture): number =>
  data.reduce(
    (most, v, i) => (i % SIZE === 0 ? most : Math.max(most, Math.abs(v - (data[i - 1] as number)))),
    0,
  );
/** Root of the mean squared difference. */
const away = (a: Picture, b: Picture): number =>
  Math.sqrt(a.data.reduce((sum, v, i) => sum + (v - (b.data[i] as number)) ** 2, 0) / a.data.length);

describe('normalisation', () => {
  const face = made(usual);

  it('leaves a usual face as it is', () => {
    expect(Buffer.compare(Buffer.from(normalised(face).data), Buffer.from(face.data))).toBe(0);
  });

  it.each([
    ['dark', 0.3, 0, 86, 36],
    ['flat', 0.3, 100, 139, 36],
    ['bright', 0.5, 150, 173, 36],
  ])('moves a %s face to the nearest usual light', (_, gain, offset, middle, spread) => {
    const out = normalised(made((x, y) => usual(x, y) * gain + offset));
    expect(mean(out)).toBeCloseTo(middle, -0.3);
    expect(Math.abs(deviation(out) - spread)).toBeLessThan(2);
  });

  it('leaves the light of a face alone where an eighth is overexposed, because what is white has lost its detail', () => {
    const bright = (count: number, tone: number): Picture =>
      made((x, y) => (y * SIZE + x < count ? tone : usual(x, y) * 0.5 + 150));
    const least = Math.ceil(0.12 * SIZE * SIZE);
    for (const tone of [254, 255])
      expect(normalised(bright(least, tone)).data).toEqual(bright(least, tone).data);
    for (const [count, tone] of [
      [least - 1, 255],
      [least, 253],
    ] as const)
      expect(mean(normalised(bright(count, tone)))).toBeLessThan(mean(bright(count, tone)) - 20);
  });

  it('flattens a contrast that is too strong to the strongest usual one', () => {
    const strong = normalised(made((x, y) => (usual(x, y) === 80 ? 20 : 235)));
    expect([mean(strong), deviation(strong)]).toEqual([128, 71]);
  });

  const noisy = (strength: number): Picture => {
    const rng = new Rng(1);
    return {
      ...face,
      data: face.data.map((v) => Math.max(0, Math.min(255, v + strength * rng.normal()))),
    };
  };

  it('removes noise, and keeps the face', () => {
    expect(away(noisy(15), face)).toBeGreaterThan(14);
    expect(away(normalised(noisy(15)), face)).toBeLessThan(9);
  });

  /** What the chosen thresholds and strengths do: docs/results.md has what they were measured by. */
  it.each([
    [4, 0, 4.064],
    [4.25, 4.003, 1.529],
    [15, 13.006, 5.744],
  ])('noise of %d: moves the picture by %d, to %d from the face', (strength, moved, left) => {
    const out = normalised(noisy(strength));
    expect(away(out, noisy(strength))).toBeCloseTo(moved, 2);
    expect(away(out, face)).toBeCloseTo(left, 2);
  });

  /** Large squares, each place the mean of those up to `reach` away. */
  const blurred = (reach: number): Picture => {
    const large = made((x, y) => (((x >> 4) + (y >> 4)) % 2 === 0 ? 80 : 180));
    return made((x, y) => {
      let sum = 0;
      for (let v = -reach; v <= reach; v++) {
        for (let u = -reach; u <= reach; u++) {
          const [px, py] = [Math.max(0, Math.min(47, x + u)), Math.max(0, Math.min(47, y + v))];
          sum += large.data[py * SIZE + px] as number;
        }
      }
      return sum / (2 * reach + 1) ** 2;
    });
  };

  it('sharpens a blurred face', () => {
    expect(steepest(normalised(blurred(2)))).toBeGreaterThan(1.3 * steepest(blurred(2)));
  });

  it.each([
    [0, 100, 0],
    [1, 51, 6.554],
    [4, 27, 4.917],
    [8, 23, 11.681],
  ])('a blur of %i: becomes as steep as %i, which moves the picture by %d', (reach, steep, moved) => {
    const out = normalised(blurred(reach));
    expect(steepest(out)).toBe(steep);
    expect(away(out, blurred(reach))).toBeCloseTo(moved, 2);
  });

  const wide = (value: (x: number, y: number) => number): Picture => ({
    ...{ width: 40, height: 24, channels: 1 },
    data: Uint8Array.from({ length: 40 * 24 }, (_, i) => Math.round(value(i % 40, Math.floor(i / 40)))),
  });
  /** Rows become columns. */
  const transposed = ({ width, height, data, ...rest }: Picture): Picture => ({
    ...{ ...rest, width: height, height: width },
    data: data.map((_, i) => data[(i % height) * width + Math.floor(i / height)] as number),
  });

  it.each([
    ['noisy', () => ((rng) => wide((x, y) => usual(x, y) + 12 * rng.normal()))(new Rng(2))],
    ['blurred', () => wide((x, y) => 130 + 60 * Math.tanh(3 * Math.sin(x / 5) * Math.cos(y / 7)))],
  ])('does the same to the columns of a wide %s picture as to its rows', (_, picture) => {
    const across = normalised(picture());
    expect(away(across, picture())).toBeGreaterThan(3); // so it is changed at all
    const down = transposed(normalised(transposed(picture())));
    expect(
      Math.max(...across.data.map((v, i) => Math.abs(v - (down.data[i] as number)))),
    ).toBeLessThanOrEqual(1);
  });

  it('a face of one value stays finite', () => {
    expect([...new Set(normalised(made(() => 7)).data)]).toEqual([86]);
  });

  it('is done by the pipeline with auto, and not with none', async () => {
    const seen: number[] = [];
    const classifier = {
      ...CLASSIFIER,
      classify: async (faces: Uint8Array) => {
        seen.push(faces[0] as number);
        return Float32Array.of(0.1, 0.7, 0.2);
      },
    };
    const dark = { width: 64, height: 48, channels: 3 as const, data: new Uint8Array(64 * 48 * 3).fill(7) };
    await run(scripted([{ picture: dark }]), [FACE], { classifier, normalise: 'none' });
    await run(scripted([{ picture: dark }]), [FACE], { classifier, normalise: 'auto' });
    expect(seen).toEqual([7, 86]);
  });
});
