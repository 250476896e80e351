import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Format } from './storage.js';

/** Host side of shaders/reduce.wgsl: sums in two stages and fixed order. */
const columnSumsKernel = defineKernel('reduce', 'column_sums', {
  reads: ['x'],
  writes: ['partial'],
  params: { first: 'u32', rows: 'u32', columns: 'u32', chunks: 'u32', factor: 'f32' },
});
const foldKernel = defineKernel('reduce', 'fold', {
  reads: ['partial'],
  writes: ['out'],
  params: { n: 'u32', splits: 'u32' },
});

/** Invocations in one workgroup of the element-wise kernels. */
export const GROUP = 64;

/** The lane type of kernels that treat `extent` neighbouring values alike: vec4s where they divide evenly. */
export function lanesFor(extent: number): { LANE: string; width: number } {
  return extent % 4 === 0 ? { LANE: 'vec4f', width: 4 } : { LANE: 'f32', width: 1 };
}

/** How a kernel that makes one lane of an NHWC image an invocation covers `out`; `c` is then counted in lanes. */
export function laneGrid(out: Tensor, g: Readonly<Record<string, number>> & { readonly c: number }) {
  const { LANE, width } = lanesFor(g.c);
  return {
    params: { ...g, c: g.c / width },
    constants: { LANE },
    workgroups: Math.ceil(out.size / width / GROUP),
  };
}

/** In how many chunks to split `rows` rows so that chunks x columns keeps a device busy; depends on shapes only. */
export function chunksFor(rows: number, columns: number): number {
  return Math.max(1, Math.min(Math.ceil(rows / 16), Math.ceil(4096 / columns), 256));
}

/** Sums the first axis away: partial [splits, ...shape] -> out [...shape]. */
export function fold(rec: Recorder, partial: Tensor, splits: number, out: Tensor): void {
  const { LANE, width } = lanesFor(out.size);
  const n = out.size / width;
  rec.dispatch(foldKernel, {
    bind: { partial, out },
    params: { n, splits },
    constants: { LANE, FORMAT: 'f32' },
    workgroups: Math.ceil(n / GROUP),
  });
}

/** Software Vulkan adds up so many rows while it would wait for a second dispatch. */
const ROWS_AT_ONCE = 2048;

export interface ColumnSumsOptions {
  /** Where in x the rows of the shape begin; default 0. */
  readonly first?: number;
  /** How x is stored; default f32. With f16 C is a multiple of four. */
  readonly format?: Format;
  /** What the sums are multiplied by; default 1. */
  readonly factor?: number;
}

/** x [..., C] -> the sum over all but the last axis, [C]. */
export function columnSums(
  rec: Recorder,
  x: Tensor,
  shape: Shape,
  label: string,
  { first = 0, format = 'f32', factor = 1 }: ColumnSumsOptions = {},
): Tensor {
  const c = shape[shape.length - 1] ?? 1;
  const rows = sizeOf(shape) / c;
  const { LANE, width } = lanesFor(c);
  const columns = c / width;
  const chunks = rec.gpu.info.software && rows <= ROWS_AT_ONCE ? 1 : chunksFor(rows, columns);
  const out = rec.alloc([c], label);
  const partial = chunks === 1 ? out : rec.alloc([chunks, c], `${label}_partial`);
  rec.dispatch(columnSumsKernel, {
    bind: { x, partial },
    params: { first, rows, columns, chunks, factor },
    constants: { LANE, FORMAT: format },
    workgroups: Math.ceil((chunks * columns) / GROUP),
  });
  if (chunks > 1) {
    fold(rec, partial, chunks, out);
    rec.release(partial);
  }
  return out;
}

/** db [OC] from dy [..., OC]. */
export function biasGradient(rec: Recorder, dy: Tensor): Tensor {
  return columnSums(rec, dy, dy.shape, 'db');
}
