import { describe, expect, it } from 'vitest';
import { Rate } from '../../src/vision/rate.js';
import { TimeStats } from '../../src/vision/time_stats.js';

describe('figures', () => {
  it('the rate is that of the last two seconds', () => {
    const rate = new Rate();
    expect(rate.count(0)).toBe(0);
    let last = 0;
    for (let i = 1; i <= 100; i++) last = rate.count(i / 10);
    expect(last).toBeCloseTo(10, 6);
    expect(rate.count(15)).toBeLessThan(1);
  });

  it('the rate is 0 until there are two, and forgets what is older than two seconds, but one', () => {
    const rate = new Rate();
    expect([rate.count(5), rate.count(5)]).toEqual([0, 0]);
    expect(rate.count(6)).toBe(2);
    expect(rate.count(7)).toBe(1.5); // 5, 5, 6, 7: exactly two seconds
    expect(rate.count(8)).toBe(1); // 6, 7, 8
    expect(rate.count(20)).toBeCloseTo(1 / 12, 12); // 8, 20
  });

  it('the times of the latest 5,000 frames, to a hundredth of a millisecond', () => {
    const stats = new TimeStats();
    const add = (ms: number): void => stats.add({ capture: ms, detect: 0, classify: 0 });
    add(1.23456);
    expect(stats.spread().capture).toEqual({ median: 1.23, p95: 1.23 });
    for (let i = 0; i < 4999; i++) add(7);
    expect(stats.spread().capture.median).toBe(7);
    for (let i = 0; i < 2600; i++) add(3);
    expect(stats.spread().capture).toEqual({ median: 3, p95: 7 });
    for (let i = 0; i < 2400; i++) add(3);
    expect(stats.spread().capture).toEqual({ median: 3, p95: 3 });
  });

  it('median and 95th percentile', () => {
    const stats = new TimeStats();
    expect(stats.spread().detect).toEqual({ median: 0, p95: 0 });
    for (let i = 1; i <= 100; i++) stats.add({ capture: 1, detect: i, classify: 2 * i });
    expect(stats.spread()).toEqual({
      capture: { median: 1, p95: 1 },
      detect: { median: 51, p95: 96 },
      classify: { median: 102, p95: 192 },
    });
  });
});
