import type { DistillOptions } from './distill.js';
import type { Optimizer } from './optimizers.js';

/** Options of a `Learner`. */
export interface LearnerOptions {
  /** Seed of the initial weights and of dropout; default 7. */
  readonly seed?: number;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** Factor of the L1 penalty, the sum of the absolute values of all kernels; default 0. */
  readonly l1?: number;
  /** Factor of the L2 penalty, the sum of the squares of all kernels; default 0. */
  readonly l2?: number;
  /** Weight of an image of each class in the training loss; default 1. */
  readonly classWeights?: readonly number[] | undefined;
  /** Largest norm of the whole gradient, which is scaled down to it; default: no limit. */
  readonly clipNorm?: number | undefined;
  /** Largest absolute value of each element of the gradient; default: no limit. */
  readonly clipValue?: number | undefined;
  /** Momentum of an exponential moving average of the weights, for `withAverage`; default: no average. */
  readonly ema?: number | undefined;
  /** Whether to keep an equally weighted average instead, updated by `takeAverage`; default false. */
  readonly swa?: boolean;
  /** Label smoothing in training; default 0. */
  readonly labelSmoothing?: number;
  /** Default float32. */
  readonly precision?: Precision;
  /** Teachers that training steps learn from besides the labels; default: none. */
  readonly distill?: DistillOptions | undefined;
}

/**
 * Precision of training. With mixed_float16 the convolutions of a training step store the tensors between their kernels
 * as float16, which is most of a step's memory traffic. All arithmetic stays float32. So do weights, sums, optimiser
 * state, evaluation and prediction.
 */
export type Precision = 'float32' | 'mixed_float16';
