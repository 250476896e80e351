import { expect, it } from 'vitest';
import { type ConvShape, conv2dForward, flipKernel } from '../../../src/reference/conv2d.js';

const shape: ConvShape = {
  ...{ b: 1, h: 5, w: 5, ic: 1, oc: 2, kh: 3, kw: 3, stride: 1 },
  padding: 'valid',
};
const kernel = Float64Array.from({ length: 3 * 3 * 2 }, (_, i) => i + 1);
/** An image that is 0 except for a 1 in its middle. */
const dot = Float64Array.from({ length: 25 }, (_, i) => Number(i === 12));

it('a convolution with the turned kernel copies the kernel to where the dot is', () => {
  expect(conv2dForward(dot, flipKernel(kernel, shape), undefined, shape)).toEqual(kernel);
});

it('turns the window, and neither input nor output channels', () => {
  const wide: ConvShape = { ...shape, ic: 2, oc: 1, kh: 1, kw: 2 };
  expect([...flipKernel(Float64Array.of(1, 2, 3, 4), wide)]).toEqual([3, 4, 1, 2]);
});

it('turning twice changes nothing, and the argument stays', () => {
  expect(flipKernel(flipKernel(kernel, shape), shape)).toEqual(kernel);
  expect(kernel[0]).toBe(1);
});
