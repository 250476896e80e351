import { type Arr, at, both, bump, type Pair } from './arrays.js';
import { convAxis } from './conv2d.js';

export interface PoolShape {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly size: Pair;
  readonly stride: Pair;
  readonly padding: 'same' | 'valid';
}

/** y, and for each output the index in x of the maximum (the first of equals in row-major order). */
export function maxPool2dForward(x: Arr, s: PoolShape): { y: Arr; source: number[] } {
  const [[kh, kw], [sy, sx]] = [both(s.size), both(s.stride)];
  const [oh, top] = convAxis(s.h, kh, sy, s.padding);
  const [ow, left] = convAxis(s.w, kw, sx, s.padding);
  const source: number[] = [];
  for (let n = 0; n < s.b; n++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (let c = 0; c < s.c; c++) {
          let best = -1;
          for (let ky = 0; ky < kh; ky++)
            for (let kx = 0; kx < kw; kx++) {
              const iy = oy * sy + ky - top;
              const ix = ox * sx + kx - left;
              if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
              const i = ((n * s.h + iy) * s.w + ix) * s.c + c;
              if (best < 0 || at(x, i) > at(x, best)) best = i;
            }
          source.push(best);
        }
  return { y: Float64Array.from(source, (i) => at(x, i)), source };
}

/** dx: each dy goes to the index that the maximum came from. */
export function maxPool2dBackward(dy: Arr, source: readonly number[], inputs: number): Arr {
  const dx = new Float64Array(inputs);
  source.forEach((i, o) => {
    bump(dx, i, at(dy, o));
  });
  return dx;
}
