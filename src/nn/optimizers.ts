import { applyUpdate, stateNames, type UpdateTensors } from '../gpu/kernels/optimizers.js';
import type { Recorder } from '../gpu/recorder.js';
import { OPTIMIZER_DEFAULTS as DEFAULTS } from './learning_defaults.js';

/**
 * How gradients update weights. shaders/{sgd,rmsprop,adam}.wgsl state the update rules. The defaults are those
 * of Keras 3.
 */
export interface Optimizer {
  /** The update rule, which is also the name of its shader. */
  readonly rule: 'sgd' | 'rmsprop' | 'adam';
  /** Initial learning rate. */
  readonly learningRate: number;
  /** The rule's other hyperparameters, by their names in the shader; switches are 0 or 1. */
  readonly hyperparameters: Readonly<Record<string, number>>;
  /** Decoupled weight decay: before each update, w -= w * weightDecay * (scheduled learning rate) for all trained weights. */
  readonly weightDecay: number;
  /** The rule's state tensors that are in use, shaped like the weights. The others are one-element placeholders. */
  readonly usedState: readonly string[];
  /** The learning rate that the shader gets for step `t` (from 1), given the scheduled learning rate. */
  stepRate(t: number, learningRate: number): number;
  /** Records the update of all weights. */
  update(rec: Recorder, tensors: UpdateTensors): void;
}

/** Options of all optimizers. */
export interface DecayOptions {
  /**
   * Decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101), as Keras's `weight_decay`: for all trained weights,
   * including biases; default 0. `adam` with it is AdamW.
   */
  readonly weightDecay?: number;
}

/** Options of `sgd`. */
export interface SgdOptions extends DecayOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Default 0: no velocity. */
  readonly momentum?: number;
  /** Default false. */
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent, optionally with momentum; https://keras.io/api/optimizers/sgd/ */
export function sgd(options: SgdOptions = {}): Optimizer {
  const {
    learningRate = DEFAULTS.sgd.learningRate,
    momentum = 0,
    nesterov = false,
    weightDecay = 0,
  } = options;
  return optimizer({
    rule: 'sgd',
    ...{ learningRate, weightDecay },
    hyperparameters: { momentum, nesterov: Number(nesterov) },
    usedState: momentum > 0 ? ['velocity'] : [],
    stepRate: (_, rate) => rate,
  });
}

/** Options of `rmsprop`. */
export interface RmspropOptions extends DecayOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Decay rate of the mean squared gradient; default 0.9. */
  readonly rho?: number;
  /** Default 1e-7. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Whether to divide by the variance of the gradient instead of its mean square; default false. */
  readonly centered?: boolean;
}

/** RMSprop (Hinton 2012); https://keras.io/api/optimizers/rmsprop/ */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { rmsprop: own } = DEFAULTS;
  const { learningRate = own.learningRate, rho = own.rho, epsilon = own.epsilon } = options;
  const { momentum = 0, centered = false } = options;
  return optimizer({
    rule: 'rmsprop',
    ...{ learningRate, weightDecay: options.weightDecay ?? 0 },
    hyperparameters: { rho, epsilon, momentum, centered: Number(centered) },
    usedState: ['square', ...(centered ? ['average'] : []), ...(momentum > 0 ? ['velocity'] : [])],
    stepRate: (_, rate) => rate,
  });
}

/** Options of `adam`. */
export interface AdamOptions extends DecayOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Decay rate of the mean gradient; default 0.9. */
  readonly beta1?: number;
  /** Decay rate of the mean squared gradient; default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7. */
  readonly epsilon?: number;
  /** Whether to divide by the largest mean square so far (AMSGrad); default false. */
  readonly amsgrad?: boolean;
}

/** Adam (Kingma & Ba 2014); https://keras.io/api/optimizers/adam/ */
export function adam(options: AdamOptions = {}): Optimizer {
  const { adam: own } = DEFAULTS;
  const { learningRate = own.learningRate, beta1 = own.beta1, beta2 = own.beta2 } = options;
  const { epsilon = own.epsilon, amsgrad = false } = options;
  return optimizer({
    rule: 'adam',
    ...{ learningRate, weightDecay: options.weightDecay ?? 0 },
    hyperparameters: { beta1, beta2, epsilon, amsgrad: Number(amsgrad) },
    usedState: ['moment', 'square', ...(amsgrad ? ['largest'] : [])],
    stepRate: (t, rate) => (rate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t),
  });
}

function optimizer(spec: Omit<Optimizer, 'update'>): Optimizer {
  const { rule, hyperparameters } = spec;
  return { ...spec, update: (rec, tensors) => applyUpdate(rec, rule, tensors, hyperparameters) };
}

/** Names of all state tensors of an optimiser's rule, in use or not. */
export function allState(optimizer: Optimizer): readonly string[] {
  return stateNames(optimizer.rule);
}
