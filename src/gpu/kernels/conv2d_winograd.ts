import { eightLanes, type Gpu } from '../device.js';
import { defineKernel, type Kernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { tuningOf } from '../tuning.js';
import { allocExtras } from './conv2d_extras.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvExtraOptions, ConvKept, ConvOperands, ConvOutput } from './conv2d_way.js';
import type { BlockEnd } from './inference_block.js';
import { matmul } from './matmul.js';
import { GROUP } from './reduce.js';
import { allocStored, type Format } from './storage.js';

/**
 * Host side of shaders/conv2d_winograd.wgsl, and of conv2d_winograd_lanes.wgsl where subgroups have 8 lanes: 3 x 3, stride 1,
 * channels in multiples of 4.
 */
const TILE_PARAMS = {
  b: 'u32',
  h: 'u32',
  w: 'u32',
  c: 'u32',
  oh: 'u32',
  ow: 'u32',
  pad_top: 'u32',
  pad_left: 'u32',
  ty: 'u32',
  tx: 'u32',
  tiles: 'u32',
  has_bias: 'u32',
  elu: 'u32',
  affine: 'u32',
  moments: 'u32',
  alpha: 'f32',
} as const;
export const WEIGHT_PARAMS = { ic: 'u32', oc: 'u32' } as const;

/** How a transform is spread over invocations: a square of numbers each, or a line each of a subgroup of 8. */
export type Spread = 'threads' | 'lanes';
type Transform = Readonly<Record<Spread, Kernel>>;

/** A transform of `shader`, and its sibling for lanes. */
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

/** Lanes wherever they fit, for there they win at every shape; tests and benchmarks can force `winograd` to be threads. */
export function spreadOf(gpu: Gpu): Spread {
  return eightLanes(gpu) && tuningOf(gpu).forced.get('winograd') !== 'threads' ? 'lanes' : 'threads';
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
    b: 'u32',
    c: 'u32',
    oh: 'u32',
    ow: 'u32',
    ty: 'u32',
    tx: 'u32',
    tiles: 'u32',
    has_bias: 'u32',
    alpha: 'f32',
  },
});

/** Edge of the output tiles. */
export type Edge = 4 | 6;

/** The algorithm's own choices: the edge of the output tiles, and how everything at the points is stored. */
export interface PointsForm {
  readonly edge: Edge;
  readonly format: Format;
}

/** How many tiles there are, and the points of one. */
export function tiling(g: ConvGeometry, edge: Edge) {
  const [ty, tx] = [Math.ceil(g.oh / edge), Math.ceil(g.ow / edge)];
  return { ty, tx, tiles: Math.ceil((g.b * ty * tx) / 4) * 4, points: (edge + 2) ** 2 };
}

/** Whether the algorithm covers a convolution, and a buffer of this device holds what it brings to the points. */
export function winogradFits({ pool }: Gpu, g: ConvGeometry, edge: Edge): boolean {
  if (g.kh !== 3 || g.kw !== 3 || g.stride !== 1 || g.ic % 4 !== 0 || g.oc % 4 !== 0) return false;
  const { points, tiles } = tiling(g, edge);
  return points * tiles * Math.max(g.ic, g.oc) * 4 <= pool.largest;
}

/** The edge that needs the fewest multiplications. */
export function fewestPoints(g: ConvGeometry): Edge {
  const count = (edge: Edge): number => tiling(g, edge).tiles * tiling(g, edge).points;
  return count(4) < count(6) ? 4 : 6;
}

/** Neighbouring channels that are treated alike: two for a thread, or it would hold too much; four for a lane. */
const WIDTHS = { threads: 2, lanes: 4 } as const;

/** How a transform covers the tiles and `channels` channels. */
export function overTiles(spread: Spread, g: ConvGeometry, edge: Edge, channels: number) {
  const { ty, tx, tiles } = tiling(g, edge);
  const c = channels / WIDTHS[spread];
  const grid =
    spread === 'lanes'
      ? { workgroups: ty * tx, layers: Math.ceil(tiles / (ty * tx)) }
      : { workgroups: Math.ceil((tiles * c) / GROUP) };
  return { params: { b: g.b, c, ty, tx, tiles }, ...grid };
}

/** How a transform covers the weights. */
export function overWeights(spread: Spread, g: ConvGeometry) {
  const oc = g.oc / WIDTHS[spread];
  return {
    params: { ic: g.ic, oc },
    workgroups: spread === 'lanes' ? g.ic : Math.ceil((g.ic * oc) / GROUP),
  };
}

/** How a transform between an image and the points covers it. */
function overImage(
  rec: Recorder,
  g: ConvGeometry,
  { edge, format }: PointsForm,
  channels: number,
  options: { hasBias?: boolean; alpha?: number | undefined; affine?: boolean; moments?: boolean } = {},
) {
  const { params, ...grid } = overTiles(spreadOf(rec.gpu), g, edge, channels);
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

/** The weight at the points: [points, IC, OC]. */
export function weightPoints(
  rec: Recorder,
  weight: Tensor,
  g: ConvGeometry,
  { edge, format }: PointsForm,
): Tensor {
  const u = allocStored(rec, format, [tiling(g, edge).points, g.ic, g.oc], 'u');
  const spread = spreadOf(rec.gpu);
  rec.dispatch(weightTransform[spread], {
    bind: { weight, u },
    ...overWeights(spread, g),
    constants: { EDGE: edge, SIZE: 1, FORMAT: format },
  });
  return u;
}

/** The patches of x, or of what `affine` makes of it, at the points: [points, tiles, IC]. */
export function inputPoints(
  rec: Recorder,
  { x, affine }: Pick<ConvOperands, 'x' | 'affine'>,
  g: ConvGeometry,
  form: PointsForm,
): Tensor {
  const { points, tiles } = tiling(g, form.edge);
  const v = allocStored(rec, form.format, [points, tiles, g.ic], 'v');
  const spread = spreadOf(rec.gpu);
  rec.dispatch(inputTransform[spread], {
    // Without them some buffers must still be bound; the kernel does not read them.
    bind: { x, scale: affine?.scale ?? x, offset: affine?.offset ?? x, v },
    ...overImage(rec, g, form, g.ic, { affine: affine !== undefined }),
  });
  return v;
}

export interface WinogradOptions extends PointsForm, ConvExtraOptions {
  /** Where what depends on the weights alone is recorded; default: with the rest. */
  readonly prepare?: Recorder;
  /** Whether x and the weight at the points are kept for `winogradGradients`; default no. */
  readonly keep?: boolean;
}

/** The products at the points, M [points, tiles, OC], and what is kept. */
function products(
  rec: Recorder,
  operands: ConvOperands,
  g: ConvGeometry,
  { prepare = rec, keep = false, ...form }: WinogradOptions,
): { m: Tensor; kept: ConvKept | undefined } {
  const { points, tiles } = tiling(g, form.edge);
  const { format } = form;
  const u = weightPoints(prepare, operands.weight, g, form);
  const v = inputPoints(rec, operands, g, form);
  const m = matmul(rec, v, u, { batch: points, m: tiles, k: g.ic, n: g.oc }, { format });
  if (keep) return { m, kept: { v, u, format } };
  rec.release(u); // unless it is prepared, and so not ours
  rec.release(v);
  return { m, kept: undefined };
}

/**
 * y = conv(x, weight) + bias: [B, OH, OW, OC]; what was asked to be kept, and for besides: moments of tiles, if none sticks
 * out.
 */
export function winogradForward(
  rec: Recorder,
  operands: ConvOperands,
  g: ConvGeometry,
  options: WinogradOptions,
): ConvOutput {
  const { weight, bias } = operands;
  const { edge, alpha, gamma } = options;
  const { m, kept } = products(rec, operands, g, options);
  const y = rec.alloc([g.b, g.oh, g.ow, g.oc], 'y');
  const spread = spreadOf(rec.gpu);
  const asked = options.moments === true && g.oh % edge === 0 && g.ow % edge === 0;
  const { ty, tx } = tiling(g, edge);
  const { bind, made } = allocExtras(rec, g, asked ? g.b * ty * tx : undefined, gamma !== undefined);
  rec.dispatch(outputTransform[spread], {
    // Without a bias or a gamma some buffer must still be bound; the kernel does not read it.
    bind: { m, bias: bias ?? weight, gamma: gamma ?? weight, y, ...bind },
    ...overImage(rec, g, options, g.oc, { hasBias: bias !== undefined, alpha, moments: asked }),
    constants: { EDGE: edge, SIZE: gamma === undefined ? 1 : 2, FORMAT: options.format },
  });
  rec.release(m);
  return { y, kept, ...made() };
}

/** Whether the windows of a pooling layer tile the output tiles. */
export function winogradBlockFits(edge: Edge, poolSize: number): boolean {
  return edge % poolSize === 0;
}

/** The whole block, its end in the last transform: [B, OH / size, OW / size, OC]. */
export function winogradBlock(
  rec: Recorder,
  operands: ConvOperands,
  { scale, offset, alpha, poolSize }: BlockEnd,
  g: ConvGeometry,
  options: WinogradOptions,
): Tensor {
  const { edge, format } = options;
  const { weight, bias } = operands;
  const { m } = products(rec, operands, g, options);
  const spread = spreadOf(rec.gpu);
  const { params, ...grid } = overTiles(spread, g, edge, g.oc);
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
