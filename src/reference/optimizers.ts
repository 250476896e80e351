import { type Arr, at } from './arrays.js';

/** One in-place update per call, by the rules of Keras 3. The state arrays start at 0. */

export interface SgdState {
  readonly velocity: Arr;
}

export function sgdStep(w: Arr, g: Arr, s: SgdState, lr: number, momentum: number, nesterov: boolean): void {
  w.forEach((weight, i) => {
    const v = momentum * at(s.velocity, i) - lr * at(g, i);
    s.velocity[i] = v;
    w[i] = weight + (nesterov ? momentum * v - lr * at(g, i) : v);
  });
}

/** Decoupled weight decay, which comes before the update. @param lr the learning rate, without Adam's correction */
export function decayStep(w: Arr, lr: number, weightDecay: number): void {
  w.forEach((weight, i) => {
    w[i] = weight - weight * weightDecay * lr;
  });
}

export interface RmspropState {
  readonly square: Arr;
  readonly average: Arr;
  readonly velocity: Arr;
}

export function rmspropStep(
  w: Arr,
  g: Arr,
  s: RmspropState,
  lr: number,
  { rho, epsilon, momentum, centered }: { rho: number; epsilon: number; momentum: number; centered: boolean },
): void {
  w.forEach((weight, i) => {
    s.square[i] = rho * at(s.square, i) + (1 - rho) * at(g, i) ** 2;
    s.average[i] = rho * at(s.average, i) + (1 - rho) * at(g, i);
    const d = at(s.square, i) - (centered ? at(s.average, i) ** 2 : 0);
    s.velocity[i] = momentum * at(s.velocity, i) + (lr * at(g, i)) / Math.sqrt(d + epsilon);
    w[i] = weight - at(s.velocity, i);
  });
}

export interface AdamState {
  readonly moment: Arr;
  readonly square: Arr;
  readonly largest: Arr;
}

/** @param t number of the training step, from 1 */
export function adamStep(
  w: Arr,
  g: Arr,
  s: AdamState,
  lr: number,
  t: number,
  { beta1, beta2, epsilon, amsgrad }: { beta1: number; beta2: number; epsilon: number; amsgrad: boolean },
): void {
  const rate = (lr * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
  w.forEach((weight, i) => {
    s.moment[i] = beta1 * at(s.moment, i) + (1 - beta1) * at(g, i);
    s.square[i] = beta2 * at(s.square, i) + (1 - beta2) * at(g, i) ** 2;
    s.largest[i] = Math.max(at(s.largest, i), at(s.square, i));
    const d = amsgrad ? at(s.largest, i) : at(s.square, i);
    w[i] = weight - (rate * at(s.moment, i)) / (Math.sqrt(d) + epsilon);
  });
}
