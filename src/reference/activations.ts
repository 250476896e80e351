import { type Arr, at } from './arrays.js';

/** elu(x) = x above 0, alpha (e^x - 1) below. */
export const eluForward = (x: Arr, alpha: number): Arr => x.map((v) => (v > 0 ? v : alpha * Math.expm1(v)));

/** dx from x itself: 1 above 0, alpha e^x below. */
export const eluBackward = (dy: Arr, x: Arr, alpha: number): Arr =>
  dy.map((d, i) => d * (at(x, i) > 0 ? 1 : alpha * Math.exp(at(x, i))));

/** relu(x) = max(x, 0). */
export const reluForward = (x: Arr): Arr => x.map((v) => Math.max(v, 0));

export const reluBackward = (dy: Arr, x: Arr): Arr => dy.map((d, i) => (at(x, i) > 0 ? d : 0));
