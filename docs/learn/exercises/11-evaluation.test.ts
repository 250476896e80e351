import { expect, it } from 'vitest';
import { wilsonInterval } from '../../../src/train/metrics.js';

it.each([
  [0, 10, 0, 0.2775],
  [10, 10, 0.7225, 1],
  [50, 100, 0.4038, 0.5962],
  [330, 420, 0.744, 0.8223],
])('%d of %d: from %d to %d', (correct, count, low, high) => {
  const interval = wilsonInterval(correct, count);
  expect(interval[0]).toBeCloseTo(low, 4);
  expect(interval[1]).toBeCloseTo(high, 4);
});

it('four times as many images halve it, nearly', () => {
  const [a = 0, b = 0] = wilsonInterval(750, 1000);
  const [c = 0, d = 0] = wilsonInterval(3000, 4000);
  expect((b - a) / (d - c)).toBeCloseTo(2, 2);
});
