import { applyUpdate, stateNames, type UpdateTensors } from '../gpu/kernels/optimizers.js';
import type { Recorder } from '../gpu/recorder.js';

/**
 * How gradients become steps. The laws stand in shaders/{sgd,rmsprop,adam}.wgsl, defaults are Keras 3's
 * (https://keras.io/api/optimizers/).
 */
export interface Optimizer {
  /** Which update law, and so which shader. */
  readonly law: 'sgd' | 'rmsprop' | 'adam';
  /** Rate to begin with. */
  readonly learningRate: number;
  /** What else the law depends on, by the names of its shader; switches are 0 or 1. `update` uses these numbers. */
  readonly hyperparameters: Readonly<Record<string, number>>;
  /** State tensors that are shaped like the weights; the others of the law are one-element placeholders. */
  readonly usedState: readonly string[];
  /** The rate that goes into step `t` (counted from 1), given the scheduled learning rate. */
  stepRate(t: number, learningRate: number): number;
  /** Records the update of all weights. */
  update(rec: Recorder, tensors: UpdateTensors): void;
}

/** Options of `sgd`. */
export interface SgdOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** Default 0: no velocity. */
  readonly momentum?: number;
  /** Default false. */
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent, with momentum if asked for; https://keras.io/api/optimizers/sgd/ */
export function sgd({ learningRate = 0.01, momentum = 0, nesterov = false }: SgdOptions = {}): Optimizer {
  return optimizer({
    law: 'sgd',
    learningRate,
    hyperparameters: { momentum, nesterov: Number(nesterov) },
    usedState: momentum > 0 ? ['velocity'] : [],
    stepRate: (_, rate) => rate,
  });
}

/** Options of `rmsprop`. */
export interface RmspropOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Memory of the squared gradient; default 0.9. */
  readonly rho?: number;
  /** Default 1e-7. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Subtract the squared mean gradient; default false. */
  readonly centered?: boolean;
}

/** RMSprop (Hinton 2012); https://keras.io/api/optimizers/rmsprop/ */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { learningRate = 1e-3, rho = 0.9, epsilon = 1e-7, momentum = 0, centered = false } = options;
  return optimizer({
    law: 'rmsprop',
    learningRate,
    hyperparameters: { rho, epsilon, momentum, centered: Number(centered) },
    usedState: ['square', ...(centered ? ['average'] : []), ...(momentum > 0 ? ['velocity'] : [])],
    stepRate: (_, rate) => rate,
  });
}

/** Options of `adam`. */
export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Memory of the gradient; default 0.9. */
  readonly beta1?: number;
  /** Memory of the squared gradient; default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7. */
  readonly epsilon?: number;
  /** Divide by the largest squared average so far; default false. */
  readonly amsgrad?: boolean;
}

/** Adam (Kingma & Ba 2014); https://keras.io/api/optimizers/adam/ */
export function adam(options: AdamOptions = {}): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false } = options;
  return optimizer({
    law: 'adam',
    learningRate,
    hyperparameters: { beta1, beta2, epsilon, amsgrad: Number(amsgrad) },
    usedState: ['moment', 'square', ...(amsgrad ? ['largest'] : [])],
    stepRate: (t, rate) => (rate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t),
  });
}

function optimizer(rule: Omit<Optimizer, 'update'>): Optimizer {
  const { law, hyperparameters } = rule;
  return { ...rule, update: (rec, tensors) => applyUpdate(rec, law, tensors, hyperparameters) };
}

/** Names of all state tensors of an optimiser's law. */
export function allState(optimizer: Optimizer): readonly string[] {
  return stateNames(optimizer.law);
}
