/** Defaults of learning, apart from what computes, so that help and the form of a new run can tell them without loading it. */

/** Those of the optimizers, as in Keras 3 (https://keras.io/api/optimizers/). */
export const OPTIMIZER_DEFAULTS = {
  sgd: { learningRate: 1e-2 },
  rmsprop: { learningRate: 1e-3, rho: 0.9, epsilon: 1e-7 },
  adam: { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
};

/** Those of learning from teachers: see `DistillOptions`. */
export const DISTILL_DEFAULTS = { temperature: 3, hard: 0.3 };
