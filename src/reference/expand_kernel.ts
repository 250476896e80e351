import { type Arr, at } from './arrays.js';

export interface ExpandShape {
  readonly kh: number;
  readonly kw: number;
  /** Input channels of one group. */
  readonly ic: number;
  readonly oc: number;
  readonly groups: number;
  /** Distance between neighbouring taps of the window in pixels: down, across. */
  readonly dilation: readonly [number, number];
}

/** The index in the plain kernel of each value of a dilated, grouped one. */
export function placesInPlain({ kh, kw, ic, oc, groups, dilation: [down, across] }: ExpandShape): number[] {
  const columns = (kw - 1) * across + 1;
  const list: number[] = [];
  for (let ky = 0; ky < kh; ky++)
    for (let kx = 0; kx < kw; kx++)
      for (let c = 0; c < ic; c++)
        for (let o = 0; o < oc; o++) {
          const group = Math.floor(o / (oc / groups));
          list.push(((ky * down * columns + kx * across) * groups * ic + group * ic + c) * oc + o);
        }
  return list;
}

/** The kernel of the equivalent plain convolution. */
export function expandKernel(x: Arr, s: ExpandShape): Arr {
  const [down, across] = s.dilation;
  const size = ((s.kh - 1) * down + 1) * ((s.kw - 1) * across + 1) * s.ic * s.groups * s.oc;
  const y = new Float64Array(size);
  placesInPlain(s).forEach((place, i) => {
    y[place] = at(x, i);
  });
  return y;
}

/** The gradient of the kernel from that of the plain one. */
export function expandKernelBackward(dy: Arr, s: ExpandShape): Arr {
  return Float64Array.from(placesInPlain(s), (place) => at(dy, place));
}
