import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvOperands } from './conv2d_way.js';
import { packWeights } from './few_rows.js';
import type { BlockEnd } from './inference_block.js';

/** Host side of shaders/conv2d_tiles.wgsl. */
const blockKernel = defineKernel('conv2d_tiles', 'block', {
  reads: ['x', 'packed', 'scales', 'bias', 'scale', 'offset'],
  writes: ['y'],
  params: {
    ...u32s('h', 'w', 'ic', 'oh', 'ow', 'oc_vectors', 'pad_top', 'pad_left', 'down', 'across', 'has_bias'),
    alpha: 'f32',
  },
});

/** Columns of a tile. */
const COLUMNS = 6;

/** Whether the kernel covers a convolution and the pooling that follows, on an adapter with subgroups of 8 lanes. */
export function tilesFit(g: ConvGeometry, poolSize: number): boolean {
  const shape = g.kh === 3 && g.kw === 3 && g.stride_y === 1 && g.stride_x === 1;
  return shape && g.ic % 2 === 0 && g.oc % 4 === 0 && COLUMNS % poolSize === 0;
}

/**
 * Rows of a tile. With four channels per lane, six rows need more registers than there are, and more code than a core's cache of
 * decoded instructions holds. But a map of up to six rows is fastest as one tile, which loads the weights once.
 */
function rowsFor({ oh }: ConvGeometry, width: 2 | 4, poolSize: number): 4 | 6 {
  return width === 4 && oh > 6 && 4 % poolSize === 0 ? 4 : 6;
}

/** The whole inference block in one kernel: [B, OH / size, OW / size, OC]. @param prepare recorder for work that depends on the weights alone */
export function tilesBlock(
  rec: Recorder,
  prepare: Recorder,
  { x, weight, bias }: ConvOperands,
  { scale, offset, alpha, poolSize }: BlockEnd,
  g: ConvGeometry,
): Tensor {
  const [oh, ow] = [Math.floor(g.oh / poolSize), Math.floor(g.ow / poolSize)];
  const y = rec.alloc([g.b, oh, ow, g.oc], 'y');
  const width = g.oc <= 16 ? 2 : 4;
  const rows = rowsFor(g, width, poolSize);
  const [down, across] = [Math.ceil(g.oh / rows), Math.ceil(g.ow / COLUMNS)];
  const shape = { batch: 1, k: 9 * g.ic, n: g.oc };
  const { packed, scales, sizes } = packWeights(prepare, weight, shape, { taps: g.ic, width });
  const alone = across === 1 && g.pad_left === 1 && g.w === COLUMNS;
  rec.dispatch(blockKernel, {
    // The binding needs a buffer even without a bias. The kernel does not read it.
    bind: { x, packed, scales, bias: bias ?? weight, scale, offset, y },
    params: {
      ...{
        h: g.h,
        w: g.w,
        ic: g.ic,
        oh,
        ow,
        oc_vectors: g.oc / width,
        pad_top: g.pad_top,
        pad_left: g.pad_left,
      },
      ...{ down, across, has_bias: Number(bias !== undefined), alpha },
    },
    constants: { ROWS: rows, SIZE: poolSize, WIDTH: width, ALONE: String(alone) },
    workgroups: sizes.tiles * down * across,
    depth: g.b,
  });
  // Has no effect if `prepare` is another recorder: they then belong to its program.
  for (const tensor of [packed, scales]) rec.release(tensor);
  return y;
}
