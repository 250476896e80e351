import { eightLanes } from '../adapter.js';
import type { Gpu } from '../device.js';
import { defineKernel, type Kernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import { choose, tuningOf } from '../tuning.js';
import { allocExtras } from './conv2d_extras.js';
import { type ConvGeometry, convGeometry } from './conv2d_geometry.js';
import type { ConvExtraOptions, ConvKept, ConvOperands, ConvOutput } from './conv2d_way.js';
import { fewRows, fewRowsFit } from './few_rows.js';
import type { BlockEnd } from './inference_block.js';
import { matmul } from './matmul.js';
import { GROUP } from './reduce.js';
import { allocStored, type Format } from './storage.js';

/**
 * Host side of shaders/conv2d_winograd.wgsl, and of conv2d_winograd_lanes.wgsl on adapters whose subgroups have 8 lanes.
 * For 3 x 3 kernels with stride 1 and channels in multiples of 4.
 *
 * A "point" is one of the (edge + 2)^2 elements of a transformed tile. "In the Winograd domain" means transformed.
 */

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

/** The layer on which the spreads are compared: one in the middle of the reference network, for a few images. */
const TYPICAL = { x: [8, 24, 24, 32], weight: [3, 3, 32, 64], bias: [64] } as const;

/**
 * How the transforms of a device map to invocations. One choice serves all shapes; it does not change the layout of transformed
 * tensors. Lanes need subgroups of 8, and are the best guess there. Tests and benchmarks force the family `winograd`.
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

const transforms = defineTransform('conv2d_winograd', 'transforms', {
  reads: ['weight', 'x', 'affine'],
  writes: ['u', 'v'],
  params: {
    ...u32s('b', 'h', 'w', 'c', 'pad_top', 'pad_left', 'ty', 'tx', 'tiles', 'affine'),
    ...u32s('inputs', 'ic', 'oc', 'plane'),
  },
});
const outputTransform = defineTransform('conv2d_winograd', 'output_transform', {
  reads: ['m', 'bias', 'gamma'],
  writes: ['y', 'moments', 'winner'],
  params: {
    ...u32s('b', 'c', 'oh', 'ow', 'ty', 'tx', 'tiles', 'has_bias', 'elu', 'moments'),
    alpha: 'f32',
  },
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
export const WIDTHS = { threads: 2, lanes: 4 } as const;

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
 * Numbers from one plane of the transformed weight [points, IC, OC] to the next: the size of a plane and a gap, 64 bytes past a
 * multiple of 512. The transform stores to all planes in turn. Without the gap, planes would often be a power of two apart and map
 * to the same few cache sets, so each store would evict cache lines that are only partly written.
 */
export function weightPlane({ ic, oc }: ConvGeometry): number {
  return Math.ceil((ic * oc) / 128) * 128 + 16;
}

/** Params and workgroups (`units`) for the weights: a thread per pair of weights, or a subgroup per input channel. */
function weightGrid(spread: Spread, { ic, oc }: ConvGeometry) {
  const params = { ic, oc: oc / WIDTHS[spread] };
  return { params, units: spread === 'lanes' ? ic : Math.ceil((ic * params.oc) / GROUP) };
}

/**
 * Params and grid of a kernel with two independent parts: one for all tiles of a map with `channels` channels, one for the weights.
 * `inputs` is the share of the tiles in the grid: slices of its third dimension in lanes, workgroups in threads.
 * @param map whether there are tiles to process @param more workgroups after those for the weights; default none
 */
export function jointGrid(
  spread: Spread,
  g: ConvGeometry,
  edge: Edge,
  {
    channels,
    map,
    weight = true,
    more = 0,
  }: { channels: number; map: boolean; weight?: boolean; more?: number },
) {
  const tiles = tileGrid(spread, g, edge, channels);
  const weights = weightGrid(spread, g);
  const units = weight ? weights.units + more : 0;
  const params = { ...tiles.params, ...weights.params, ic: weight ? g.ic : 0 };
  if (spread === 'threads') {
    const inputs = map ? tiles.workgroups : 0;
    return { params: { ...params, inputs }, workgroups: inputs + units };
  }
  if (!map) return { params: { ...params, ty: 1, tx: units, inputs: 0 }, workgroups: units };
  const { workgroups, depth = 1 } = tiles;
  return { params: { ...params, inputs: depth }, workgroups, depth: depth + Math.ceil(units / workgroups) };
}

/** What to transform: patches of x, or of x * scale + offset with an `affine`; the weight; or both in one dispatch. */
export type Untransformed = Partial<Pick<ConvOperands, 'x' | 'weight' | 'affine'>>;

/** Transforms to the Winograd domain: the patches to v [points, tiles, IC], the weight to u [points, IC, OC], with gaps between planes. */
export function transform(
  rec: Recorder,
  { x, weight, affine }: Untransformed,
  g: ConvGeometry,
  { edge, format }: TransformForm,
): { v: Tensor; u: Tensor } {
  const { points, tiles } = tiling(g, edge);
  const v = allocStored(rec, format, x ? [points, tiles, g.ic] : [1, 1, 4], 'v');
  const u = allocStored(rec, format, weight ? [points, 1, weightPlane(g)] : [1, 1, 4], 'u');
  const spread = spreadOf(rec.gpu);
  const given = (x ?? weight) as Tensor;
  const { params, ...grid } = jointGrid(spread, g, edge, {
    channels: g.ic,
    map: x !== undefined,
    weight: weight !== undefined,
  });
  rec.dispatch(transforms[spread], {
    // The bindings need buffers even for an operand that is not transformed. The kernel does not access them.
    bind: { weight: weight ?? given, x: x ?? given, affine: affine ?? given, u, v },
    params: {
      ...params,
      ...{ h: g.h, w: g.w, pad_top: g.pad_top, pad_left: g.pad_left },
      affine: Number(affine !== undefined),
      plane: weightPlane(g) / WIDTHS[spread],
    },
    constants: { EDGE: edge, SIZE: 1, FORMAT: format },
    ...grid,
  });
  return { v, u };
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
  { x, affine, weight }: ConvOperands,
  g: ConvGeometry,
  { prepare = rec, keep = false, ...form }: WinogradOptions,
): { m: Tensor; kept: ConvKept | undefined } {
  const { points, tiles } = tiling(g, form.edge);
  const { format } = form;
  const apart = prepare !== rec;
  const prepared = apart ? transform(prepare, { weight }, g, form) : undefined;
  const { v, u: own } = transform(rec, { x, affine, ...(!apart && { weight }) }, g, form);
  const u = prepared?.u ?? own;
  const product = { batch: points, m: tiles, k: g.ic, n: g.oc };
  const few = prepared !== undefined && format === 'f32' && fewRowsFit(rec.gpu, product);
  const plane = weightPlane(g);
  const m = few
    ? fewRows(rec, prepare, v, u, product, { plane })
    : matmul(rec, v, u, product, { format, plane });
  if (keep) return { m, kept: { v, u, format } };
  rec.release(own);
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
  const { params, ...grid } = tileGrid(spread, g, edge, g.oc);
  rec.dispatch(outputTransform[spread], {
    // The bindings need buffers even without a bias or gamma. The kernel does not read them.
    bind: { m, bias: bias ?? weight, gamma: gamma ?? weight, y, ...bind },
    params: {
      ...{ ...params, oh: g.oh, ow: g.ow, alpha: alpha ?? 0 },
      has_bias: Number(bias !== undefined),
      elu: Number(alpha !== undefined),
      moments: Number(moments),
    },
    constants: { EDGE: edge, SIZE: gamma === undefined ? 1 : 2, FORMAT: options.format },
    ...grid,
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
