import { eightLanes } from '../device.js';
import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/matmul.wgsl (naive) and matmul_subgroup.wgsl (register tiles on 8-lane subgroups). */
const spec = {
  reads: ['a', 'b', 'bias'],
  writes: ['c'],
  params: { batch: 'u32', m: 'u32', k: 'u32', n: 'u32', has_bias: 'u32' },
} as const;
const KERNELS = {
  naive: {
    product: defineKernel('matmul', 'product', spec),
    transposed: defineKernel('matmul', 'transposed_product', spec),
  },
  subgroup: {
    product: defineKernel('matmul_subgroup', 'product', spec),
    transposed: defineKernel('matmul_subgroup', 'transposed_product', spec),
  },
};
/** Rows of a register tile. */
const ROWS = { product: 16, transposed: 32 };

export interface MatmulGeometry {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

export interface MatmulOptions {
  /** a is [batch, k, m] instead of [batch, m, k]; default false. */
  readonly transposed?: boolean;
  /** [n], added to every row; default none. */
  readonly bias?: Tensor;
  /** Default: the fastest that the adapter and the shape allow. */
  readonly variant?: 'naive' | 'subgroup';
}

/** c [batch, m, n] = a b + bias, batch by batch; b is [batch, k, n]. */
export function matmul(
  rec: Recorder,
  a: Tensor,
  b: Tensor,
  g: MatmulGeometry,
  options: MatmulOptions = {},
): Tensor {
  const transposed = options.transposed ?? false;
  const entry = transposed ? 'transposed' : 'product';
  const fits = g.k % 2 === 0 && g.n % 4 === 0 && (!transposed || g.m % 4 === 0);
  const c = rec.alloc([g.batch, g.m, g.n], 'c');
  const call = {
    // Without a bias some buffer must still be bound; the kernel does not read it.
    bind: { a, b, bias: options.bias ?? b, c },
    params: { ...g, has_bias: Number(options.bias !== undefined) },
  };
  if (!fits || !eightLanes(rec.gpu) || options.variant === 'naive') {
    rec.dispatch(KERNELS.naive[entry], { ...call, workgroups: Math.ceil(c.size / GROUP) });
    return c;
  }
  const QUADS = g.n <= 32 ? 1 : 2;
  const tiles = Math.ceil(g.m / ROWS[entry]) * Math.ceil(g.n / (32 * QUADS));
  rec.dispatch(KERNELS.subgroup[entry], { ...call, constants: { QUADS }, workgroups: g.batch * tiles });
  return c;
}
