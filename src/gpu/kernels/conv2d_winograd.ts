import { eightLanes, type Gpu } from '../device.js';
import { defineKernel, type Kernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { choose, tuningOf } from '../tuning.js';
import { allocExtras } from './conv2d_extras.js';
import { type ConvGeometry, convGeometry } from './conv2d_geometry.js';
import type { ConvExtraOptions, ConvKept, ConvOperands, ConvOutput } from './conv2d_way.js';
import type { BlockEnd } from './inference_block.js';
import { matmul } from './matmul.js';
import { GROUP } from './reduce.js';
import { allocStored, type Format } from './storage.js';

/**
 * Host side of shaders/conv2d_winograd.wgsl, and of conv2d_winograd_lanes.wgsl on adapters whose subgroups have 8 lanes.
 * For 3 x 3 kernels with stride 1 and channels in multiples of 4.
 *
 * A "point" is one of the (edge + 2)^2 places of a transformed tile. "In the Winograd domain" means transformed.
 */
const TILE_PARAMS = {
  ...u32s('b', 'h', 'w', 'c', 'oh', 'ow', 'pad_top', 'pad_left'),
  ...u32s('ty', 'tx', 'tiles', 'has_bias', 'elu', 'affine', 'moments'),
  alpha: 'f32',
} as const;
const WEIGHT_PARAMS = u32s('ic', 'oc', 'plane');

/** How a transform maps to invocations: a whole tile per thread, or a line of a tile per lane of a subgroup of 8. */
export type Spread = 'threads' | 'lanes';
type Transform = Readonly<Record<Spread, Kernel>>;

/** Declares a transform of `shader` and its variant in `<shader>_lanes`. */
export function defineTransform(
  shader: string,
  entry: string,
  spec: Omit<Kernel, 'name' | 'shader' | 'entry'>,
): Transform {
  return {
    threads: defineKernel(shader, entry, spec),
    lanes: defineKernel(`${shader}_lanes`, entry, spec),
  };
}

/** What the spreads are compared at: a layer in the middle of the reference network, for a few images. */
const TYPICAL = { x: [8, 24, 24, 32], weight: [3, 3, 32, 64], bias: [64] } as const;

/**
 * How the transforms of a device map to invocations: one choice for all shapes, as the tensors between them are the same.
 * Lanes need subgroups of 8, and are the guess there. Tests and benchmarks force the family `winograd`.
 */
export function spreadOf(gpu: Gpu): Spread {
  const { x, weight, bias } = TYPICAL;
  return choose<Spread>(gpu, {
    family: 'winograd',
    extents: 'transforms',
    candidates: eightLanes(gpu) ? ['lanes', 'threads'] : ['threads'],
    inputs: [x, weight, bias],
    trial: (rec, way, [tx, tw, tb]) => {
      const { forced } = tuningOf(gpu);
      const before = forced.get('winograd');
      forced.set('winograd', way);
      const operands = { x: tx as Tensor, weight: tw as Tensor, bias: tb };
      const { y } = winogradForward(rec, operands, convGeometry(x, weight), { edge: 6, format: 'f32' });
      if (before === undefined) forced.delete('winograd');
      else forced.set('winograd', before);
      return [y];
    },
  });
}

const weightTransform = defineTransform('conv2d_winograd', 'weight_transform', {
  reads: ['weight'],
  writes: ['u'],
  params: WEIGHT_PARAMS,
});
const inputTransform = defineTransform('conv2d_winograd', 'input_transform', {
  reads: ['x', 'scale', 'offset'],
  writes: ['v'],
  params: TILE_PARAMS,
});
const outputTransform = defineTransform('conv2d_winograd', 'output_transform', {
  reads: ['m', 'bias', 'gamma'],
  writes: ['y', 'moments', 'winner'],
  params: TILE_PARAMS,
});
const outputBlock = defineTransform('conv2d_winograd', 'output_block', {
  reads: ['block_m', 'block_bias', 'scale', 'offset'],
  writes: ['pooled'],
  params: {
    ...u32s('b', 'c', 'oh', 'ow', 'ty', 'tx', 'tiles', 'has_bias'),
    alpha: 'f32',
  },
});

/** Edge length of the output tiles. */
export type Edge = 4 | 6;

/** The edge of the output tiles, and the storage format in the Winograd domain. */
export interface TransformForm {
  readonly edge: Edge;
  readonly format: Format;
}

/** Rows (`ty`) and columns (`tx`) of tiles per image, tiles in all (a multiple of 4), and points per tile. */
export function tiling(g: ConvGeometry, edge: Edge) {
  const [ty, tx] = [Math.ceil(g.oh / edge), Math.ceil(g.ow / edge)];
  return { ty, tx, tiles: Math.ceil((g.b * ty * tx) / 4) * 4, points: (edge + 2) ** 2 };
}

/** Whether the algorithm applies to a convolution, and the transformed tensors fit into one buffer of this device. */
export function winogradFits({ pool }: Gpu, g: ConvGeometry, edge: Edge): boolean {
  if (g.kh !== 3 || g.kw !== 3 || g.stride_y !== 1 || g.stride_x !== 1 || g.ic % 4 !== 0 || g.oc % 4 !== 0)
    return false;
  const { points, tiles } = tiling(g, edge);
  return points * tiles * Math.max(g.ic, g.oc) * 4 <= pool.largest;
}

/** The edge with the fewest multiplications. */
export function cheapestEdge(g: ConvGeometry): Edge {
  const count = (edge: Edge): number => tiling(g, edge).tiles * tiling(g, edge).points;
  return count(4) < count(6) ? 4 : 6;
}

/** Channels per element: two for a thread, which would otherwise need too many registers; four for a lane. */
const WIDTHS = { threads: 2, lanes: 4 } as const;

/** Params and grid of a transform over all tiles and `channels` channels. */
export function tileGrid(spread: Spread, g: ConvGeometry, edge: Edge, channels: number) {
  const { ty, tx, tiles } = tiling(g, edge);
  const c = channels / WIDTHS[spread];
  const grid =
    spread === 'lanes'
      ? { workgroups: ty * tx, depth: Math.ceil(tiles / (ty * tx)) }
      : { workgroups: Math.ceil((tiles * c) / GROUP) };
  return { params: { b: g.b, c, ty, tx, tiles }, ...grid };
}

/**
 * Numbers from one plane of the transformed weight [points, IC, OC] to the next: its size and a gap, 64 bytes past a multiple of
 * 512. The transform stores to all planes in turns. At distances that are powers of two, as they are without a gap, all planes
 * would share a few places in a cache, and each store would push out what others have begun.
 */
export function weightPlane({ ic, oc }: ConvGeometry): number {
  return Math.ceil((ic * oc) / 128) * 128 + 16;
}

/** Params and grid of a transform over the weights. */
export function weightGrid(spread: Spread, g: ConvGeometry) {
  const oc = g.oc / WIDTHS[spread];
  return {
    params: { ic: g.ic, oc },
    workgroups: spread === 'lanes' ? g.ic : Math.ceil((g.ic * oc) / GROUP),
  };
}

/** Params, constants and grid of a transform between an image and the Winograd domain. */
function imageCall(
  rec: Recorder,
  g: ConvGeometry,
  { edge, format }: TransformForm,
  channels: number,
  options: { hasBias?: boolean; alpha?: number | undefined; affine?: boolean; moments?: boolean } = {},
) {
  const { params, ...grid } = tileGrid(spreadOf(rec.gpu), g, edge, channels);
  const { hasBias = false, alpha, affine = false, moments = false } = options;
  const { h, w, oh, ow, pad_top, pad_left } = g;
  return {
    params: {
      ...{ ...params, h, w, oh, ow, pad_top, pad_left },
      has_bias: Number(hasBias),
      affine: Number(affine),
      moments: Number(moments),
      elu: Number(alpha !== undefined),
      alpha: alpha ?? 0,
    },
    constants: { EDGE: edge, SIZE: 1, FORMAT: format },
    ...grid,
  };
}

/** The weight in the Winograd domain: [points, IC, OC], with gaps between its planes. */
export function transformWeight(
  rec: Recorder,
  weight: Tensor,
  g: ConvGeometry,
  { edge, format }: TransformForm,
): Tensor {
  const u = allocStored(rec, format, [tiling(g, edge).points, 1, weightPlane(g)], 'u');
  const spread = spreadOf(rec.gpu);
  const { params, workgroups } = weightGrid(spread, g);
  rec.dispatch(weightTransform[spread], {
    bind: { weight, u },
    params: { ...params, plane: weightPlane(g) / WIDTHS[spread] },
    workgroups,
    constants: { EDGE: edge, SIZE: 1, FORMAT: format },
  });
  return u;
}

/** The patches of x, or of x * scale + offset with an `affine`, in the Winograd domain: [points, tiles, IC]. */
export function transformInput(
  rec: Recorder,
  { x, affine }: Pick<ConvOperands, 'x' | 'affine'>,
  g: ConvGeometry,
  form: TransformForm,
): Tensor {
  const { points, tiles } = tiling(g, form.edge);
  const v = allocStored(rec, form.format, [points, tiles, g.ic], 'v');
  const spread = spreadOf(rec.gpu);
  rec.dispatch(inputTransform[spread], {
    // The bindings need buffers even without an affine. The kernel does not read them.
    bind: { x, scale: affine?.scale ?? x, offset: affine?.offset ?? x, v },
    ...imageCall(rec, g, form, g.ic, { affine: affine !== undefined }),
  });
  return v;
}

export interface WinogradOptions extends TransformForm, ConvExtraOptions {
  /** Recorder for work that depends on the weights alone; default: the main one. */
  readonly prepare?: Recorder;
  /** Whether to keep the transformed x and weight for `winogradGradients`; default false. */
  readonly keep?: boolean;
}

/** The product in the Winograd domain, M [points, tiles, OC], and the tensors kept for the gradients. */
function multiplyTransformed(
  rec: Recorder,
  operands: ConvOperands,
  g: ConvGeometry,
  { prepare = rec, keep = false, ...form }: WinogradOptions,
): { m: Tensor; kept: ConvKept | undefined } {
  const { points, tiles } = tiling(g, form.edge);
  const { format } = form;
  const u = transformWeight(prepare, operands.weight, g, form);
  const v = transformInput(rec, operands, g, form);
  const m = matmul(
    rec,
    v,
    u,
    { batch: points, m: tiles, k: g.ic, n: g.oc },
    { format, plane: weightPlane(g) },
  );
  if (keep) return { m, kept: { v, u, format } };
  rec.release(u); // has no effect if `prepare` is another recorder: u then belongs to its program
  rec.release(v);
  return { m, kept: undefined };
}

/**
 * y = conv(x, weight) + bias, [B, OH, OW, OC]; the tensors to keep; and the extras asked for. Moments, one chunk per tile,
 * are available only where the tiles cover the output exactly.
 */
export function winogradForward(
  rec: Recorder,
  operands: ConvOperands,
  g: ConvGeometry,
  options: WinogradOptions,
): ConvOutput {
  const { weight, bias } = operands;
  const { edge, alpha, gamma } = options;
  const { m, kept } = multiplyTransformed(rec, operands, g, options);
  const y = rec.alloc([g.b, g.oh, g.ow, g.oc], 'y');
  const spread = spreadOf(rec.gpu);
  const moments = options.moments === true && g.oh % edge === 0 && g.ow % edge === 0;
  const { ty, tx } = tiling(g, edge);
  const { bind, collect } = allocExtras(rec, g, moments ? g.b * ty * tx : undefined, gamma !== undefined);
  rec.dispatch(outputTransform[spread], {
    // The bindings need buffers even without a bias or gamma. The kernel does not read them.
    bind: { m, bias: bias ?? weight, gamma: gamma ?? weight, y, ...bind },
    ...imageCall(rec, g, options, g.oc, { hasBias: bias !== undefined, alpha, moments }),
    constants: { EDGE: edge, SIZE: gamma === undefined ? 1 : 2, FORMAT: options.format },
  });
  rec.release(m);
  return { y, kept, ...collect() };
}

/** Whether every pooling window lies within one output tile. */
export function winogradBlockFits(edge: Edge, poolSize: number): boolean {
  return edge % poolSize === 0;
}

/** The whole inference block, whose end is part of the last transform: [B, OH / size, OW / size, OC]. */
export function winogradBlock(
  rec: Recorder,
  operands: ConvOperands,
  { scale, offset, alpha, poolSize }: BlockEnd,
  g: ConvGeometry,
  options: WinogradOptions,
): Tensor {
  const { edge, format } = options;
  const { weight, bias } = operands;
  const { m } = multiplyTransformed(rec, operands, g, options);
  const spread = spreadOf(rec.gpu);
  const { params, ...grid } = tileGrid(spread, g, edge, g.oc);
  const [oh, ow] = [Math.floor(g.oh / poolSize), Math.floor(g.ow / poolSize)];
  const pooled = rec.alloc([g.b, oh, ow, g.oc], 'y');
  rec.dispatch(outputBlock[spread], {
    bind: { block_m: m, block_bias: bias ?? weight, scale, offset, pooled },
    params: { ...params, oh, ow, has_bias: Number(bias !== undefined), alpha },
    constants: { EDGE: edge, SIZE: poolSize, FORMAT: format },
    ...grid,
  });
  rec.release(m);
  return pooled;
}
