import {
  ACTIVATION_KERNELS,
  type ActivationKernels,
  type ActivationOp,
  NO_CEILING,
  type Settings,
} from '../../gpu/kernels/activations.js';
import type { Context, TensorVar } from '../context.js';
import { softmax } from './softmax.js';

/** An element-wise activation with its settings. */
export interface PointwiseActivation {
  readonly op: ActivationOp;
  readonly settings: Settings;
}

/** The element-wise activations that a layer may name, with Keras's settings. */
const POINTWISE = {
  relu: { op: 'relu', settings: {} },
  elu: { op: 'elu', settings: { alpha: 1 } },
  relu6: { op: 'leaky_relu', settings: { slope: 0, ceiling: 6 } },
  leaky_relu: { op: 'leaky_relu', settings: { slope: 0.2, ceiling: NO_CEILING } },
  sigmoid: { op: 'sigmoid', settings: {} },
  tanh: { op: 'tanh', settings: {} },
  silu: { op: 'silu', settings: {} },
  swish: { op: 'silu', settings: {} },
  gelu: { op: 'gelu', settings: {} },
  selu: { op: 'selu', settings: {} },
  log_sigmoid: { op: 'log_sigmoid', settings: {} },
} satisfies Readonly<Record<string, PointwiseActivation>>;

/** An activation by Keras's name: https://keras.io/api/layers/activations/ */
export type ActivationName = 'linear' | keyof typeof POINTWISE | 'softmax';
export const ACTIVATION_NAMES: readonly ActivationName[] = [
  'linear',
  ...(Object.keys(POINTWISE) as (keyof typeof POINTWISE)[]),
  'softmax',
];

/** The element-wise activation of a name. Undefined for linear, and for softmax, which works on rows. */
export function pointwiseOf(name: ActivationName): PointwiseActivation | undefined {
  return name === 'linear' || name === 'softmax' ? undefined : POINTWISE[name];
}

/** Differentiable element-wise activation, any shape. Keeps its input or its output until the backward pass. */
export function pointwise(ctx: Context, x: TensorVar, { op, settings }: PointwiseActivation): TensorVar {
  const kernels: ActivationKernels = ACTIVATION_KERNELS[op];
  const y = kernels.forward(ctx.rec, x.value, settings);
  const kept = kernels.keeps === 'x' ? x.value : y;
  return ctx.tape.record(op, [x], y, (dy) => [kernels.backward(ctx.rec, dy, kept, settings)]);
}

/**
 * Differentiable activation by name, any shape.
 * @param last whether it belongs to the last layer: softmax is then part of the loss, and the logits pass through
 */
export function activate(ctx: Context, x: TensorVar, name: ActivationName, last: boolean): TensorVar {
  if (name === 'softmax' && !last) return softmax(ctx, x);
  const known = pointwiseOf(name);
  return known === undefined ? x : pointwise(ctx, x, known);
}
