import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** Host side of shaders/sgd.wgsl, rmsprop.wgsl and adam.wgsl: in-place updates of a vector of weights. */
const sgdKernel = defineKernel('sgd', 'update', {
  reads: ['gradient', 'step_state'],
  writes: ['weight', 'velocity'],
  params: { quads: 'u32', momentum: 'f32', nesterov: 'u32' },
});
const rmspropKernel = defineKernel('rmsprop', 'update', {
  reads: ['gradient', 'step_state'],
  writes: ['weight', 'square', 'average', 'velocity'],
  params: { quads: 'u32', rho: 'f32', epsilon: 'f32', momentum: 'f32', centered: 'u32' },
});
const adamKernel = defineKernel('adam', 'update', {
  reads: ['gradient', 'step_state'],
  writes: ['weight', 'moment', 'square', 'largest'],
  params: { quads: 'u32', beta1: 'f32', beta2: 'f32', epsilon: 'f32', amsgrad: 'u32' },
});

/** The tensors of one update; `state` holds the kernel's other written bindings by name. */
export interface UpdateTensors {
  /** All weights in one, changed in place. */
  readonly weight: Tensor;
  /** Of the same shape. */
  readonly gradient: Tensor;
  /** The step state. */
  readonly step: Tensor;
  /** The law's state tensors by name. */
  readonly state: Readonly<Record<string, Tensor>>;
}

const KERNELS = { sgd: sgdKernel, rmsprop: rmspropKernel, adam: adamKernel };

/** Names of the state tensors, each shaped like the weights. */
export function stateNames(law: keyof typeof KERNELS): readonly string[] {
  return KERNELS[law].writes.slice(1);
}

/** One update under the named law; `settings` are the kernel's params but `quads`. */
export function applyUpdate(
  rec: Recorder,
  law: keyof typeof KERNELS,
  tensors: UpdateTensors,
  settings: Readonly<Record<string, number>>,
): void {
  const { weight, gradient, step, state } = tensors;
  const { quads, workgroups } = quadGrid(weight);
  rec.dispatch(KERNELS[law], {
    bind: { gradient, step_state: step, weight, ...state },
    params: { quads, ...settings },
    workgroups,
  });
}
