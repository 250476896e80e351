import { averagePoolGeometry, avgPool2dBackward, avgPool2dForward } from '../gpu/kernels/avg_pool2d.js';
import {
  depthwiseForward,
  depthwiseGeometry,
  depthwiseInputGradient,
  depthwiseWeightGradient,
} from '../gpu/kernels/depthwise_conv2d.js';
import { biasGradient } from '../gpu/kernels/reduce.js';
import {
  type Margins,
  paddingGeometry,
  zeroPadding2dBackward,
  zeroPadding2dForward,
} from '../gpu/kernels/zero_padding2d.js';
import { type Shape, sizeOf } from '../gpu/shape.js';
import * as average from '../reference/avg_pool2d.js';
import * as depthwise from '../reference/depthwise_conv2d.js';
import * as padding from '../reference/zero_padding2d.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

function depthwiseCase(s: depthwise.DepthwiseShape): KernelCase {
  return {
    kernels: ['forward', 'input_gradient', 'weight_gradient'].map((entry) => `depthwise_conv2d.${entry}`),
    title: `depthwise ${s.b} x [${s.h}, ${s.w}, ${s.c}] x ${s.multiplier}, ${s.kh}x${s.kw}, stride ${s.stride}, ${s.padding}`,
    run: (gpu) => {
      const inputs = new Inputs(s.h * 100 + s.c);
      const shape = [s.b, s.h, s.w, s.c];
      const kernel = [s.kh, s.kw, s.c, s.multiplier];
      const g = depthwiseGeometry(shape, kernel, s);
      const out = [g.b, g.oh, g.ow, g.oc];
      const [x, weight] = [inputs.floats(sizeOf(shape)), inputs.floats(sizeOf(kernel))];
      const [bias, dy] = [inputs.floats(g.oc), inputs.floats(sizeOf(out))];
      const want = depthwise.depthwiseBackward(dy.f64, x.f64, weight.f64, s);
      const values = {
        x: { data: x.f32, shape },
        weight: { data: weight.f32, shape: kernel },
        bias: { data: bias.f32, shape: [g.oc] },
        dy: { data: dy.f32, shape: out },
      };
      return compare(gpu, values, (rec, t) => ({
        y: {
          got: depthwiseForward(rec, t, g),
          want: depthwise.depthwiseForward(x.f64, weight.f64, bias.f64, s),
        },
        plain: {
          got: depthwiseForward(rec, { x: t.x, weight: t.weight }, g),
          want: depthwise.depthwiseForward(x.f64, weight.f64, undefined, s),
        },
        dx: { got: depthwiseInputGradient(rec, t.dy, t.weight, g), want: want.dx },
        dw: { got: depthwiseWeightGradient(rec, t.x, t.dy, g), want: want.dw },
        db: {
          got: biasGradient(rec, t.dy),
          want: bias.f64.map((_, c) => dy.f64.reduce((sum, d, i) => sum + (i % g.oc === c ? d : 0), 0)),
        },
      }));
    },
  };
}

function averageCase(s: average.AveragePoolShape): KernelCase {
  return {
    kernels: ['avg_pool2d.forward', 'avg_pool2d.backward'],
    title: `average pool ${s.b} x [${s.h}, ${s.w}, ${s.c}], ${s.kh}x${s.kw} stride ${s.stride} ${s.padding}`,
    run: (gpu) => {
      const inputs = new Inputs(s.h * 100 + s.c);
      const shape = [s.b, s.h, s.w, s.c];
      const g = averagePoolGeometry(shape, { ...s, size: [s.kh, s.kw] });
      const out = [g.b, g.oh, g.ow, g.c];
      const [x, dy] = [inputs.floats(sizeOf(shape)), inputs.floats(sizeOf(out))];
      const values = { x: { data: x.f32, shape }, dy: { data: dy.f32, shape: out } };
      return compare(gpu, values, (rec, t) => ({
        y: { got: avgPool2dForward(rec, t.x, g), want: average.avgPool2dForward(x.f64, s) },
        dx: { got: avgPool2dBackward(rec, t.dy, g), want: average.avgPool2dBackward(dy.f64, s) },
      }));
    },
  };
}

function paddingCase(shape: Shape, margins: Margins): KernelCase {
  return {
    kernels: ['zero_padding2d.forward', 'zero_padding2d.backward'],
    title: `zeros ${margins.join(', ')} around [${shape.join(', ')}]`,
    run: (gpu) => {
      const inputs = new Inputs(sizeOf(shape));
      const g = paddingGeometry(shape, margins);
      const [top, bottom, left, right] = margins;
      const s = { ...g, top, bottom, left, right };
      const out = [g.b, g.oh, g.ow, g.c];
      const [x, dy] = [inputs.floats(sizeOf(shape)), inputs.floats(sizeOf(out))];
      const values = { x: { data: x.f32, shape }, dy: { data: dy.f32, shape: out } };
      return compare(gpu, values, (rec, t) => ({
        y: { got: zeroPadding2dForward(rec, t.x, g), want: padding.zeroPadding2dForward(x.f64, s) },
        dx: { got: zeroPadding2dBackward(rec, t.dy, g), want: padding.zeroPadding2dBackward(dy.f64, s) },
      }));
    },
  };
}

export const WINDOW_CASES: readonly KernelCase[] = [
  depthwiseCase({ b: 2, h: 9, w: 7, c: 8, multiplier: 1, kh: 3, kw: 3, stride: 1, padding: 'same' }),
  depthwiseCase({ b: 3, h: 8, w: 7, c: 5, multiplier: 1, kh: 3, kw: 3, stride: 2, padding: 'same' }),
  depthwiseCase({ b: 1, h: 9, w: 9, c: 4, multiplier: 3, kh: 5, kw: 3, stride: 2, padding: 'valid' }),
  depthwiseCase({ b: 5, h: 12, w: 12, c: 32, multiplier: 1, kh: 1, kw: 5, stride: 1, padding: 'same' }),
  depthwiseCase({ b: 2, h: 9, w: 8, c: 8, multiplier: 1, kh: 3, kw: 3, stride: [2, 1], padding: 'same' }),
  depthwiseCase({ b: 1, h: 8, w: 11, c: 3, multiplier: 2, kh: 3, kw: 5, stride: [1, 3], padding: 'valid' }),
  // more rows than splits of the weight gradient
  depthwiseCase({ b: 9, h: 20, w: 6, c: 64, multiplier: 1, kh: 3, kw: 3, stride: 1, padding: 'same' }),
  averageCase({ b: 2, h: 7, w: 6, c: 4, kh: 2, kw: 2, stride: 2, padding: 'valid' }),
  averageCase({ b: 2, h: 7, w: 7, c: 3, kh: 3, kw: 3, stride: 2, padding: 'same' }),
  averageCase({ b: 1, h: 8, w: 5, c: 8, kh: 3, kw: 3, stride: 1, padding: 'same' }),
  averageCase({ b: 3, h: 6, w: 4, c: 7, kh: 6, kw: 4, stride: 1, padding: 'valid' }),
  averageCase({ b: 2, h: 7, w: 9, c: 4, kh: 2, kw: 3, stride: [1, 2], padding: 'same' }),
  paddingCase([2, 5, 3, 4], [1, 1, 1, 1]),
  paddingCase([1, 4, 6, 3], [0, 2, 3, 1]),
];
