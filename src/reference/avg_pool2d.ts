import { type Arr, at, both, bump, type Pair } from './arrays.js';
import { convAxis } from './conv2d.js';

export interface AveragePoolShape {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: Pair;
  readonly padding: 'same' | 'valid';
}

/** Calls `visit` for every output, with its index in y and the indices in x that its window covers. */
function eachWindow(s: AveragePoolShape, visit: (y: number, xs: readonly number[]) => void): void {
  const [sy, sx] = both(s.stride);
  const [oh, top] = convAxis(s.h, s.kh, sy, s.padding);
  const [ow, left] = convAxis(s.w, s.kw, sx, s.padding);
  for (let n = 0; n < s.b; n++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (let c = 0; c < s.c; c++) {
          const xs: number[] = [];
          for (let ky = 0; ky < s.kh; ky++)
            for (let kx = 0; kx < s.kw; kx++) {
              const iy = oy * sy + ky - top;
              const ix = ox * sx + kx - left;
              if (iy >= 0 && iy < s.h && ix >= 0 && ix < s.w) xs.push(((n * s.h + iy) * s.w + ix) * s.c + c);
            }
          visit(((n * oh + oy) * ow + ox) * s.c + c, xs);
        }
}

/** y: the mean of each window without its padding. */
export function avgPool2dForward(x: Arr, s: AveragePoolShape): Arr {
  const y: number[] = [];
  eachWindow(s, (i, xs) => {
    y[i] = xs.reduce((sum, xi) => sum + at(x, xi), 0) / xs.length;
  });
  return Float64Array.from(y);
}

/** dx: each dy is divided evenly among the pixels of its window. */
export function avgPool2dBackward(dy: Arr, s: AveragePoolShape): Arr {
  const dx = new Float64Array(s.b * s.h * s.w * s.c);
  eachWindow(s, (i, xs) => {
    for (const xi of xs) bump(dx, xi, at(dy, i) / xs.length);
  });
  return dx;
}
