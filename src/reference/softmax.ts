import { type Arr, at } from './arrays.js';

/** Softmax of each row of c values. */
export function softmaxForward(x: Arr, c: number): Arr {
  return x.map((v, i) => {
    const row = x.subarray(i - (i % c), i - (i % c) + c);
    const top = Math.max(...row);
    return Math.exp(v - top) / row.reduce((sum, z) => sum + Math.exp(z - top), 0);
  });
}

/** dx from dy and y. */
export function softmaxBackward(dy: Arr, y: Arr, c: number): Arr {
  return dy.map((d, i) => {
    const first = i - (i % c);
    let mean = 0;
    for (let k = first; k < first + c; k++) mean += at(dy, k) * at(y, k);
    return at(y, i) * (d - mean);
  });
}
