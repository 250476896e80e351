import { type Arr, at } from './arrays.js';

/** Extents of an image and the zeros around it. */
export interface PaddingShape {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** The output index of every input. */
function outputIndices(s: PaddingShape): number[] {
  const [oh, ow] = [s.h + s.top + s.bottom, s.w + s.left + s.right];
  return Array.from({ length: s.b * s.h * s.w * s.c }, (_, i) => {
    const c = i % s.c;
    const x = Math.floor(i / s.c) % s.w;
    const y = Math.floor(i / (s.c * s.w)) % s.h;
    const n = Math.floor(i / (s.c * s.w * s.h));
    return ((n * oh + y + s.top) * ow + x + s.left) * s.c + c;
  });
}

export function zeroPadding2dForward(x: Arr, s: PaddingShape): Arr {
  const y = new Float64Array(s.b * (s.h + s.top + s.bottom) * (s.w + s.left + s.right) * s.c);
  outputIndices(s).forEach((o, i) => {
    y[o] = at(x, i);
  });
  return y;
}

export function zeroPadding2dBackward(dy: Arr, s: PaddingShape): Arr {
  return Float64Array.from(outputIndices(s), (o) => at(dy, o));
}
