import { type Arr, at, both, bump, type Pair } from './arrays.js';

/** Extents of a convolution; NHWC activations, [KH, KW, IC, OC] weights. */
export interface ConvShape {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly ic: number;
  readonly oc: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: Pair;
  readonly padding: 'same' | 'valid';
}

/** Output extent, and zeros before the first element, by Keras's rule. */
export function convAxis(
  n: number,
  k: number,
  stride: number,
  padding: 'same' | 'valid',
): [out: number, before: number] {
  if (padding === 'valid') return [Math.floor((n - k) / stride) + 1, 0];
  const out = Math.ceil(n / stride);
  return [out, Math.floor(Math.max((out - 1) * stride + k - n, 0) / 2)];
}

/** Output extents, zeros before the first row and column, and strides. */
export function convExtents({ h, w, kh, kw, stride, padding }: Omit<ConvShape, 'ic' | 'oc'>) {
  const [down, across] = both(stride);
  const [oh, top] = convAxis(h, kh, down, padding);
  const [ow, left] = convAxis(w, kw, across, padding);
  return { oh, top, ow, left, down, across };
}

/** Calls `visit` for every tap of every window that lies in the image: an output pixel, its input pixel, and the tap. */
export function eachTap(
  s: Omit<ConvShape, 'ic' | 'oc'>,
  visit: (output: number, input: number, tap: number) => void,
): void {
  const { oh, top, ow, left, down, across } = convExtents(s);
  for (let n = 0; n < s.b; n++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (let ky = 0; ky < s.kh; ky++)
          for (let kx = 0; kx < s.kw; kx++) {
            const iy = oy * down + ky - top;
            const ix = ox * across + kx - left;
            if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
            visit((n * oh + oy) * ow + ox, (n * s.h + iy) * s.w + ix, ky * s.kw + kx);
          }
}

/** Calls `visit` for every product x * w in the definition, with its indices in y, x and w. */
function eachProduct(s: ConvShape, visit: (y: number, x: number, w: number) => void): void {
  eachTap(s, (output, input, tap) => {
    for (let c = 0; c < s.ic; c++)
      for (let o = 0; o < s.oc; o++) visit(output * s.oc + o, input * s.ic + c, (tap * s.ic + c) * s.oc + o);
  });
}

/** y = conv(x, w) + bias. */
export function conv2dForward(x: Arr, w: Arr, bias: Arr | undefined, s: ConvShape): Arr {
  const { oh, ow } = convExtents(s);
  const y = new Float64Array(s.b * oh * ow * s.oc).map((_, i) =>
    bias === undefined ? 0 : at(bias, i % s.oc),
  );
  eachProduct(s, (yi, xi, wi) => bump(y, yi, at(x, xi) * at(w, wi)));
  return y;
}

/** The three gradients: each product passes dy to its two factors. */
export function conv2dBackward(dy: Arr, x: Arr, w: Arr, s: ConvShape): { dx: Arr; dw: Arr; db: Arr } {
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  const db = new Float64Array(s.oc);
  eachProduct(s, (yi, xi, wi) => {
    bump(dx, xi, at(dy, yi) * at(w, wi));
    bump(dw, wi, at(dy, yi) * at(x, xi));
  });
  dy.forEach((v, i) => {
    bump(db, i % s.oc, v);
  });
  return { dx, dw, db };
}
