/** Default hyperparameters, in a file without GPU code, so that help texts and the form of a new run can show them quickly. */

/** Defaults of the optimizers, as in Keras 3 (https://keras.io/api/optimizers/). */
export const OPTIMIZER_DEFAULTS = {
  sgd: { learningRate: 1e-2 },
  rmsprop: { learningRate: 1e-3, rho: 0.9, epsilon: 1e-7 },
  adam: { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
};

/** Defaults of `DistillOptions`. */
export const DISTILL_DEFAULTS = { temperature: 3, hard: 0.3 };
