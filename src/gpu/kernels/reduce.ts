import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** Host side of shaders/reduce.wgsl: sums in two stages, in a fixed order. */
const columnSumsKernel = defineKernel('reduce', 'column_sums', {
  reads: ['x'],
  writes: ['partial'],
  params: { rows: 'u32', columns: 'u32', chunks: 'u32' },
});
const foldKernel = defineKernel('reduce', 'fold', {
  reads: ['partial'],
  writes: ['out'],
  params: { n: 'u32', splits: 'u32' },
});

/** Invocations per workgroup of most kernels. */
export const GROUP = 64;

/** The element type of a kernel over an axis of `extent`: vec4f where it is a multiple of 4, else f32. */
export function lanesFor(extent: number): { LANE: string; width: number } {
  return extent % 4 === 0 ? { LANE: 'vec4f', width: 4 } : { LANE: 'f32', width: 1 };
}

/** Params, constants and grid of a kernel with one invocation per lane of `out` (NHWC); `c` is then counted in lanes. */
export function laneGrid(out: Tensor, g: Readonly<Record<string, number>> & { readonly c: number }) {
  const { LANE, width } = lanesFor(g.c);
  return {
    params: { ...g, c: g.c / width },
    constants: { LANE },
    workgroups: Math.ceil(out.size / width / GROUP),
  };
}

/** The number of chunks to split `rows` into so that chunks x columns keep a device busy. Depends on the shape alone. */
export function chunksFor(rows: number, columns: number): number {
  return Math.max(1, Math.min(Math.ceil(rows / 16), Math.ceil(4096 / columns), 256));
}

/** Sums over the first axis: partial [splits, ...shape] -> out [...shape]. */
export function fold(rec: Recorder, partial: Tensor, splits: number, out: Tensor): void {
  const { LANE, width } = lanesFor(out.size);
  const n = out.size / width;
  rec.dispatch(foldKernel, {
    bind: { partial, out },
    params: { n, splits },
    constants: { LANE },
    workgroups: Math.ceil(n / GROUP),
  });
}

/** Software Vulkan sums this many rows in the time that a second dispatch would take. */
const ROWS_AT_ONCE = 2048;

/** The sum of x [..., C] over all axes but the last: [C]. @param shape the extents of x */
export function columnSums(rec: Recorder, x: Tensor, shape: Shape, label: string): Tensor {
  const c = shape[shape.length - 1] ?? 1;
  const rows = sizeOf(shape) / c;
  const { LANE, width } = lanesFor(c);
  const columns = c / width;
  const chunks = rec.gpu.info.software && rows <= ROWS_AT_ONCE ? 1 : chunksFor(rows, columns);
  const out = rec.alloc([c], label);
  const partial = chunks === 1 ? out : rec.alloc([chunks, c], `${label}_partial`);
  rec.dispatch(columnSumsKernel, {
    bind: { x, partial },
    params: { rows, columns, chunks },
    constants: { LANE },
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
