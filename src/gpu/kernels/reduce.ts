import type { Gpu } from '../device.js';
import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { choose } from '../tuning.js';

/** Host side of shaders/reduce.wgsl and parts/grain.wgsl: sums in two stages, in a fixed order. */
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

/** How threads share work along rows; see shaders/parts/grain.wgsl. */
export type Grain = 'coarse' | 'fine';

/** The tensor on which the grains are compared: gradients of a layer in the middle of the reference network. */
const TYPICAL = [8, 24, 24, 64] as const;

/** The grain of a device, the same for all kernels. The guess for a CPU is coarse: a barrier costs it more than it saves. */
export function grainOf(gpu: Gpu): Grain {
  return choose<Grain>(gpu, {
    family: 'grain',
    extents: 'sums',
    candidates: gpu.info.software ? ['coarse', 'fine'] : ['fine', 'coarse'],
    inputs: [TYPICAL],
    trial: (rec, grain, [x]) => [sumColumns(rec, x as Tensor, TYPICAL, 'sums', grain)],
  });
}

/** Invocations of a "team", a workgroup that adds up, and the columns it works on: STRIP if it reads rows, MERGE if it merges chunks. */
const TEAM = { coarse: GROUP, fine: 256 } as const;
const STRIP = 8;
const MERGE = 1;

/** The constants of shaders with parts/grain.wgsl. */
export function grainConstants(grain: Grain): { GRAIN: Grain; THREADS: number } {
  return { GRAIN: grain, THREADS: TEAM[grain] };
}

/** Workgroups for the sums over so many chunks of rows, for each of `columns`. */
export function sumGroups(grain: Grain, columns: number, chunks: number): number {
  return grain === 'coarse' ? Math.ceil((chunks * columns) / GROUP) : Math.ceil(columns / STRIP) * chunks;
}

/** Workgroups to merge the chunks of each of `columns`. */
export function mergeGroups(grain: Grain, columns: number): number {
  return grain === 'coarse' ? Math.ceil(columns / GROUP) : Math.ceil(columns / MERGE);
}

/** Pixels or windows of a row that a thread takes; see RUN_fine. */
const RUN = 4;

/** The third extent of a grid whose threads take runs of rows of so many pixels or windows. */
export function runsOf(grain: Grain, across: number): number {
  return grain === 'coarse' ? 1 : Math.ceil(across / RUN);
}

/** Rows of a chunk: four for each thread of a team. */
const ROWS_OF_TEAM = (4 * TEAM.fine) / STRIP;

/** The number of chunks to split `rows` into so that chunks x columns keep a device busy. Depends on the shape alone. */
export function chunksFor(grain: Grain, rows: number, columns: number): number {
  if (grain === 'fine') return Math.min(Math.ceil(rows / ROWS_OF_TEAM), 256);
  return Math.max(1, Math.min(Math.ceil(rows / 16), Math.ceil(4096 / columns), 256));
}

/** Sums over the first axis: partial [splits, ...shape] -> out [...shape]. */
export function fold(rec: Recorder, partial: Tensor, splits: number, out: Tensor): void {
  foldBy(rec, partial, splits, out, grainOf(rec.gpu));
}

/** `fold` uses teams from this many splits on, unless one thread per element already fills BUSY_GROUPS workgroups. */
const SPLITS_OF_TEAM = 16;
const BUSY_GROUPS = 128;

function foldBy(rec: Recorder, partial: Tensor, splits: number, out: Tensor, grain: Grain): void {
  const { LANE, width } = lanesFor(out.size);
  const n = out.size / width;
  const own = splits < SPLITS_OF_TEAM || n > BUSY_GROUPS * GROUP ? 'coarse' : grain;
  rec.dispatch(foldKernel, {
    bind: { partial, out },
    params: { n, splits },
    constants: { LANE, ...grainConstants(own) },
    workgroups: sumGroups(own, n, 1),
  });
}

/** Software Vulkan sums this many rows in the time that a second dispatch would take. */
const ROWS_AT_ONCE = 2048;
/** A team on a GPU sums this many rows in that time. */
const TEAM_AT_ONCE = 512;

/** The sum of x [..., C] over all axes but the last: [C]. @param shape the extents of x */
export function columnSums(rec: Recorder, x: Tensor, shape: Shape, label: string): Tensor {
  return sumColumns(rec, x, shape, label, grainOf(rec.gpu));
}

function sumColumns(rec: Recorder, x: Tensor, shape: Shape, label: string, grain: Grain): Tensor {
  const c = shape[shape.length - 1] ?? 1;
  const rows = sizeOf(shape) / c;
  const { LANE, width } = lanesFor(c);
  const columns = c / width;
  const fewRows = grain === 'fine' ? rows <= TEAM_AT_ONCE : rec.gpu.info.software && rows <= ROWS_AT_ONCE;
  const chunks = fewRows ? 1 : chunksFor(grain, rows, columns);
  const out = rec.alloc([c], label);
  const partial = chunks === 1 ? out : rec.alloc([chunks, c], `${label}_partial`);
  rec.dispatch(columnSumsKernel, {
    bind: { x, partial },
    params: { rows, columns, chunks },
    constants: { LANE, ...grainConstants(grain) },
    workgroups: sumGroups(grain, columns, chunks),
  });
  if (chunks > 1) {
    foldBy(rec, partial, chunks, out, grain);
    rec.release(partial);
  }
  return out;
}

/** db [OC] from dy [..., OC]. */
export function biasGradient(rec: Recorder, dy: Tensor): Tensor {
  return columnSums(rec, dy, dy.shape, 'db');
}
