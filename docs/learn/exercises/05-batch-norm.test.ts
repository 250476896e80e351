import { expect, it } from 'vitest';
import { foldNorm, normalize } from '../../../src/reference/batch_norm.js';
import { type ConvShape, conv2dForward } from '../../../src/reference/conv2d.js';

const shape: ConvShape = {
  ...{ b: 2, h: 5, w: 4, ic: 3, oc: 2, kh: 3, kw: 3, stride: 1 },
  padding: 'same',
};
const numbers = (n: number, seed: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(seed + 1.7 * i));
const [x, kernel, bias] = [numbers(2 * 5 * 4 * 3, 1), numbers(3 * 3 * 3 * 2, 2), numbers(2, 3)];
const [gamma, beta, mean] = [numbers(2, 4), numbers(2, 5), numbers(2, 6)];
const variance = Float64Array.of(0.4, 2.5);
const epsilon = 1e-3;

it('one convolution gives what convolution and normalisation give one after the other', () => {
  const folded = foldNorm(kernel, bias, gamma, beta, mean, variance, epsilon);
  const both = normalize(conv2dForward(x, kernel, bias, shape), gamma, beta, mean, variance, epsilon, {
    ...{ outer: 2 * 5 * 4, channels: 2, inner: 1 },
  });
  const one = conv2dForward(x, folded.kernel, folded.bias, shape);
  expect(one.length).toBe(both.length);
  one.forEach((value, i) => {
    expect(value).toBeCloseTo(both[i] as number, 12);
  });
});

it('by hand: scale 2, offset 1', () => {
  const one = Float64Array.of(1);
  const folded = foldNorm(Float64Array.of(3), Float64Array.of(5), Float64Array.of(4), one, one, Float64Array.of(3.999), 1e-3);
  expect(folded.kernel[0]).toBeCloseTo(6, 12);
  expect(folded.bias[0]).toBeCloseTo(2 * (5 - 1) + 1, 12);
});
