import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** An activation's settings by name, e.g. `alpha` of ELU. */
export type Settings = Readonly<Record<string, number>>;

/** An element-wise activation with its gradient, for tensors of any shape. */
export interface ActivationKernels {
  /** What the backward pass reads besides dy: the forward pass's input x or its output y. */
  readonly keeps: 'x' | 'y';
  /** y from x. Throws ShaderError if a setting is missing. */
  forward(rec: Recorder, x: Tensor, settings: Settings): Tensor;
  /** dx from dy and the tensor that `keeps` names. Throws ShaderError if a setting is missing. */
  backward(rec: Recorder, dy: Tensor, kept: Tensor, settings: Settings): Tensor;
}

/**
 * The host side of an activation's shader. Its entry points are `forward` and `backward`, one thread per vec4.
 * @param settings names of the f32 fields that follow `quads` in the shader's params, in order
 */
function pointwise(shader: string, keeps: 'x' | 'y', settings: readonly string[] = []): ActivationKernels {
  const floats = Object.fromEntries(settings.map((name) => [name, 'f32'] as const));
  const params = { quads: 'u32', ...floats } as const;
  const forwardKernel = defineKernel(shader, 'forward', { reads: ['x'], writes: ['y'], params });
  const backwardKernel = defineKernel(shader, 'backward', { reads: ['dy', keeps], writes: ['dx'], params });
  return {
    keeps,
    forward: (rec, x, values) => {
      const y = rec.alloc(x.shape, 'y');
      const { quads, workgroups } = quadGrid(x);
      rec.dispatch(forwardKernel, { bind: { x, y }, params: { quads, ...values }, workgroups });
      return y;
    },
    backward: (rec, dy, kept, values) => {
      const dx = rec.alloc(dy.shape, 'dx');
      const { quads, workgroups } = quadGrid(dy);
      const bind = { dy, [keeps]: kept, dx };
      rec.dispatch(backwardKernel, { bind, params: { quads, ...values }, workgroups });
      return dx;
    },
  };
}

/** The largest float32: the `ceiling` of a leaky ReLU without one. */
export const NO_CEILING = 3.4028234e38;

/** Every element-wise activation, by the name of its shader. The kernel checks and benchmarks cover this table. */
export const ACTIVATION_KERNELS = {
  elu: pointwise('elu', 'y', ['alpha']),
  relu: pointwise('relu', 'y'),
  leaky_relu: pointwise('leaky_relu', 'y', ['slope', 'ceiling']),
  sigmoid: pointwise('sigmoid', 'y'),
  tanh: pointwise('tanh', 'y'),
  silu: pointwise('silu', 'x'),
  gelu: pointwise('gelu', 'x'),
  selu: pointwise('selu', 'y'),
  log_sigmoid: pointwise('log_sigmoid', 'y'),
} satisfies Readonly<Record<string, ActivationKernels>>;

/** The name of an activation's shader, e.g. `leaky_relu`. */
export type ActivationOp = keyof typeof ACTIVATION_KERNELS;
export const ACTIVATION_OPS = Object.keys(ACTIVATION_KERNELS) as ActivationOp[];
