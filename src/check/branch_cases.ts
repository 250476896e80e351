import {
  type Expansion,
  expandedShape,
  expandKernel,
  expandKernelBackward,
} from '../gpu/kernels/expand_kernel.js';
import { multiplyBackward, multiplyForward, productShape } from '../gpu/kernels/multiply.js';
import { preluBackward, preluForward } from '../gpu/kernels/prelu.js';
import { type Order, transpose, transposedShape } from '../gpu/kernels/transpose.js';
import { type Shape, sizeOf } from '../gpu/shape.js';
import * as expand from '../reference/expand_kernel.js';
import * as multiply from '../reference/multiply.js';
import * as prelu from '../reference/prelu.js';
import * as reference from '../reference/transpose.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

/** Products, learnt slopes, transpositions and expanded kernels, which imported networks use. */

type Four = readonly [number, number, number, number];

function multiplyCase(shapeA: Four, shapeB: Four): KernelCase {
  return {
    kernels: ['multiply.forward', 'multiply.backward'],
    title: `product of [${shapeA.join(', ')}] and [${shapeB.join(', ')}]`,
    run: (gpu) => {
      const inputs = new Inputs(sizeOf(shapeA) + sizeOf(shapeB));
      const out = [shapeA[0], ...productShape(shapeA.slice(1), shapeB.slice(1))];
      const [a, b] = [inputs.floats(sizeOf(shapeA)), inputs.floats(sizeOf(shapeB))];
      const dy = inputs.floats(sizeOf(out));
      const want = multiply.multiplyBackward(dy.f64, a.f64, b.f64, shapeA, shapeB);
      const values = {
        a: { data: a.f32, shape: shapeA },
        b: { data: b.f32, shape: shapeB },
        dy: { data: dy.f32, shape: out },
      };
      return compare(gpu, values, (rec, t) => ({
        y: {
          got: multiplyForward(rec, t.a, t.b),
          want: multiply.multiplyForward(a.f64, b.f64, shapeA, shapeB),
        },
        da: { got: multiplyBackward(rec, t.dy, shapeA, t.b), want: want.da },
        db: { got: multiplyBackward(rec, t.dy, shapeB, t.a), want: want.db },
      }));
    },
  };
}

function preluCase(shape: Shape, slopes: Shape): KernelCase {
  return {
    kernels: ['prelu.forward', 'prelu.backward'],
    title: `learnt slopes [${slopes.join(', ')}] of [${shape.join(', ')}]`,
    run: (gpu) => {
      const inputs = new Inputs(sizeOf(shape));
      const [x, dy] = [inputs.floats(sizeOf(shape)), inputs.floats(sizeOf(shape))];
      const alpha = inputs.floats(sizeOf(slopes));
      const want = prelu.preluBackward(dy.f64, x.f64, alpha.f64);
      const values = {
        x: { data: x.f32, shape },
        dy: { data: dy.f32, shape },
        alpha: { data: alpha.f32, shape: slopes },
      };
      return compare(gpu, values, (rec, t) => {
        const { dx, dalpha } = preluBackward(rec, t.dy, t.x, t.alpha);
        return {
          y: { got: preluForward(rec, t.x, t.alpha), want: prelu.preluForward(x.f64, alpha.f64) },
          dx: { got: dx, want: want.dx },
          dalpha: { got: dalpha, want: want.dalpha },
        };
      });
    },
  };
}

function transposeCase(shape: Shape, order: Order): KernelCase {
  return {
    kernels: ['transpose.forward'],
    title: `[${shape.join(', ')}] with its axes in the order ${order.join(', ')}`,
    tolerance: 0,
    run: (gpu) => {
      const x = new Inputs(sizeOf(shape)).floats(sizeOf(shape));
      return compare(gpu, { x: { data: x.f32, shape } }, (rec, t) => {
        const y = transpose(rec, t.x, order);
        const same = transposedShape(shape.slice(1), order).every((extent, i) => y.shape[i + 1] === extent);
        if (!same) throw new Error(`transpose: the shape is ${y.shape.join(', ')}`);
        return { y: { got: y, want: reference.transpose(Float64Array.from(x.f32), shape, order) } };
      });
    },
  };
}

function expandCase(shape: Four, { groups, dilation }: Expansion): KernelCase {
  const [kh, kw, ic, oc] = shape;
  return {
    kernels: ['expand_kernel.forward', 'expand_kernel.backward'],
    title: `kernel [${shape.join(', ')}] in ${groups} groups, dilation ${dilation.join(' x ')}`,
    tolerance: 0,
    run: (gpu) => {
      const s = { kh, kw, ic, oc, groups, dilation };
      const out = expandedShape(shape, s);
      const inputs = new Inputs(sizeOf(shape));
      const [x, dy] = [inputs.floats(sizeOf(shape)), inputs.floats(sizeOf(out))];
      const values = { x: { data: x.f32, shape }, dy: { data: dy.f32, shape: out } };
      return compare(gpu, values, (rec, t) => ({
        y: { got: expandKernel(rec, t.x, s), want: expand.expandKernel(Float64Array.from(x.f32), s) },
        dx: {
          got: expandKernelBackward(rec, t.dy, shape, s),
          want: expand.expandKernelBackward(Float64Array.from(dy.f32), s),
        },
      }));
    },
  };
}

export const BRANCH_CASES: readonly KernelCase[] = [
  multiplyCase([2, 5, 3, 4], [2, 5, 3, 4]),
  multiplyCase([3, 4, 5, 7], [3, 1, 1, 7]),
  multiplyCase([2, 6, 1, 1], [2, 6, 5, 3]),
  multiplyCase([2, 1, 5, 3], [2, 4, 1, 3]),
  preluCase([3, 4, 5, 7], [1, 1, 7]),
  preluCase([2, 3, 3, 4], [3, 3, 4]),
  preluCase([5, 6], [6]),
  transposeCase([2, 3, 4, 5], [2, 0, 1]),
  transposeCase([2, 3, 4, 5], [1, 2, 0]),
  transposeCase([3, 6, 2, 7], [2, 1, 0]),
  expandCase([3, 2, 4, 6], { groups: 1, dilation: [2, 3] }),
  expandCase([3, 3, 2, 6], { groups: 3, dilation: [1, 1] }),
  expandCase([2, 3, 1, 4], { groups: 4, dilation: [3, 2] }),
];
