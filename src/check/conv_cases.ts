import { type ConvVariant, eightLanes } from '../gpu/device.js';
import {
  biasGradient,
  conv2dForwardKeeping,
  conv2dInputGradient,
  conv2dWeightGradient,
} from '../gpu/kernels/conv2d.js';
import { convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import {
  denseForward,
  denseGeometry,
  denseInputGradient,
  denseWeightGradient,
} from '../gpu/kernels/dense.js';
import { matmul } from '../gpu/kernels/matmul.js';
import { type ConvShape, conv2dBackward, conv2dForward as referenceForward } from '../reference/conv2d.js';
import { denseBackward, denseForward as referenceDense } from '../reference/dense.js';
import { matmul as referenceMatmul } from '../reference/matmul.js';
import { compare, type KernelCase, withVariant } from './case.js';
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

/** Kernels that only one variant of the convolution runs. */
const CONV_KERNELS: Readonly<Record<ConvVariant, readonly string[]>> = {
  naive: ['conv2d.forward', 'conv2d.weight_gradient', 'conv2d.input_gradient'],
  subgroup: ['conv2d_subgroup.forward', 'conv2d_subgroup.weight_gradient', 'conv2d_flip.forward'],
  winograd: [
    'conv2d_flip.forward_quads',
    'conv2d_winograd.weight_transform',
    'conv2d_winograd.input_transform',
    'conv2d_winograd.output_transform',
    'conv2d_winograd.gradient_transform',
    'conv2d_winograd.weight_gradient',
  ],
};

function convolutionCase(s: ConvShape, variant: ConvVariant, seed: number): KernelCase {
  return {
    kernels: [...CONV_KERNELS[variant], 'reduce.column_sums', 'reduce.fold'],
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
          (rec, t) => {
            const { y, kept } = conv2dForwardKeeping(rec, t.x, t.weight, t.bias, g);
            return {
              y: { got: y, want: referenceForward(x.f64, weight.f64, bias.f64, s) },
              dx: { got: conv2dInputGradient(rec, t.dy, t.weight, g), want: want.dx },
              dw: { got: conv2dWeightGradient(rec, t.x, t.dy, g, kept), want: want.dw },
              db: { got: biasGradient(rec, t.dy), want: want.db },
            };
          },
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

function matmulCase(
  [batch, m, k, n]: readonly [number, number, number, number],
  transposed: boolean,
  variant: 'naive' | 'subgroup',
  seed: number,
): KernelCase {
  const shader = variant === 'naive' ? 'matmul' : 'matmul_subgroup';
  return {
    kernels: [`${shader}.${transposed ? 'transposed_product' : 'product'}`],
    title: `${batch} x [${m}, ${k}] x [${k}, ${n}]`,
    ...(variant === 'subgroup' && { possible: eightLanes }),
    run: (gpu) => {
      const inputs = new Inputs(seed);
      const a = inputs.floats(batch * m * k);
      const b = inputs.floats(batch * k * n);
      const bias = inputs.floats(n);
      const product = referenceMatmul(a.f64, b.f64, { batch, m, k, n }, transposed);
      return compare(
        gpu,
        {
          a: { data: a.f32, shape: transposed ? [batch, k, m] : [batch, m, k] },
          b: { data: b.f32, shape: [batch, k, n] },
          bias: { data: bias.f32, shape: [n] },
        },
        (rec, t) => ({
          c: {
            got: matmul(rec, t.a, t.b, { batch, m, k, n }, { transposed, variant }),
            want: product,
          },
          biased: {
            got: matmul(rec, t.a, t.b, { batch, m, k, n }, { transposed, variant, bias: t.bias }),
            want: product.map((value, i) => value + (bias.f64[i % n] as number)),
          },
        }),
      );
    },
  };
}

/** Shapes that Winograd's algorithm covers: one tile, tiles that stick out, a padding of one row only. */
const WINOGRAD: readonly ConvShape[] = [
  { b: 1, h: 4, w: 4, ic: 4, oc: 4, kh: 3, kw: 3, stride: 1, padding: 'same' },
  { b: 3, h: 9, w: 6, ic: 8, oc: 36, kh: 3, kw: 3, stride: 1, padding: 'same' },
  { b: 2, h: 8, w: 7, ic: 4, oc: 12, kh: 3, kw: 3, stride: 1, padding: 'valid' },
  { b: 5, h: 12, w: 12, ic: 16, oc: 32, kh: 3, kw: 3, stride: 1, padding: 'same' },
  { b: 3, h: 6, w: 6, ic: 8, oc: 12, kh: 3, kw: 3, stride: 1, padding: 'same' },
  { b: 1, h: 7, w: 5, ic: 4, oc: 8, kh: 3, kw: 3, stride: 1, padding: 'valid' },
];
const DENSE = [
  [1, 7, 3],
  [5, 12, 8],
  [28, 64, 64],
] as const;
const PRODUCTS = [
  [1, 1, 4, 4],
  [3, 36, 8, 20],
  [2, 64, 32, 68],
] as const;

export const CONV_CASES: readonly KernelCase[] = [
  ...(['naive', 'subgroup'] as const).flatMap((variant) => [
    ...CONVOLUTIONS.map((shape, i) => convolutionCase(shape, variant, 100 + i)),
    ...DENSE.map((shape, i) => denseCase(shape, variant, 200 + i)),
    ...PRODUCTS.map((shape, i) => matmulCase(shape, false, variant, 300 + i)),
    ...PRODUCTS.slice(1).map((shape, i) => matmulCase(shape, true, variant, 310 + i)),
  ]),
  ...WINOGRAD.map((shape, i) => convolutionCase(shape, 'winograd', 400 + i)),
];
