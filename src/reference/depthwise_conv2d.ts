import { type Arr, at, bump, type Pair } from './arrays.js';
import { convExtents, eachTap } from './conv2d.js';

/** Extents of a depthwise convolution; NHWC activations, [KH, KW, C, M] weights. */
export interface DepthwiseShape {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly multiplier: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: Pair;
  readonly padding: 'same' | 'valid';
}

/** Calls `visit` for every product x * w in the definition, with its indices in y, x and w. */
function eachProduct(s: DepthwiseShape, visit: (y: number, x: number, w: number) => void): void {
  const oc = s.c * s.multiplier;
  eachTap(s, (output, input, tap) => {
    for (let o = 0; o < oc; o++)
      visit(output * oc + o, input * s.c + Math.floor(o / s.multiplier), tap * oc + o);
  });
}

/** y = depthwise(x, w) + bias. */
export function depthwiseForward(x: Arr, w: Arr, bias: Arr | undefined, s: DepthwiseShape): Arr {
  const { oh, ow } = convExtents(s);
  const oc = s.c * s.multiplier;
  const y = new Float64Array(s.b * oh * ow * oc).map((_, i) => (bias === undefined ? 0 : at(bias, i % oc)));
  eachProduct(s, (yi, xi, wi) => bump(y, yi, at(x, xi) * at(w, wi)));
  return y;
}

export function depthwiseBackward(dy: Arr, x: Arr, w: Arr, s: DepthwiseShape): { dx: Arr; dw: Arr } {
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  eachProduct(s, (yi, xi, wi) => {
    bump(dx, xi, at(dy, yi) * at(w, wi));
    bump(dw, wi, at(dy, yi) * at(x, xi));
  });
  return { dx, dw };
}
