import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { quadGrid } from './elementwise.js';

/** Host side of shaders/sgd.wgsl, rmsprop.wgsl and adam.wgsl: update rules for a vector of weights, in place. */
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

/** The tensors of one update. `state` holds the rule's state tensors by name. */
export interface UpdateTensors {
  /** All weights as one vector; updated in place. */
  readonly weight: Tensor;
  /** The gradient, of the same shape. */
  readonly gradient: Tensor;
  /** The step state, see `Context.stepState`. */
  readonly stepState: Tensor;
  /** The rule's state tensors by name. */
  readonly state: Readonly<Record<string, Tensor>>;
}

const KERNELS = { sgd: sgdKernel, rmsprop: rmspropKernel, adam: adamKernel };

/** Names of a rule's state tensors, each shaped like the weights. */
export function stateNames(rule: keyof typeof KERNELS): readonly string[] {
  return KERNELS[rule].writes.slice(1);
}

/** One update by the named rule. `settings` are the kernel's params except `quads`. */
export function applyUpdate(
  rec: Recorder,
  rule: keyof typeof KERNELS,
  tensors: UpdateTensors,
  settings: Readonly<Record<string, number>>,
): void {
  const { weight, gradient, stepState, state } = tensors;
  const { quads, workgroups } = quadGrid(weight);
  rec.dispatch(KERNELS[rule], {
    bind: { gradient, step_state: stepState, weight, ...state },
    params: { quads, ...settings },
    workgroups,
  });
}
