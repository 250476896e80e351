import { eightLanes, lanesOf } from '../gpu/adapter.js';
import type { Gpu } from '../gpu/device.js';
import {
  denseForward,
  denseGeometry,
  denseInputGradient,
  denseWeightGradient,
} from '../gpu/kernels/dense.js';
import { denseHead } from '../gpu/kernels/dense_head.js';
import { fewRows } from '../gpu/kernels/few_rows.js';
import { HALVES_FAMILY, type MatmulWay, matmul } from '../gpu/kernels/matmul.js';
import type { Format } from '../gpu/kernels/storage.js';
import { withForced } from '../gpu/tuning.js';
import * as activations from '../reference/activations.js';
import { denseBackward, denseForward as referenceDense } from '../reference/dense.js';
import { matmul as referenceMatmul } from '../reference/matmul.js';
import { softmaxForward } from '../reference/softmax.js';
import { packHalves } from '../util/halves.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

function denseCase(
  [b, ic, oc]: readonly [number, number, number],
  way: 'naive' | 'matmul',
  seed: number,
): KernelCase {
  return {
    kernels:
      way === 'naive'
        ? ['dense.forward', 'dense.input_gradient', 'dense.weight_gradient']
        : ['matmul.product', 'matmul.transposed_product', 'matmul.product_transposed'],
    title: `dense ${b} x ${ic} -> ${oc}, ${way}`,
    forced: { dense: way },
    run: (gpu) =>
      withForced(gpu, { dense: way }, () => {
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
              got: denseForward(rec, t.x, t.weight, t.bias, g, true),
              want: referenceDense(x.f64, weight.f64, bias.f64, b, ic, oc),
            },
            dx: { got: denseInputGradient(rec, t.dy, t.weight, g), want: want.dx },
            dw: { got: denseWeightGradient(rec, t.x, t.dy, g), want: want.dw },
          }),
        );
      }),
  };
}

/** Numbers between the matrices of a batch. */
const GAP = 16;

/** Matrices of `size` numbers, with gaps between them, which no kernel may read; a number of a gap would show in the result. */
function withGaps(matrices: Float32Array, size: number, gap = Number.NaN): Float32Array<ArrayBuffer> {
  const count = matrices.length / size;
  const spaced = new Float32Array(count * (size + GAP)).fill(gap);
  for (let i = 0; i < count; i++) spaced.set(matrices.subarray(i * size, (i + 1) * size), i * (size + GAP));
  return spaced;
}

/** Title of a case, and the adapters that can run it. */
function described(
  way: MatmulWay,
  transposed: 'a' | 'b' | undefined,
  [batch, m, k, n]: readonly [number, number, number, number],
  more = '',
): Omit<KernelCase, 'run'> {
  const shader = {
    naive: 'matmul',
    tiled: 'matmul_tiled',
    blocked: 'matmul_tiled',
    split: 'matmul_tiled',
    threads: 'matmul_threads',
    subgroup32: 'matmul_subgroup',
    subgroup64: 'matmul_subgroup',
    units: 'matmul_subgroup_matrix',
  };
  const entry = transposed ? { a: 'transposed_product', b: 'product_transposed' }[transposed] : 'product';
  return {
    kernels: [`${shader[way]}.${entry}`, ...(way === 'split' ? ['reduce.fold'] : [])],
    title: `${way}: ${batch} x [${m}, ${k}] x [${k}, ${n}], ${entry}${more}`,
    forced: { matmul: way },
    ...(way.startsWith('subgroup') && { possible: (gpu: Gpu) => lanesOf(gpu) !== undefined }),
    ...(way === 'units' && { possible: (gpu: Gpu) => gpu.info.matrixUnit !== undefined }),
  };
}

/** Compares a product with the float64 reference, with and without a bias. */
export function matmulCase(
  [batch, m, k, n]: readonly [number, number, number, number],
  transposed: 'a' | 'b' | undefined,
  way: MatmulWay,
  seed: number,
): KernelCase {
  return {
    ...described(way, transposed, [batch, m, k, n]),
    run: (gpu) => {
      const inputs = new Inputs(seed);
      const a = inputs.floats(batch * m * k);
      const b = inputs.floats(batch * k * n);
      const bias = inputs.floats(n);
      let product: ArrayLike<number> | undefined;
      const want = (): ArrayLike<number> => {
        product ??= referenceMatmul(a.f64, b.f64, { batch, m, k, n }, transposed);
        return product;
      };
      const values = {
        a: { data: a.f32, shape: transposed === 'a' ? [batch, k, m] : [batch, m, k] },
        b: { data: b.f32, shape: transposed === 'b' ? [batch, n, k] : [batch, k, n] },
        bias: { data: bias.f32, shape: [n] },
        spaced: { data: withGaps(b.f32, k * n), shape: [batch, k * n + GAP] },
      };
      return withForced(gpu, { matmul: way }, () =>
        compare(gpu, values, (rec, t) => ({
          c: { got: matmul(rec, t.a, t.b, { batch, m, k, n }, { transposed }), want },
          biased: {
            got: matmul(rec, t.a, t.b, { batch, m, k, n }, { transposed, bias: t.bias }),
            want: () => Array.from(want(), (value, i) => value + (bias.f64[i % n] as number)),
          },
          spaced: {
            got: matmul(rec, t.a, t.spaced, { batch, m, k, n }, { transposed, plane: k * n + GAP }),
            want,
          },
        })),
      );
    },
  };
}

/** Multiples of 1/64 in -2 to 2. float16 holds them exactly, and float32 their products and sums. */
const HALVES = Array.from({ length: 256 }, (_, i) => (i - 128) / 64);
/** What stands between the matrices, in place of NaN, which has no exact float16. */
const LARGE_HALF = 32768;
/** Largest relative error of rounding to float16. */
const HALF_DIGIT = 2 ** -11;

/**
 * The same with both factors stored as float16, and the product as float16 and as float32. The extents are multiples of 4. The way is
 * forced also where halves have tunables of their own.
 */
export function halvesCase(
  [batch, m, k, n]: readonly [number, number, number, number],
  transposed: 'a' | 'b' | undefined,
  way: MatmulWay,
  seed: number,
): KernelCase {
  const forced = { matmul: way, [HALVES_FAMILY]: way };
  return {
    ...described(way, transposed, [batch, m, k, n], ', halves'),
    forced,
    tolerance: HALF_DIGIT,
    run: (gpu) => {
      const inputs = new Inputs(seed);
      const a = inputs.oneOf(batch * m * k, HALVES);
      const b = inputs.oneOf(batch * k * n, HALVES);
      const bias = inputs.floats(n);
      const spaced = withGaps(b.f32, k * n, LARGE_HALF);
      const g = { batch, m, k, n };
      const want = () => referenceMatmul(a.f64, b.f64, g, transposed);
      const values = {
        a: { data: packHalves(a.f64), shape: [a.f64.length / 2] },
        b: { data: packHalves(b.f64), shape: [b.f64.length / 2] },
        spaced: { data: packHalves(spaced), shape: [spaced.length / 2] },
        bias: { data: bias.f32, shape: [n] },
      };
      return withForced(gpu, forced, () =>
        compare(gpu, values, (rec, t) => {
          const options = { transposed, format: 'f16' } as const;
          const product = (result: Format) => matmul(rec, t.a, t.b, g, { ...options, result });
          const shifted = { ...options, result: 'f32', bias: t.bias, plane: k * n + GAP } as const;
          return {
            floats: { got: product('f32'), want },
            halves: { got: product('f16'), want, as: 'halves' },
            'biased, spaced': {
              got: matmul(rec, t.a, t.spaced, g, shifted),
              want: () => want().map((value, i) => value + (bias.f64[i % n] as number)),
            },
          };
        }),
      );
    },
  };
}

/**
 * A product of few rows with packed weights: alone, with gaps between the matrices and a bias, and with the end of a block. One
 * column is all zeros, and one has a weight that is much larger than the others.
 */
export function fewRowsCase(
  [batch, m, k, n]: readonly [number, number, number, number],
  seed: number,
): KernelCase {
  return {
    kernels: ['few_rows.product', 'few_rows.pack'],
    title: `few rows: ${batch} x [${m}, ${k}] x [${k}, ${n}]`,
    possible: eightLanes,
    run: (gpu) => {
      const inputs = new Inputs(seed);
      const [a, b] = [inputs.floats(batch * m * k), inputs.floats(batch * k * n)];
      for (let row = 0; row < batch * k; row++) for (const list of [b.f32, b.f64]) list[row * n + 1] = 0;
      for (const list of [b.f32, b.f64]) list[2] = 100;
      const [bias, factor, offset] = [inputs.floats(n), inputs.floats(n), inputs.floats(n)];
      const product = referenceMatmul(a.f64, b.f64, { batch, m, k, n });
      const biased = product.map((value, i) => value + (bias.f64[i % n] as number));
      const ended = activations
        .eluForward(biased, 1)
        .map((value, i) => value * (factor.f64[i % n] as number) + (offset.f64[i % n] as number));
      const values = {
        a: { data: a.f32, shape: [batch, m, k] },
        b: { data: b.f32, shape: [batch, k, n] },
        spaced: { data: withGaps(b.f32, k * n), shape: [batch, k * n + GAP] },
        ...{ bias: { data: bias.f32, shape: [n] }, factor: { data: factor.f32, shape: [n] } },
        offset: { data: offset.f32, shape: [n] },
      };
      const g = { batch, m, k, n };
      return compare(gpu, values, (rec, t) => {
        const end = { scale: t.factor, offset: t.offset, alpha: 1, poolSize: 1 };
        return {
          c: { got: fewRows(rec, rec, t.a, t.b, g), want: product },
          biased: {
            got: fewRows(rec, rec, t.a, t.spaced, g, { bias: t.bias, plane: k * n + GAP }),
            want: biased,
          },
          ended: { got: fewRows(rec, rec, t.a, t.b, g, { bias: t.bias, end }), want: ended },
        };
      });
    },
  };
}

/** The end of a network: a dense block, the layer of the classes, softmax. */
function headCase(
  [b, k, units, classes]: readonly [number, number, number, number],
  way: 'whole' | 'layers',
  seed: number,
): KernelCase {
  return {
    kernels: way === 'whole' ? ['dense_head.forward', 'few_rows.pack'] : ['softmax.forward'],
    title: `head, ${way}: [${b}, ${k}] -> ${units} -> ${classes}`,
    ...(way === 'whole' && { possible: eightLanes }),
    run: (gpu) => {
      const inputs = new Inputs(seed);
      const [x, kernel, lastKernel] = [
        inputs.floats(b * k),
        inputs.floats(k * units),
        inputs.floats(units * classes),
      ];
      const [bias, scale, offset] = [inputs.floats(units), inputs.floats(units), inputs.floats(units)];
      const lastBias = inputs.floats(classes);
      const z = referenceDense(x.f64, kernel.f64, bias.f64, b, k, units);
      const u = activations
        .eluForward(z, 0.7)
        .map((v, i) => v * (scale.f64[i % units] as number) + (offset.f64[i % units] as number));
      const logits = referenceDense(u, lastKernel.f64, lastBias.f64, b, units, classes);
      const values = {
        x: { data: x.f32, shape: [b, k] },
        kernel: { data: kernel.f32, shape: [k, units] },
        bias: { data: bias.f32, shape: [units] },
        scale: { data: scale.f32, shape: [units] },
        offset: { data: offset.f32, shape: [units] },
        lastKernel: { data: lastKernel.f32, shape: [units, classes] },
        lastBias: { data: lastBias.f32, shape: [classes] },
      };
      return withForced(gpu, { head: way }, () =>
        compare(gpu, values, (rec, t) => {
          const end = { scale: t.scale, offset: t.offset, alpha: 0.7, poolSize: 1 };
          const last = { kernel: t.lastKernel, bias: t.lastBias };
          const want = softmaxForward(logits, classes);
          return { probabilities: { got: denseHead(rec, rec, { x: t.x, block: t, end, last }), want } };
        }),
      );
    },
  };
}

/** [images, inputs, units, classes]: a slice that is not full and several, fewer classes than lanes and more, any number of inputs. */
const HEADS = [
  [1, 12, 8, 3],
  [2, 31, 44, 7],
  [3, 64, 128, 11],
] as const;
const DENSE = [
  [1, 7, 3],
  [5, 12, 8],
  [28, 64, 64],
] as const;
/** [batch, m, k, n]: one for each height of register tiles. */
const IN_TILES = [
  [1, 1, 4, 4],
  [1, 8, 6, 36],
  [2, 16, 8, 12],
  [2, 28, 6, 40],
  [3, 36, 8, 20],
  [2, 64, 34, 132],
] as const;
/** [batch, m, k, n], multiples of 4 as float16 requires. */
const IN_FOURS = [
  [1, 4, 4, 4],
  [2, 36, 8, 20],
  [3, 64, 36, 132],
  [2, 140, 72, 36],
] as const;
/** [batch, m, k, n] of few rows: one, more than a group of eight, one tile and two, and rows of weights that do not fill an iteration. */
const FEW_ROWS = [
  [1, 1, 14, 44],
  [3, 9, 16, 36],
  [2, 16, 34, 100],
  [2, 13, 6, 64],
] as const;
/** [batch, m, k, n] for the kernels that accept any extents. */
const ANY = [...IN_TILES, [2, 5, 7, 3], [1, 70, 33, 65]] as const;
const MATMUL_WAYS: readonly MatmulWay[] = [
  'naive',
  'tiled',
  'blocked',
  'split',
  'threads',
  'subgroup32',
  'subgroup64',
];
/** The ways whose kernels load whole vectors: K is even, N a multiple of 4, and M of a transposed A too. */
const inVectors = (way: MatmulWay): boolean => way === 'threads' || way.startsWith('subgroup');
/** Long sums: in two parts, in many, in parts of different lengths. */
const LONG = [
  ...ANY.filter(([, , k]) => k > 16),
  [1, 28, 1100, 36],
  [3, 5, 100, 7],
  [2, 96, 72, 100],
] as const;

/** The shapes to check a way with. */
function shapesFor(way: MatmulWay): readonly (readonly [number, number, number, number])[] {
  if (way === 'split') return LONG;
  return inVectors(way) ? IN_TILES : ANY;
}

export const PRODUCT_CASES: readonly KernelCase[] = [
  ...DENSE.flatMap((s, i) => [denseCase(s, 'naive', 200 + i), denseCase(s, 'matmul', 210 + i)]),
  ...MATMUL_WAYS.flatMap((way) =>
    shapesFor(way).flatMap((s, i) => [
      matmulCase(s, undefined, way, 300 + i),
      ...(inVectors(way) && s[1] % 4 !== 0 ? [] : [matmulCase(s, 'a', way, 310 + i)]),
      matmulCase(s, 'b', way, 320 + i),
    ]),
  ),
  ...FEW_ROWS.map((s, i) => fewRowsCase(s, 390 + i)),
  ...HEADS.flatMap((s, i) => [headCase(s, 'whole', 395 + i), headCase(s, 'layers', 395 + i)]),
  ...(['tiled', 'blocked', 'split', 'threads', 'subgroup32', 'subgroup64', 'units'] as const).flatMap((way) =>
    IN_FOURS.filter(([, , k]) => way !== 'split' || k > 16).flatMap((s, i) =>
      ([undefined, 'a', 'b'] as const).map((transposed, k) =>
        halvesCase(s, transposed, way, 340 + 10 * k + i),
      ),
    ),
  ),
];
