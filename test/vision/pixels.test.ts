import { describe, expect, it } from 'vitest';
import { type Picture, toGray } from '../../src/util/picture.js';
import { cropFace, cut, cutTurned, mirrored, pasted, shrunk } from '../../src/vision/pixels.js';

const gray = (width: number, height: number, at: (x: number, y: number) => number): Picture => ({
  ...{ width, height, channels: 1 },
  data: Uint8Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))),
});

describe('pixels', () => {
  it('gray is the luma of the training images', () => {
    const picture: Picture = {
      ...{ width: 4, height: 1, channels: 3 },
      data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255),
    };
    expect([...toGray(picture).data]).toEqual([76, 150, 29, 255]);
  });

  it('gray of a gray picture is itself, and each pixel has its own three colours', () => {
    const one = gray(3, 2, (x, y) => x + y);
    expect(toGray(one)).toEqual(one);
    const data = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80, 90, 200, 100, 0);
    const wanted = [0, 3, 6, 9].map((i) =>
      Math.round(0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0)),
    );
    expect([...toGray({ width: 2, height: 2, channels: 3, data }).data]).toEqual(wanted);
  });

  it('cuts by rounded edges, in colours, at least one pixel', () => {
    const color: Picture = {
      ...{ width: 3, height: 2, channels: 3 },
      data: Uint8Array.from({ length: 18 }, (_, i) => i),
    };
    expect(cut(color, { x: 0.6, y: 0.4, width: 1.9, height: 0.9 })).toMatchObject({ width: 2, height: 1 });
    expect([...cut(color, { x: 0.6, y: 0.4, width: 1.9, height: 0.9 }).data]).toEqual([3, 4, 5, 6, 7, 8]);
    expect([...cut(color, { x: 2, y: 1, width: 2, height: 0.1 }).data]).toEqual([15, 16, 17, 15, 16, 17]);
    expect([...cut(color, { x: 1, y: 0, width: 0, height: 2 }).data]).toEqual([3, 4, 5, 12, 13, 14]);
  });

  it('a crop of width x height, with its margin on each side of its own extent', () => {
    const picture = gray(60, 40, (x, y) => 4 * x + (y >= 20 ? 1 : 0));
    const crop = cropFace(picture, { x: 20, y: 10, width: 20, height: 20 }, 0.5, 4, 2);
    expect(crop).toMatchObject({ width: 4, height: 2, channels: 1 });
    const column = (first: number): number => 4 * (first + 4.5); // the mean of ten columns
    expect([...crop.data]).toEqual(
      [10, 20, 30, 40, 10, 20, 30, 40].map((x, i) => column(x) + (i > 3 ? 1 : 0)),
    );
    expect(cropFace(picture, { x: 20, y: 10, width: 20, height: 20 }, 0, 5)).toMatchObject({
      width: 5,
      height: 5,
    });
  });

  it('mirrors colours as wholes', () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    expect([...mirrored({ width: 2, height: 2, channels: 3, data }).data]).toEqual([
      ...[4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9],
    ]);
  });

  it('shrinks by the tighter of both bounds', () => {
    const picture = gray(100, 30, () => 7);
    expect(shrunk(picture, 1000, 10)).toMatchObject({ width: 33, height: 10 });
    expect(shrunk(picture, 50, 1000)).toMatchObject({ width: 50, height: 15 });
    expect(shrunk(picture, 1, 1)).toMatchObject({ width: 1, height: 1 });
    expect(shrunk(picture, 100, 30)).toBe(picture);
  });

  it('cuts whole pixels, and goes on with the edge outside', () => {
    const picture = gray(4, 4, (x, y) => y * 10 + x);
    expect([...cut(picture, { x: 1, y: 2, width: 2, height: 1 }).data]).toEqual([21, 22]);
    expect([...cut(picture, { x: -1, y: -1, width: 3, height: 2 }).data]).toEqual([0, 0, 1, 0, 0, 1]);
  });

  it('is pasted over a box, in colour; what lies outside is left out', () => {
    const under = { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;
    const patch = { width: 2, height: 2, channels: 1, data: Uint8Array.of(10, 20, 30, 40) } as const;
    const at = (x: number, y: number, size = 2): number[] => {
      const { data, channels } = pasted(under, patch, { x, y, width: size, height: size });
      expect([channels, data.length]).toEqual([3, 18]);
      return [...data].filter((_, i) => i % 3 === 1);
    };
    const unchanged = [1, 2, 3, 4, 5, 6];
    expect(at(1, 0)).toEqual([1, 10, 20, 4, 30, 40]);
    expect(at(2, 1)).toEqual([1, 2, 3, 4, 5, 10]);
    expect(at(-1, -1)).toEqual([40, 2, 3, 4, 5, 6]);
    expect(at(0.6, 0.4, 1)).toEqual([1, 25, 3, 4, 5, 6]); // one pixel is the mean of the patch
    for (const far of [-3, -2, 3, 4]) expect([at(far, 0), at(0, far)]).toEqual([unchanged, unchanged]);
    expect([...under.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('a crop that is turned by right angles has the same pixels, turned about the middle of its box', () => {
    const picture = gray(7, 6, (x, y) => 30 * y + x);
    const box = { x: 1, y: 2, width: 4, height: 2 };
    const at = (x: number, y: number): number => 30 * y + x;
    const turned = (roll: number): number[] => [...cutTurned(picture, box, roll).data];
    expect(turned(0)).toEqual([...cut(picture, box).data]);
    expect(turned(Math.PI)).toEqual([...cut(picture, box).data].reverse());
    // What lies along a line that is turned clockwise, downwards, lies level: the middle stays at (2.5, 2.5).
    expect(turned(Math.PI / 2)).toEqual([
      ...[at(3, 1), at(3, 2), at(3, 3), at(3, 4)],
      ...[at(2, 1), at(2, 2), at(2, 3), at(2, 4)],
    ]);
    expect(cutTurned(picture, { ...box, width: 0.2, height: 9 }, 0)).toMatchObject({ width: 1, height: 9 });
  });

  it('a crop is averaged by area, with its margin', () => {
    const picture = gray(40, 40, (x, y) => (x >= 10 && x < 30 && y >= 10 && y < 30 ? 200 : 0));
    const face = { x: 10, y: 10, width: 20, height: 20 };
    expect([...cropFace(picture, face, 0, 2).data]).toEqual([200, 200, 200, 200]);
    const wide = cropFace(picture, face, 0.5, 4).data;
    expect([...wide]).toEqual([0, 0, 0, 0, 0, 200, 200, 0, 0, 200, 200, 0, 0, 0, 0, 0]);
  });

  it('mirrors, and shrinks within bounds but never enlarges', () => {
    expect([...mirrored(gray(3, 2, (x, y) => y * 10 + x)).data]).toEqual([2, 1, 0, 12, 11, 10]);
    const picture = gray(640, 480, () => 7);
    expect(shrunk(picture, 320, 320)).toMatchObject({ width: 320, height: 240 });
    expect(shrunk(picture, 2000, 2000)).toBe(picture);
  });
});
