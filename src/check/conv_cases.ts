import {
  biasGradient,
  conv2dForward,
  conv2dInputGradient,
  conv2dWeightGradient,
  convGeometry,
} from '../gpu/kernels/conv2d.js';
import {
  denseForward,
  denseGeometry,
  denseInputGradient,
  denseWeightGradient,
} from '../gpu/kernels/dense.js';
import { type ConvShape, conv2dBackward, conv2dForward as referenceForward } from '../reference/conv2d.js';
import { denseBackward, denseForward as referenceDense } from '../reference/dense.js';
import { compare, eightLanes, type KernelCase, withVariant } from './case.js';
import { Inputs } from './random_arrays.js';

const CONVOLUTIONS: readonly ConvShape[] = [
  { b: 1, h: 5, w: 7, ic: 1, oc: 3, kh: 3, kw: 3, stride: 1, padding: 'same' },
  { b: 3, h: 9, w: 6, ic: 3, oc: 4, kh: 3, kw: 3, stride: 1, padding: 'same' },
  { b: 2, h: 8, w: 7, ic: 4, oc: 36, kh: 3, kw: 3, stride: 1, padding: 'valid' },
  { b: 2, h: 7, w: 8, ic: 5, oc: 8, kh: 3, kw: 3, stride: 2, padding: 'same' },
  { b: 1, h: 9, w: 9, ic: 8, oc: 68, kh: 5, kw: 5, stride: 2, padding: 'valid' },
  { b: 5, h: 6, w: 6, ic: 12, oc: 64, kh: 1, kw: 1, stride: 1, padding: 'same' },
  { b: 3, h: 12, w: 12, ic: 16, oc: 32, kh: 3, kw: 3, stride: 1, padding: 'same' },
];

function convolutionCase(s: ConvShape, variant: 'naive' | 'subgroup', seed: number): KernelCase {
  const shader = variant === 'naive' ? 'conv2d' : 'conv2d_subgroup';
  const names = [`${shader}.forward`, `${shader}.weight_gradient`, 'reduce.column_sums', 'reduce.fold'];
  return {
    kernels: [...names, ...(variant === 'naive' ? ['conv2d.input_gradient'] : ['conv2d_flip.forward'])],
    title: `${s.b} x [${s.h}, ${s.w}, ${s.ic}] -> ${s.oc}, ${s.kh}x${s.kw}, stride ${s.stride}, ${s.padding}`,
    ...(variant === 'subgroup' && { possible: eightLanes }),
    run: (gpu) =>
      withVariant(gpu, variant, () => {
        const inputs = new Inputs(seed);
        const x = inputs.floats(s.b * s.h * s.w * s.ic);
        const weight = inputs.floats(s.kh * s.kw * s.ic * s.oc);
        const bias = inputs.floats(s.oc);
        const g = convGeometry([s.b, s.h, s.w, s.ic], [s.kh, s.kw, s.ic, s.oc], s);
        const dy = inputs.floats(g.b * g.oh * g.ow * g.oc);
        const want = conv2dBackward(dy.f64, x.f64, weight.f64, s);
        return compare(
          gpu,
          {
            x: { data: x.f32, shape: [s.b, s.h, s.w, s.ic] },
            weight: { data: weight.f32, shape: [s.kh, s.kw, s.ic, s.oc] },
            bias: { data: bias.f32, shape: [s.oc] },
            dy: { data: dy.f32, shape: [g.b, g.oh, g.ow, g.oc] },
          },
          (rec, t) => ({
            y: {
              got: conv2dForward(rec, t.x, t.weight, t.bias, g),
              want: referenceForward(x.f64, weight.f64, bias.f64, s),
            },
            dx: { got: conv2dInputGradient(rec, t.dy, t.weight, g), want: want.dx },
            dw: { got: conv2dWeightGradient(rec, t.x, t.dy, g), want: want.dw },
            db: { got: biasGradient(rec, t.dy), want: want.db },
          }),
        );
      }),
  };
}

function denseCase(
  [b, ic, oc]: readonly [number, number, number],
  variant: 'naive' | 'subgroup',
  seed: number,
): KernelCase {
  return {
    kernels:
      variant === 'naive'
        ? ['dense.forward', 'dense.input_gradient', 'dense.weight_gradient']
        : ['conv2d_subgroup.forward'],
    title: `dense ${b} x ${ic} -> ${oc}, ${variant}`,
    ...(variant === 'subgroup' && { possible: eightLanes }),
    run: (gpu) =>
      withVariant(gpu, variant, () => {
        const inputs = new Inputs(seed);
        const [x, weight, bias, dy] = [
          inputs.floats(b * ic),
          inputs.floats(ic * oc),
          inputs.floats(oc),
          inputs.floats(b * oc),
        ];
        const g = denseGeometry([b, ic], [ic, oc]);
        const want = denseBackward(dy.f64, x.f64, weight.f64, b, ic, oc);
        return compare(
          gpu,
          {
            x: { data: x.f32, shape: [b, ic] },
            weight: { data: weight.f32, shape: [ic, oc] },
            bias: { data: bias.f32, shape: [oc] },
            dy: { data: dy.f32, shape: [b, oc] },
          },
          (rec, t) => ({
            y: {
              got: denseForward(rec, t.x, t.weight, t.bias, g),
              want: referenceDense(x.f64, weight.f64, bias.f64, b, ic, oc),
            },
            dx: { got: denseInputGradient(rec, t.dy, t.weight, g), want: want.dx },
            dw: { got: denseWeightGradient(rec, t.x, t.dy, g), want: want.dw },
          }),
        );
      }),
  };
}

const VARIANTS = ['naive', 'subgroup'] as const;

export const CONV_CASES: readonly KernelCase[] = VARIANTS.flatMap((variant) => [
  ...CONVOLUTIONS.map((shape, i) => convolutionCase(shape, variant, 100 + i)),
  ...(
    [
      [1, 7, 3],
      [5, 12, 8],
      [28, 64, 64],
    ] as const
  ).map((shape, i) => denseCase(shape, variant, 200 + i)),
]);
