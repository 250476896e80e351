import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** An activation without settings whose backward pass needs its output alone. */
export interface Pointwise {
  /** y of x, any shape. */
  readonly forward: (rec: Recorder, x: Tensor) => Tensor;
  /** dx from dy and the forward's y. */
  readonly backward: (rec: Recorder, dy: Tensor, y: Tensor) => Tensor;
}

/** Host side of a shader with the entry points `forward` and `backward` on vec4s: relu, sigmoid, tanh. */
export function pointwise(shader: string): Pointwise {
  const params = { quads: 'u32' } as const;
  const forwardKernel = defineKernel(shader, 'forward', { reads: ['x'], writes: ['y'], params });
  const backwardKernel = defineKernel(shader, 'backward', { reads: ['dy', 'y'], writes: ['dx'], params });
  return {
    forward: (rec, x) => {
      const y = rec.alloc(x.shape, 'y');
      const { quads, workgroups } = quadGrid(x);
      rec.dispatch(forwardKernel, { bind: { x, y }, params: { quads }, workgroups });
      return y;
    },
    backward: (rec, dy, y) => {
      const dx = rec.alloc(dy.shape, 'dx');
      const { quads, workgroups } = quadGrid(dy);
      rec.dispatch(backwardKernel, { bind: { dy, y, dx }, params: { quads }, workgroups });
      return dx;
    },
  };
}
