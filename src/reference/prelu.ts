import { type Arr, at, bump } from './arrays.js';

/** y from x and alpha, which is repeated along x. */
export function preluForward(x: Arr, alpha: Arr): Arr {
  return x.map((v, i) => (v > 0 ? v : at(alpha, i % alpha.length) * v));
}

/** dx, and dalpha, which collects from all values that share it. */
export function preluBackward(dy: Arr, x: Arr, alpha: Arr): { dx: Arr; dalpha: Arr } {
  const dalpha = new Float64Array(alpha.length);
  const dx = dy.map((d, i) => {
    if (at(x, i) > 0) return d;
    bump(dalpha, i % alpha.length, d * at(x, i));
    return d * at(alpha, i % alpha.length);
  });
  return { dx, dalpha };
}
