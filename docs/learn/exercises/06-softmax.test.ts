import { expect, it } from 'vitest';
import { softmaxForward } from '../../../src/reference/softmax.js';

const logits = Float64Array.of(2, 1, 0, -1, 5, 3);

it('temperature 1 is the softmax as it was', () => {
  expect(softmaxForward(logits, 3, 1)).toEqual(softmaxForward(logits, 3));
});

it('temperature 2 halves all logits', () => {
  const halved = softmaxForward(logits.map((z) => z / 2), 3);
  softmaxForward(logits, 3, 2).forEach((p, i) => {
    expect(p).toBeCloseTo(halved[i] as number, 12);
  });
});

it('a very high one makes all classes alike, a very low one leaves only the first', () => {
  const hot = softmaxForward(logits, 3, 1e9);
  expect(hot[0]).toBeCloseTo(1 / 3, 6);
  expect([...softmaxForward(logits, 3, 1e-3)].map((p) => Math.round(p))).toEqual([1, 0, 0, 0, 1, 0]);
});

it('large logits do not overflow', () => {
  const [p = Number.NaN] = softmaxForward(Float64Array.of(2000, 1000), 2, 0.5);
  expect(p).toBe(1);
});
