import { eightLanes } from '../adapter.js';
import type { Gpu } from '../device.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { BlockEnd } from './inference_block.js';
import type { MatmulGeometry } from './matmul_tiled.js';

/** Host side of shaders/few_rows.wgsl. */
const packKernel = defineKernel('few_rows', 'pack', {
  reads: ['weight'],
  writes: ['packed', 'scales'],
  params: u32s('k', 'n_vectors', 'b_plane', 'tiles', 'steps', 'taps_of'),
});
const productKernel = defineKernel('few_rows', 'product', {
  reads: ['a', 'packed', 'scales', 'bias', 'factor', 'offset'],
  writes: ['c'],
  params: { ...u32s('k', 'n_vectors', 'tiles', 'steps', 'has_bias'), alpha: 'f32' },
});

/** Lanes of a subgroup, and rows of the weights per iteration of the loop. */
const [LANES, STEP] = [8, 6];
/** The most rows. With more rows, loading the weights no longer dominates the time. */
const MOST_ROWS = 16;

/** Whether the kernel applies and pays for packing the weights: for few rows, on an adapter with subgroups of 8 lanes. */
export function fewRowsFit(gpu: Gpu, { m, k, n }: MatmulGeometry): boolean {
  return eightLanes(gpu) && m <= MOST_ROWS && k % 2 === 0 && n % 4 === 0;
}

export interface FewRowsOptions {
  /** [n], added to every row; default none. */
  readonly bias?: Tensor | undefined;
  /** The end of a block without pooling that follows; default none. */
  readonly end?: BlockEnd | undefined;
  /** Numbers from one matrix of weights to the next, a multiple of 4; default: as many as a matrix has. */
  readonly plane?: number;
}

/** Weights as the kernels read them: 21-bit integers, three in two words, and the scale of each column. */
export interface PackedWeights {
  readonly packed: Tensor;
  readonly scales: Tensor;
  readonly sizes: Readonly<Record<'k' | 'n_vectors' | 'tiles' | 'steps', number>>;
}

export interface PackOptions {
  /** Numbers from one matrix to the next; default: as many as a matrix has. */
  readonly plane?: number;
  /** Input channels of the 3 x 3 convolution whose weights they are, to be packed in the order of conv2d_tiles.wgsl; default: none. */
  readonly taps?: number;
  /** Columns per lane; default 4. */
  readonly width?: 2 | 4;
}

/** Packs matrices of weights [batch, k, n]. */
export function packWeights(
  rec: Recorder,
  weight: Tensor,
  { batch, k, n }: Omit<MatmulGeometry, 'm'>,
  { plane = k * n, taps = 0, width = 4 }: PackOptions = {},
): PackedWeights {
  const columns = LANES * width;
  const sizes = { k, n_vectors: n / width, tiles: Math.ceil(n / columns), steps: Math.ceil(k / STEP) };
  const { tiles, steps } = sizes;
  const packed = rec.alloc([batch, tiles, steps, 4, columns], 'packed');
  const scales = rec.alloc([batch, tiles * columns], 'scales');
  rec.dispatch(packKernel, {
    bind: { weight, packed, scales },
    params: { ...sizes, b_plane: plane, taps_of: taps },
    constants: { ROWS: 1, QUADS: 1, END: 'false', WIDTH: width },
    workgroups: tiles,
    depth: batch,
  });
  return { packed, scales, sizes };
}

/**
 * c [batch, m, n] = a [batch, m, k] * weight [batch, k, n] + bias [n], for each index of the batch.
 * @param prepare recorder for work that depends on the weights alone
 */
export function fewRows(
  rec: Recorder,
  prepare: Recorder,
  a: Tensor,
  weight: Tensor,
  g: MatmulGeometry,
  { bias, end, plane }: FewRowsOptions = {},
): Tensor {
  const { batch, m, n } = g;
  const { packed, scales, sizes } = packWeights(prepare, weight, g, { ...(plane && { plane }) });
  const c = rec.alloc([batch, m, n], 'c');
  // Two tiles side by side share the loads of the rows. With up to 12 rows that is not worth the longer code. A single matrix
  // needs one workgroup per tile to occupy several cores.
  const quads = m <= 12 || batch === 1 ? 1 : Math.min(2, sizes.tiles);
  rec.dispatch(productKernel, {
    // The bindings need buffers even without a bias or the end of a block. The kernel does not read them.
    bind: {
      ...{ a, packed, scales, c },
      ...{ bias: bias ?? scales, factor: end?.scale ?? scales, offset: end?.offset ?? scales },
    },
    params: { ...sizes, has_bias: Number(bias !== undefined), alpha: end?.alpha ?? 0 },
    constants: { ROWS: m, QUADS: quads, END: String(end !== undefined), WIDTH: 4 },
    workgroups: Math.ceil(sizes.tiles / quads),
    depth: batch,
  });
  for (const tensor of [packed, scales]) rec.release(tensor); // has no effect if `prepare` is another recorder
  return c;
}
