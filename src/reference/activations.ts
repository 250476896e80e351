import { type Arr, at } from './arrays.js';

/** elu(x) = x above 0, alpha (e^x - 1) below. */
export const eluForward = (x: Arr, alpha: number): Arr => x.map((v) => (v > 0 ? v : alpha * Math.expm1(v)));

/** dx from x itself: 1 above 0, alpha e^x below. */
export const eluBackward = (dy: Arr, x: Arr, alpha: number): Arr =>
  dy.map((d, i) => d * (at(x, i) > 0 ? 1 : alpha * Math.exp(at(x, i))));

/** relu(x) = max(x, 0). */
export const reluForward = (x: Arr): Arr => x.map((v) => Math.max(v, 0));

export const reluBackward = (dy: Arr, x: Arr): Arr => dy.map((d, i) => (at(x, i) > 0 ? d : 0));

/** min(x, ceiling) above 0, slope x below. */
export const leakyReluForward = (x: Arr, slope: number, ceiling: number): Arr =>
  x.map((v) => (v > 0 ? Math.min(v, ceiling) : slope * v));

export const leakyReluBackward = (dy: Arr, x: Arr, slope: number, ceiling: number): Arr =>
  dy.map((d, i) => d * (at(x, i) >= ceiling ? 0 : at(x, i) > 0 ? 1 : slope));

/** sigmoid(x) = 1 / (1 + e^-x). */
export const sigmoidForward = (x: Arr): Arr => x.map((v) => 1 / (1 + Math.exp(-v)));

export const sigmoidBackward = (dy: Arr, x: Arr): Arr => {
  const y = sigmoidForward(x);
  return dy.map((d, i) => d * at(y, i) * (1 - at(y, i)));
};

export const tanhForward = (x: Arr): Arr => x.map(Math.tanh);

export const tanhBackward = (dy: Arr, x: Arr): Arr => dy.map((d, i) => d * (1 - Math.tanh(at(x, i)) ** 2));
