import { lanesOf } from '../adapter.js';
import { defineKernel, u32s } from '../kernel.js';
import type { MatrixUnit } from '../matrix_units.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { choose } from '../tuning.js';
import { type MatmulGeometry, partsFor, type TiledWay, tiledWays, tileFor, tilesOf } from './matmul_tiled.js';
import { fold, GROUP } from './reduce.js';
import { allocStored, type Format } from './storage.js';

/**
 * Host side of shaders/matmul.wgsl (naive), matmul_tiled.wgsl (tiles in workgroup memory), matmul_threads.wgsl (a tile in the
 * registers of each thread), matmul_subgroup.wgsl (register tiles across a subgroup) and matmul_subgroup_matrix.wgsl (matrix units).
 */
const spec = {
  reads: ['a', 'b', 'bias'],
  writes: ['c'],
  params: u32s('batch', 'm', 'k', 'n', 'b_plane', 'has_bias'),
} as const;
const KERNELS = {
  naive: {
    product: defineKernel('matmul', 'product', spec),
    transposed: defineKernel('matmul', 'transposed_product', spec),
    'by transposed': defineKernel('matmul', 'product_transposed', spec),
  },
  tiled: {
    product: defineKernel('matmul_tiled', 'product', spec),
    transposed: defineKernel('matmul_tiled', 'transposed_product', spec),
    'by transposed': defineKernel('matmul_tiled', 'product_transposed', spec),
  },
  threads: {
    product: defineKernel('matmul_threads', 'product', spec),
    transposed: defineKernel('matmul_threads', 'transposed_product', spec),
    'by transposed': defineKernel('matmul_threads', 'product_transposed', spec),
  },
  subgroup: {
    product: defineKernel('matmul_subgroup', 'product', spec),
    transposed: defineKernel('matmul_subgroup', 'transposed_product', spec),
    'by transposed': defineKernel('matmul_subgroup', 'product_transposed', spec),
  },
  units: {
    product: defineKernel('matmul_subgroup_matrix', 'product', spec),
    transposed: defineKernel('matmul_subgroup_matrix', 'transposed_product', spec),
    'by transposed': defineKernel('matmul_subgroup_matrix', 'product_transposed', spec),
  },
};
/** Possible heights of a register tile across a subgroup, in blocks of 4 rows. A lane holds 4 or 8 of its columns. */
const HEIGHTS = [8, 7, 4, 3, 2, 1] as const;
/** The cost of loading B for a tile, in rows of arithmetic. */
const LOADING = 8;

/** The tile height with the least cost for m rows. The largest tiles leave no registers for loading a transposed B. */
function blocksFor(m: number, entry: Entry, quads: number, lanes: number): number {
  const cost = (blocks: number): number => Math.ceil(m / (4 * blocks)) * (4 * blocks + LOADING);
  const fitting = HEIGHTS.filter(
    (blocks) => blocks <= lanes && (blocks * quads < 16 || entry !== 'by transposed'),
  );
  return fitting.reduce((best, blocks) => (cost(blocks) < cost(best) ? blocks : best));
}
/** Columns of a thread's tile, and threads of a workgroup (matmul_threads.wgsl). */
const THREAD_COLUMNS = 8;
const THREADS = 32;
/** Up to this many multiplications per product, the naive kernel is a better guess on a CPU than tiles. */
const FEW = 65536;

/**
 * tiled, blocked, split: tiles in workgroup memory; threads: a tile in each thread; subgroup32 and subgroup64: register tiles
 * of 32 and 64 columns across a subgroup of 8 lanes, with other lanes accordingly fewer or more; units: matrix units, of halves.
 */
export type MatmulWay = 'naive' | TiledWay | 'threads' | 'subgroup32' | 'subgroup64' | 'units';

export interface MatmulOptions {
  /** The factor that is stored transposed: a as [batch, k, m], or b as [batch, n, k]; default none. */
  readonly transposed?: 'a' | 'b' | undefined;
  /** [n], added to every row; default none. */
  readonly bias?: Tensor | undefined;
  /** Storage format of a and b; default f32. With f16, m, k and n must be multiples of 4. */
  readonly format?: Format;
  /** Storage format of c; default: that of a and b. */
  readonly result?: Format;
  /** Numbers from one matrix of b to the next, a multiple of 4; default: as many as a matrix has. */
  readonly plane?: number;
}

/** Names of the products in tuning tables, by the factor that is transposed. */
export const PRODUCT_NAMES = { none: 'product', a: 'transposed', b: 'by transposed' } as const;
type Entry = (typeof PRODUCT_NAMES)[keyof typeof PRODUCT_NAMES];

/** The family of products of halves on adapters with matrix units. Elsewhere they take the way that is best for float32. */
export const HALVES_FAMILY = 'matmul of halves';

const EXTENTS = /^(.+) (\d+) x \[(\d+), (\d+)\] x \[\d+, (\d+)\]$/;

/** The product that the `extents` of a tunable of these families describe. */
export function productOf(extents: string): MatmulGeometry & Pick<MatmulOptions, 'transposed'> {
  const [, entry = '', ...numbers] = EXTENTS.exec(extents) ?? [];
  const [batch = 0, m = 0, k = 0, n = 0] = numbers.map(Number);
  const transposed = ([undefined, 'a', 'b'] as const).find((one) => PRODUCT_NAMES[one ?? 'none'] === entry);
  return { batch, m, k, n, transposed };
}

/** c [batch, m, n] = a [batch, m, k] * b [batch, k, n] + bias [n], for each index of the batch. */
export function matmul(
  rec: Recorder,
  a: Tensor,
  b: Tensor,
  g: MatmulGeometry,
  options: MatmulOptions = {},
): Tensor {
  const { batch, m, k, n } = g;
  const { transposed, format = 'f32' } = options;
  const entry = PRODUCT_NAMES[transposed ?? 'none'];
  const units = format === 'f16' && rec.gpu.info.matrixUnit !== undefined;
  const tried: MatmulOptions = units ? { transposed, format, result: 'f32' } : { transposed };
  const way = choose<MatmulWay>(rec.gpu, {
    family: units ? HALVES_FAMILY : 'matmul',
    extents: `${entry} ${batch} x [${m}, ${k}] x [${k}, ${n}]`,
    candidates: units ? waysForHalves(rec, g, entry) : waysFor(rec, g, entry),
    inputs: [
      transposed === 'a' ? [batch, k, m] : [batch, m, k],
      transposed === 'b' ? [batch, n, k] : [batch, k, n],
    ],
    ...(units && { inputFormat: format, reference: 'tiled' }),
    trial: (trial, candidate, [x, y]) => [multiply(trial, x as Tensor, y as Tensor, g, tried, candidate)],
  });
  // float16 takes the way that is best for float32, with two exceptions. A thread of `naive` computes one number and cannot store
  // a pair. The partial sums of `split` are float32.
  const halves =
    (format === 'f16' && way === 'naive') || ((options.result ?? format) === 'f16' && way === 'split');
  return multiply(rec, a, b, g, options, halves ? 'tiled' : way);
}

/**
 * The ways of products of halves on an adapter whose matrix units are asked for. On a GPU they come first: nobody asks for them to
 * have something else. Software computes them no faster than other products.
 */
function waysForHalves(rec: Recorder, g: MatmulGeometry, entry: Entry): [MatmulWay, ...MatmulWay[]] {
  const others = waysFor(rec, g, entry).filter((way) => way !== 'naive');
  return (rec.gpu.info.software ? [...others, 'units'] : ['units', ...others]) as [MatmulWay, ...MatmulWay[]];
}

function waysFor({ gpu }: Recorder, g: MatmulGeometry, entry: Entry): [MatmulWay, ...MatmulWay[]] {
  const { m, k, n } = g;
  const fits = k % 2 === 0 && n % 4 === 0 && (entry !== 'transposed' || m % 4 === 0);
  const inRegisters: MatmulWay[] = n <= 32 ? ['subgroup32'] : ['subgroup64', 'subgroup32'];
  const lanes = fits ? lanesOf(gpu) : undefined;
  // Measured with 8 lanes alone, where they are the first guess.
  const ways: MatmulWay[] = lanes === 8 ? inRegisters : [];
  const untried: MatmulWay[] = lanes === undefined || lanes === 8 ? [] : inRegisters;
  const threads: MatmulWay[] = fits ? ['threads'] : [];
  if (!gpu.info.software)
    return [...ways, ...tiledWays(g), 'naive', ...threads, ...untried] as [MatmulWay, ...MatmulWay[]];
  const simple: MatmulWay[] = m * k * n <= FEW ? ['naive', 'tiled'] : ['tiled', 'naive'];
  const others = tiledWays(g).filter((way) => way !== 'tiled');
  return [...ways, ...threads, ...simple, ...others, ...untried] as [MatmulWay, ...MatmulWay[]];
}

function multiply(
  rec: Recorder,
  a: Tensor,
  b: Tensor,
  g: MatmulGeometry,
  { transposed, bias, format = 'f32', result = format, plane = g.k * g.n }: MatmulOptions,
  way: MatmulWay,
): Tensor {
  const entry = PRODUCT_NAMES[transposed ?? 'none'];
  const c = allocStored(rec, result, [g.batch, g.m, g.n], 'c');
  const formats = { FORMAT: format, RESULT: result };
  const call = {
    // The binding needs a buffer even without a bias. The kernel does not read it.
    bind: { a, b, bias: bias ?? b, c },
    params: { ...g, b_plane: plane, has_bias: Number(bias !== undefined) },
  };
  /** A two-dimensional grid of tiles for each product of the batch. */
  const grid = (rows: number, columns: number): { workgroups: number; depth: number } => ({
    workgroups: Math.ceil(g.m / rows) * Math.ceil(g.n / columns),
    depth: g.batch,
  });
  switch (way) {
    case 'naive':
      rec.dispatch(KERNELS.naive[entry], { ...call, workgroups: Math.ceil(c.size / GROUP) });
      break;
    case 'tiled':
    case 'blocked':
    case 'split': {
      const tile = tileFor(way, g);
      const parts = partsFor(way, g);
      const partial = parts === 1 ? c : rec.alloc([parts, ...c.shape], 'c_partial');
      rec.dispatch(KERNELS.tiled[entry], {
        ...{ ...call, bind: { ...call.bind, c: partial } },
        constants: { ...tile, ...formats },
        ...{ workgroups: tilesOf(tile, g), depth: g.batch * parts },
      });
      if (parts === 1) break;
      fold(rec, partial, parts, c);
      rec.release(partial);
      break;
    }
    case 'threads': {
      const ROWS = g.m > 4 ? 8 : 4;
      const tiles = Math.ceil(g.m / ROWS) * Math.ceil(g.n / THREAD_COLUMNS);
      rec.dispatch(KERNELS.threads[entry], {
        ...call,
        constants: { ROWS, ...formats },
        workgroups: Math.ceil(tiles / THREADS),
        depth: g.batch,
      });
      break;
    }
    case 'units': {
      const { height, width, step } = rec.gpu.info.matrixUnit as MatrixUnit;
      const constants = { HEIGHT: height, WIDTH: width, STEP: step, LANES: lanesOf(rec.gpu) as number };
      rec.dispatch(KERNELS.units[entry], {
        ...{ ...call, constants: { ...constants, ...formats }, ...grid(4 * height, 4 * width) },
      });
      break;
    }
    default: {
      const LANES = lanesOf(rec.gpu) ?? 8;
      const QUADS = way === 'subgroup32' ? 1 : 2;
      const BLOCKS = blocksFor(g.m, entry, QUADS, LANES);
      const constants = { LANES, QUADS, BLOCKS, ...formats };
      rec.dispatch(KERNELS.subgroup[entry], { ...call, constants, ...grid(4 * BLOCKS, 4 * LANES * QUADS) });
    }
  }
  return c;
}
