import { expect, it } from 'vitest';
import { type ConvShape, conv2dForward } from '../../../src/reference/conv2d.js';

const spread: ConvShape = {
  ...{ b: 1, h: 7, w: 8, ic: 1, oc: 1, kh: 3, kw: 3, stride: 1, dilation: 2 },
  padding: 'valid',
};
/** The same convolution with a window of 5 x 5, whose other taps are 0. */
const filled: ConvShape = { ...spread, kh: 5, kw: 5, dilation: 1 };
const taps = Float64Array.from({ length: 9 }, (_, i) => i + 1);
const filledTaps = new Float64Array(25);
taps.forEach((tap, i) => {
  filledTaps[Math.floor(i / 3) * 10 + (i % 3) * 2] = tap;
});
const x = Float64Array.from({ length: 56 }, (_, i) => (i * 7) % 11);

it.each(['valid', 'same'] as const)('with %s padding it is a larger window with zeros between its taps', (padding) => {
  const y = conv2dForward(x, taps, undefined, { ...spread, padding });
  expect(y.length).toBe(padding === 'same' ? 56 : 12);
  expect(y).toEqual(conv2dForward(x, filledTaps, undefined, { ...filled, padding }));
});

it('without the setting nothing changes', () => {
  const { dilation: _, ...plain } = filled;
  expect(conv2dForward(x, filledTaps, undefined, plain)).toEqual(
    conv2dForward(x, filledTaps, undefined, filled),
  );
});
