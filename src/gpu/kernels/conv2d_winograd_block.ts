import type { Gpu } from '../device.js';
import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import { spreadOf, type TransformForm, tileGrid, tiling } from './conv2d_winograd.js';
import { type BlockGradient, endsInNorm, keepScale } from './elu_norm_pool.js';
import { allocStored } from './storage.js';

/** Host side of shaders/conv2d_winograd_block_lanes.wgsl. */
const transform = defineKernel('conv2d_winograd_block_lanes', 'transform', {
  reads: ['dy', 'e', 'winner', 'coefficients'],
  writes: ['z'],
  params: {
    ...u32s('b', 'h', 'w', 'c', 'oh', 'ow', 'ty', 'tx', 'tiles'),
    alpha: 'f32',
    keep_scale: 'f32',
  },
});

/** Whether a block's gradient can be transformed without storing dz: with 2 x 2 windows, or without pooling and dropout. */
export function blockTransformFits(gpu: Gpu, { options }: BlockGradient): boolean {
  return spreadOf(gpu) === 'lanes' && (options.poolSize === 2 || endsInNorm(options));
}

/** Z [points, tiles, OC]: the gradient of a block's convolution output in the Winograd domain. */
export function transformBlockGradient(
  rec: Recorder,
  { dy, e, winner, coefficients, options }: BlockGradient,
  g: ConvGeometry,
  { edge, format }: TransformForm,
): Tensor {
  const { points, tiles } = tiling(g, edge);
  const z = allocStored(rec, format, [points, tiles, g.oc], 'z');
  const { params, ...grid } = tileGrid('lanes', g, edge, g.oc);
  const { poolSize, alpha } = options;
  const [oh, ow] = [Math.floor(g.oh / poolSize), Math.floor(g.ow / poolSize)];
  rec.dispatch(transform, {
    bind: { dy, e, winner, coefficients, z },
    params: { ...params, h: g.oh, w: g.ow, oh, ow, alpha, keep_scale: keepScale(options) },
    constants: { EDGE: edge, SIZE: poolSize, FORMAT: format },
    ...grid,
  });
  return z;
}
