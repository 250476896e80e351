import { describe, expect, it } from 'vitest';
import * as activations from '../../src/reference/activations.js';
import { avgPool2dBackward, avgPool2dForward } from '../../src/reference/avg_pool2d.js';
import * as norm from '../../src/reference/batch_norm.js';
import * as concatenate from '../../src/reference/concatenate.js';
import {
  type ConvShape,
  conv2dBackward,
  conv2dForward,
  convAxis,
  convExtents,
} from '../../src/reference/conv2d.js';
import { denseBackward, denseForward } from '../../src/reference/dense.js';
import { depthwiseBackward, depthwiseForward } from '../../src/reference/depthwise_conv2d.js';
import * as distillation from '../../src/reference/distillation.js';
import { dropoutApply, dropoutMask } from '../../src/reference/dropout.js';
import * as expand from '../../src/reference/expand_kernel.js';
import * as pool from '../../src/reference/max_pool2d.js';
import * as multiply from '../../src/reference/multiply.js';
import * as prelu from '../../src/reference/prelu.js';
import { softmaxBackward, softmaxForward } from '../../src/reference/softmax.js';
import * as loss from '../../src/reference/softmax_cross_entropy.js';
import { transpose } from '../../src/reference/transpose.js';
import { zeroPadding2dBackward, zeroPadding2dForward } from '../../src/reference/zero_padding2d.js';
import { expectGradient, numericGradient, values, weighted } from './finite_difference.js';

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

const CONVOLUTIONS: ConvShape[] = [
  { b: 1, h: 4, w: 5, ic: 1, oc: 2, kh: 3, kw: 3, stride: 1, padding: 'same' },
  { b: 2, h: 5, w: 4, ic: 3, oc: 2, kh: 3, kw: 3, stride: 2, padding: 'same' },
  { b: 1, h: 7, w: 6, ic: 2, oc: 3, kh: 5, kw: 5, stride: 2, padding: 'valid' },
  { b: 2, h: 3, w: 3, ic: 2, oc: 2, kh: 1, kw: 1, stride: 1, padding: 'valid' },
  { b: 1, h: 5, w: 7, ic: 2, oc: 2, kh: 2, kw: 3, stride: [1, 3], padding: 'same' },
];

describe('the reference gradients agree with central differences', () => {
  it.each(CONVOLUTIONS)('conv2d $h x $w, $kh x $kw, stride $stride, $padding', (s) => {
    const { oh, ow } = convExtents(s);
    const x = values(s.b * s.h * s.w * s.ic, 1);
    const w = values(s.kh * s.kw * s.ic * s.oc, 2);
    const bias = values(s.oc, 3);
    const dy = values(s.b * oh * ow * s.oc, 4);
    const f = () => weighted(conv2dForward(x, w, bias, s), dy);
    const { dx, dw, db } = conv2dBackward(dy, x, w, s);
    expectGradient('dx', dx, numericGradient(x, f));
    expectGradient('dw', dw, numericGradient(w, f));
    expectGradient('db', db, numericGradient(bias, f));
  });

  it('concatenate', () => {
    const channels = [3, 1, 2];
    const parts = channels.map((count, i) => values(4 * count, i));
    const dy = values(24, 9);
    const f = () => weighted(concatenate.concatenateForward(parts, channels, 4), dy);
    for (const [i, gradient] of concatenate.concatenateBackward(dy, channels, 4).entries())
      expectGradient(`part ${i}`, gradient, numericGradient(parts[i] as Float64Array, f));
  });

  it('dense', () => {
    const [x, w, bias, dy] = [values(6, 1), values(12, 2), values(4, 3), values(8, 4)];
    const f = () => weighted(denseForward(x, w, bias, 2, 3, 4), dy);
    const { dx, dw, db } = denseBackward(dy, x, w, 2, 3, 4);
    expectGradient('dx', dx, numericGradient(x, f));
    expectGradient('dw', dw, numericGradient(w, f));
    expectGradient('db', db, numericGradient(bias, f));
  });

  it.each([
    [{ outer: 6, channels: 3, inner: 1 }, true],
    [{ outer: 2, channels: 3, inner: 4 }, true],
    [{ outer: 2, channels: 3, inner: 4 }, false],
  ] as const)('batch norm %o, training %s', (s, training) => {
    const n = s.outer * s.channels * s.inner;
    const [x, gamma, beta, dy] = [values(n, 1), values(3, 2), values(3, 3), values(n, 4)];
    const fixed = { mean: values(3, 5), variance: values(3, 6).map(Math.abs) };
    const stats = () => (training ? norm.statistics(x, s) : fixed);
    const f = () => weighted(norm.normalize(x, gamma, beta, stats().mean, stats().variance, 1e-3, s), dy);
    const { mean, variance } = stats();
    const got = norm.batchNormBackward(dy, x, gamma, mean, variance, 1e-3, s, training);
    expectGradient('dx', got.dx, numericGradient(x, f));
    expectGradient('dgamma', got.dgamma, numericGradient(gamma, f));
    expectGradient('dbeta', got.dbeta, numericGradient(beta, f));
  });

  it.each([
    { b: 2, h: 5, w: 4, c: 3, multiplier: 1, kh: 3, kw: 3, stride: 2, padding: 'same' },
    { b: 1, h: 5, w: 6, c: 2, multiplier: 2, kh: 1, kw: 3, stride: 1, padding: 'valid' },
    { b: 1, h: 5, w: 6, c: 2, multiplier: 1, kh: 2, kw: 3, stride: [2, 1], padding: 'same' },
  ] as const)('depthwise $kh x $kw, $multiplier a channel, stride $stride, $padding', (s) => {
    const x = values(s.b * s.h * s.w * s.c, 1);
    const w = values(s.kh * s.kw * s.c * s.multiplier, 2);
    const dy = values(depthwiseForward(x, w, undefined, s).length, 3);
    const f = () => weighted(depthwiseForward(x, w, undefined, s), dy);
    const { dx, dw } = depthwiseBackward(dy, x, w, s);
    expectGradient('dx', dx, numericGradient(x, f));
    expectGradient('dw', dw, numericGradient(w, f));
  });

  it.each([
    { b: 2, h: 5, w: 5, c: 2, kh: 3, kw: 3, stride: 2, padding: 'same' },
    { b: 1, h: 4, w: 6, c: 3, kh: 4, kw: 6, stride: 1, padding: 'valid' },
  ] as const)('average pool $kh x $kw, stride $stride, $padding', (s) => {
    const x = values(s.b * s.h * s.w * s.c, 1);
    const dy = values(avgPool2dForward(x, s).length, 2);
    const numeric = numericGradient(x, () => weighted(avgPool2dForward(x, s), dy));
    expectGradient('dx', avgPool2dBackward(dy, s), numeric);
  });

  it.each([
    [
      [2, 3, 2, 4],
      [2, 1, 1, 4],
    ],
    [
      [2, 3, 2, 1],
      [2, 3, 1, 5],
    ],
  ] as const)('products of %j and %j', (shapeA, shapeB) => {
    const [a, b] = [values(size(shapeA), 1), values(size(shapeB), 2)];
    const y = multiply.multiplyForward(a, b, shapeA, shapeB);
    const dy = values(y.length, 3);
    const f = () => weighted(multiply.multiplyForward(a, b, shapeA, shapeB), dy);
    const { da, db } = multiply.multiplyBackward(dy, a, b, shapeA, shapeB);
    expectGradient('da', da, numericGradient(a, f));
    expectGradient('db', db, numericGradient(b, f));
  });

  it('learnt slopes', () => {
    const [x, alpha, dy] = [values(24, 1), values(4, 2), values(24, 3)];
    const f = () => weighted(prelu.preluForward(x, alpha), dy);
    const { dx, dalpha } = prelu.preluBackward(dy, x, alpha);
    expectGradient('dx', dx, numericGradient(x, f));
    expectGradient('dalpha', dalpha, numericGradient(alpha, f));
  });

  it('kernels of dilated and grouped convolutions', () => {
    const s = { kh: 2, kw: 3, ic: 2, oc: 4, groups: 2, dilation: [3, 2] } as const;
    const x = values(2 * 3 * 2 * 4, 1);
    const dy = values(expand.expandKernel(x, s).length, 2);
    const f = () => weighted(expand.expandKernel(x, s), dy);
    expectGradient('dx', expand.expandKernelBackward(dy, s), numericGradient(x, f));
  });

  it('a frame of zeros', () => {
    const s = { b: 2, h: 3, w: 2, c: 2, top: 1, bottom: 0, left: 2, right: 1 };
    const x = values(24, 1);
    const dy = values(2 * 4 * 5 * 2, 2);
    const numeric = numericGradient(x, () => weighted(zeroPadding2dForward(x, s), dy));
    expectGradient('dx', zeroPadding2dBackward(dy, s), numeric);
  });

  it('softmax inside of a network', () => {
    const [x, dy] = [values(12, 1), values(12, 2)];
    const numeric = numericGradient(x, () => weighted(softmaxForward(x, 4), dy));
    expectGradient('dx', softmaxBackward(dy, softmaxForward(x, 4), 4), numeric);
  });

  it.each(activations.REFERENCE_ACTIVATIONS)('%s', (name) => {
    const [x, dy] = [values(40, 1), values(40, 2)];
    const settings = activations.trialSettings(name);
    const numeric = numericGradient(x, () => weighted(activations.activationForward(name, x, settings), dy));
    expectGradient('dx', activations.activationBackward(name, dy, x, settings), numeric);
  });

  it('dropout', () => {
    const [x, dy] = [values(40, 1), values(40, 2)];
    const mask = dropoutMask(40, 0.3, 1, 2, 3);
    const numeric = numericGradient(x, () => weighted(dropoutApply(x, mask, 0.3), dy));
    expectGradient('dx', dropoutApply(dy, mask, 0.3), numeric);
  });

  it.each([
    { b: 2, h: 4, w: 6, c: 2, size: 2, stride: 2, padding: 'valid' },
    { b: 1, h: 5, w: 5, c: 3, size: 3, stride: 1, padding: 'same' },
  ] as const)('max pool $size x $size, stride $stride, $padding', (s) => {
    const x = values(s.b * s.h * s.w * s.c, 1);
    const { y, source } = pool.maxPool2dForward(x, s);
    const dy = values(y.length, 2);
    const numeric = numericGradient(x, () => weighted(pool.maxPool2dForward(x, s).y, dy), 1e-7);
    pool.maxPool2dBackward(dy, source, x.length).forEach((v, i) => {
      expect(v).toBeCloseTo(numeric[i] as number, 4);
    });
  });

  it('distillation: labels and teachers together', () => {
    const logits = values(21, 1);
    const targets = { labels: [3, 0, 6], weights: values(7, 2).map((v) => 2 + v), smoothing: 0.1 };
    const teacher = values(21, 3).map((v) => 0.1 + v * v);
    const settings = { temperature: 2.5, hard: 0.3 };
    const run = () => {
      const { losses, probabilities } = loss.softmaxCrossEntropyForward(logits, targets);
      return { ...distillation.distillForward(logits, teacher, losses, settings), probabilities };
    };
    const { probabilities, klGradient } = run();
    const hard = loss.softmaxCrossEntropyBackward(probabilities, targets);
    expectGradient(
      'dlogits',
      distillation.distillBackward(hard, klGradient, 3, settings),
      numericGradient(logits, () => run().losses.reduce((a, b) => a + b, 0) / 3),
    );
  });

  it.each([0, 0.1])('softmax and cross-entropy, smoothing %d', (smoothing) => {
    const logits = values(21, 1);
    const labels = [3, 0, 6];
    const weights = values(7, 2).map((v) => 2 + v);
    const mix = [
      { partner: 2, share: 0.7 },
      { partner: 1, share: 0.5 },
      { partner: 0, share: 0.9 },
    ];
    for (const targets of [
      { labels, weights, smoothing },
      { labels, weights, smoothing, mix },
    ]) {
      const f = () => loss.softmaxCrossEntropyForward(logits, targets).losses.reduce((a, b) => a + b, 0) / 3;
      const { probabilities } = loss.softmaxCrossEntropyForward(logits, targets);
      expectGradient(
        'dlogits',
        loss.softmaxCrossEntropyBackward(probabilities, targets),
        numericGradient(logits, f),
      );
    }
  });
});

describe('hand-computed values', () => {
  it('axes in another order: [H, W, C] to [C, H, W], and back', () => {
    const x = Float64Array.from({ length: 12 }, (_, i) => i); // two images of [1, 2, 3]
    expect([...transpose(x, [2, 1, 2, 3], [2, 0, 1])]).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    expect(transpose(transpose(x, [2, 1, 2, 3], [2, 0, 1]), [2, 3, 1, 2], [1, 2, 0])).toEqual(x);
  });

  it('the kernel of two groups is 0 between them, and a dilated one between its taps', () => {
    const s = { kh: 1, kw: 2, ic: 1, oc: 2, groups: 2, dilation: [1, 2] } as const;
    const plain = expand.expandKernel(Float64Array.of(1, 2, 3, 4), s);
    expect([...plain]).toEqual([1, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 4]);
  });

  it('the error function has the digits of the tables, near 0, far from it, and where one formula follows the other', () => {
    expect(activations.erf(0.5)).toBeCloseTo(0.5204998778130465, 14);
    expect(activations.erf(-2)).toBeCloseTo(-0.9953222650189527, 14);
    expect(activations.erf(3)).toBeCloseTo(0.9999779095030014, 14);
    expect(activations.erf(2.5 - 1e-12)).toBeCloseTo(activations.erf(2.5), 11);
    expect(activations.erf(40)).toBe(1);
  });

  it('a 3 x 3 convolution of ones counts its neighbours', () => {
    const s: ConvShape = { b: 1, h: 3, w: 3, ic: 1, oc: 1, kh: 3, kw: 3, stride: 1, padding: 'same' };
    const y = conv2dForward(new Float64Array(9).fill(1), new Float64Array(9).fill(1), undefined, s);
    expect([...y]).toEqual([4, 6, 4, 6, 9, 6, 4, 6, 4]);
  });

  it("Keras's 'same' puts the smaller half of the zeros before", () => {
    expect(convAxis(8, 3, 2, 'same')).toEqual([4, 0]);
    expect(convAxis(7, 3, 2, 'same')).toEqual([4, 1]);
    expect(convAxis(48, 3, 1, 'same')).toEqual([48, 1]);
    expect(convAxis(7, 3, 2, 'valid')).toEqual([3, 0]);
  });

  it('the first of equal values wins a pool', () => {
    const x = Float64Array.from([2, 2, 2, 2]);
    expect(
      pool.maxPool2dForward(x, { b: 1, h: 2, w: 2, c: 1, size: 2, stride: 2, padding: 'valid' }).source,
    ).toEqual([0]);
  });

  it('a uniform guess costs ln 7', () => {
    const targets = { labels: [2], weights: new Float64Array(7).fill(1), smoothing: 0 };
    const { losses } = loss.softmaxCrossEntropyForward(new Float64Array(7), targets);
    expect(losses[0]).toBeCloseTo(Math.log(7), 12);
  });

  it('dropout keeps about 1 - rate of the elements, and the same ones for the same key', () => {
    const mask = dropoutMask(20_000, 0.2, 7, 1, 4);
    expect(mask.reduce((a, b) => a + b, 0) / mask.length).toBeCloseTo(0.8, 2);
    expect(dropoutMask(20_000, 0.2, 7, 1, 4)).toEqual(mask);
    expect(dropoutMask(20_000, 0.2, 7, 2, 4)).not.toEqual(mask);
  });
});
