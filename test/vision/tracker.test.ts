import { describe, expect, it } from 'vitest';
import { type Box, bySize, grow, iou, mirrorBox, roundBox } from '../../src/vision/geometry.js';
import { Tracker } from '../../src/vision/tracker.js';

const box = (x: number, y: number, size: number): Box => ({ x, y, width: size, height: size });

describe('boxes', () => {
  it('iou: the same 1, half of one 1/3, apart and touching 0', () => {
    expect(iou(box(0, 0, 10), box(0, 0, 10))).toBe(1);
    expect(iou(box(0, 0, 10), { ...box(5, 0, 10) })).toBeCloseTo(50 / 150, 12);
    expect(iou(box(0, 0, 10), box(10, 0, 10))).toBe(0);
    expect(iou(box(0, 0, 10), box(20, 20, 10))).toBe(0);
  });

  it('iou of boxes inside of each other and of other extents', () => {
    const wide = { x: 2, y: 3, width: 10, height: 4 };
    expect(iou(wide, { x: 4, y: 4, width: 5, height: 2 })).toBeCloseTo(10 / 40, 12);
    expect(iou(wide, { x: 8, y: 1, width: 8, height: 4 })).toBeCloseTo(8 / (40 + 32 - 8), 12);
    expect(iou({ x: 8, y: 1, width: 8, height: 4 }, wide)).toBeCloseTo(8 / 64, 12);
    expect(iou(wide, { x: 2, y: 7, width: 10, height: 4 })).toBe(0);
    expect(iou(box(0, 0, 10), box(-20, -20, 10))).toBe(0);
  });

  it('grows by a share of each extent, shrinks, rounds, and sorts equal ones from left to right, then down', () => {
    const wide = { x: 10, y: 20, width: 40, height: 10 };
    expect(grow(wide, 0.1)).toEqual({ x: 6, y: 19, width: 48, height: 12 });
    expect(grow(wide, -0.25)).toEqual({ x: 20, y: 22.5, width: 20, height: 5 });
    expect(roundBox({ x: 1.5, y: 2.4, width: 3.6, height: 4.49 })).toEqual({
      x: 2,
      y: 2,
      width: 4,
      height: 4,
    });
    const boxes = [{ ...wide, y: 30 }, { ...wide, x: 20 }, wide, { x: 0, y: 0, width: 20, height: 21 }];
    expect([...boxes].sort(bySize)).toEqual([boxes[3], wide, boxes[0], boxes[1]]);
  });

  it('grows on every side, mirrors, and sorts the largest first', () => {
    expect(grow(box(100, 100, 40), 0.25)).toEqual(box(90, 90, 60));
    expect(mirrorBox(box(10, 5, 20), 100)).toEqual(box(70, 5, 20));
    expect([box(9, 0, 5), box(1, 0, 5), box(0, 0, 7)].sort(bySize)).toEqual([
      box(0, 0, 7),
      box(1, 0, 5),
      box(9, 0, 5),
    ]);
  });
});

describe('tracking and smoothing', () => {
  it('a face keeps its number while it moves, through a gap of less than a second, and not after', () => {
    const tracker = new Tracker(0);
    expect(tracker.update([box(0, 0, 100)], 0)).toEqual([1]);
    expect(tracker.update([box(20, 5, 100)], 0.1)).toEqual([1]);
    expect(tracker.update([], 0.2)).toEqual([]);
    expect(tracker.update([box(30, 5, 100)], 1.0)).toEqual([1]);
    expect(tracker.update([box(30, 5, 100)], 2.1)).toEqual([2]);
  });

  it('a face keeps its number on its way to where nothing overlaps its first place', () => {
    const tracker = new Tracker(0);
    const numbers = [0, 20, 40, 60, 80, 100].map((x, i) => tracker.update([box(x, 0, 100)], i / 10));
    expect(numbers.flat()).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('several faces: pairs that overlap most are matched first, in any order of the boxes', () => {
    const tracker = new Tracker(0);
    expect(tracker.update([box(0, 0, 100), box(60, 0, 100)], 0)).toEqual([1, 2]);
    expect(tracker.update([box(65, 0, 100), box(5, 0, 100)], 0.1)).toEqual([2, 1]);
    expect(tracker.update([box(5, 0, 100), box(400, 0, 100)], 0.2)).toEqual([1, 3]);
  });

  it('the pair that overlaps most is matched first, even where another box would take its face', () => {
    const tracker = new Tracker(0);
    tracker.update([box(0, 0, 100), box(60, 0, 100)], 0);
    // The first overlaps both (0.60 and 0.48), the second the second face by 0.82 and the first one too little.
    expect(tracker.update([box(25, 0, 100), box(70, 0, 100)], 0.1)).toEqual([1, 2]);
    const other = new Tracker(0);
    other.update([box(0, 0, 100)], 0);
    expect(other.update([box(30, 0, 100), box(10, 0, 100)], 0.1)).toEqual([2, 1]);
  });

  it('boxes of a third in common are the same face, of a quarter not', () => {
    const tracker = new Tracker(0);
    tracker.update([box(0, 0, 100)], 0);
    expect(tracker.update([box(50, 0, 100)], 0.1)).toEqual([1]); // 1/3
    expect(tracker.update([box(110, 0, 100)], 0.2)).toEqual([2]); // 1/4
    expect(tracker.update([{ x: 170, y: 0, width: 30, height: 100 }], 0.3)).toEqual([2]); // exactly 0.3
  });

  it('a face is remembered for exactly a second since it was found last', () => {
    const tracker = new Tracker(0);
    tracker.update([box(0, 0, 100)], 0);
    expect(tracker.update([box(0, 0, 100)], 1)).toEqual([1]);
    expect(tracker.update([box(0, 0, 100)], 2)).toEqual([1]);
    expect(tracker.update([box(0, 0, 100)], 3.001)).toEqual([2]);
    tracker.reset();
    expect(tracker.update([box(0, 0, 100)], 3.1)).toEqual([3]);
  });

  it('smoothing goes by the time since the last opinion of the same face', () => {
    const tracker = new Tracker(2);
    const [one, two] = tracker.update([box(0, 0, 10), box(50, 0, 10)], 0) as [number, number];
    tracker.smooth(one, Float32Array.of(1, 0), 0);
    tracker.smooth(two, Float32Array.of(0, 1), 1);
    let expected = 1;
    for (const [t, now] of [
      [0.5, 0],
      [2, 0],
      [2.25, 1],
    ] as const) {
      const before = t === 0.5 ? 0 : t === 2 ? 0.5 : 2;
      expected += (1 - Math.exp(-(t - before) / 2)) * (now - expected);
      expect(tracker.smooth(one, Float32Array.of(now, 1 - now), t)[0]).toBeCloseTo(expected, 6);
    }
    expect(tracker.smooth(two, Float32Array.of(0, 1), 3)).toEqual(Float32Array.of(0, 1));
  });

  it('opinions of another number of classes, or of no known face, are taken as they are', () => {
    const tracker = new Tracker(5);
    const [id] = tracker.update([box(0, 0, 10)], 0) as [number];
    tracker.smooth(id, Float32Array.of(1, 0), 0);
    expect([...tracker.smooth(id, Float32Array.of(0, 0, 1), 0.1)]).toEqual([0, 0, 1]);
    expect([...tracker.smooth(99, Float32Array.of(0, 1), 0.1)]).toEqual([0, 1]);
  });

  it('smoothing is an exponential average over time; 0 is none; sums stay 1', () => {
    const tracker = new Tracker(0.5);
    const [id] = tracker.update([box(0, 0, 10)], 0) as [number];
    expect([...tracker.smooth(id, Float32Array.of(1, 0), 0)]).toEqual([1, 0]);
    tracker.update([box(0, 0, 10)], 0.5);
    const [a = Number.NaN, b = Number.NaN] = tracker.smooth(id, Float32Array.of(0, 1), 0.5);
    expect(a).toBeCloseTo(Math.exp(-1), 6);
    expect(a + b).toBeCloseTo(1, 6);
    tracker.smoothing = 0;
    expect([...tracker.smooth(id, Float32Array.of(0, 1), 0.6)]).toEqual([0, 1]);
  });
});
