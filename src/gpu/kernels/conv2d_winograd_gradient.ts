import type { Recorder } from '../recorder.js';
import { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvGradients, GradientOperands, GradientOptions } from './conv2d_way.js';
import {
  defineTransform,
  type Edge,
  inputPoints,
  overTiles,
  overWeights,
  type PointsForm,
  spreadOf,
  tiling,
  WEIGHT_PARAMS,
  weightPoints,
} from './conv2d_winograd.js';
import { blockPoints } from './conv2d_winograd_block.js';
import type { BlockGradient } from './elu_norm_pool.js';
import { matmul } from './matmul.js';
import { columnSums } from './reduce.js';
import { allocStored, GRADIENT_SCALE } from './storage.js';

/**
 * Host side of shaders/conv2d_winograd_gradient.wgsl, and of conv2d_winograd_gradient_lanes.wgsl where subgroups have 8
 * lanes.
 */
const TILE_PARAMS = { b: 'u32', h: 'u32', w: 'u32', c: 'u32', ty: 'u32', tx: 'u32', tiles: 'u32' } as const;

const gradientTransform = defineTransform('conv2d_winograd_gradient', 'gradient_transform', {
  reads: ['g_dy'],
  writes: ['z'],
  params: TILE_PARAMS,
});
const inputGradient = defineTransform('conv2d_winograd_gradient', 'input_gradient', {
  reads: ['dv'],
  writes: ['dx'],
  params: TILE_PARAMS,
});
const weightGradient = defineTransform('conv2d_winograd_gradient', 'weight_gradient', {
  reads: ['du'],
  writes: ['dw'],
  params: WEIGHT_PARAMS,
});

/** Whether the tiles of y lie on the middle of their patches of x, which `input_gradient` takes for granted. */
export function tilesOnPatches(g: ConvGeometry): boolean {
  return g.h === g.oh && g.w === g.ow && g.pad_top === 1 && g.pad_left === 1;
}

/**
 * dw [3, 3, IC, OC] and db [OC] from x and dy, and dx [B, H, W, IC] from dy and the weight, if it is asked for and the
 * padding is 'same': else it is undefined. All begin with dy at the points, or with what a block's dz is made of.
 */
export function winogradGradients(
  rec: Recorder,
  operands: GradientOperands,
  dy: Tensor | BlockGradient,
  g: ConvGeometry,
  { edge, kept, inputGradient }: GradientOptions & { readonly edge: Edge },
): ConvGradients {
  const { points, tiles } = tiling(g, edge);
  const spread = spreadOf(rec.gpu);
  const form: PointsForm = { edge, format: kept?.format ?? 'f32' };
  const { format } = form;
  const z = dy instanceof Tensor ? gradientPoints(rec, dy, g, form) : blockPoints(rec, dy, g, form);
  const ones = edge + 3; // the point (1, 1), where z is the sum of dy over a tile
  const sums = { first: ones * tiles, format, factor: 1 / GRADIENT_SCALE[format] };
  const db = columnSums(rec, z, [tiles, g.oc], 'db', sums);
  const dx =
    inputGradient && tilesOnPatches(g) ? fromPoints(rec, z, kept?.u, operands.weight, g, form) : undefined;
  if (kept !== undefined) rec.release(kept.u);
  const v = kept?.v ?? inputPoints(rec, operands, g, form);
  // A long sum: float32, however its terms are stored.
  const du = matmul(
    rec,
    v,
    z,
    { batch: points, m: g.ic, k: tiles, n: g.oc },
    { transposed: 'a', format, result: 'f32' },
  );
  rec.release(v);
  rec.release(z);
  const dw = rec.alloc([3, 3, g.ic, g.oc], 'dw');
  rec.dispatch(weightGradient[spread], {
    bind: { du, dw },
    ...overWeights(spread, g),
    constants: { EDGE: edge, FORMAT: format },
  });
  rec.release(du);
  return { dx, dw, db };
}

/** dy at the points: [points, tiles, OC]. */
function gradientPoints(rec: Recorder, dy: Tensor, g: ConvGeometry, form: PointsForm): Tensor {
  const { points, tiles } = tiling(g, form.edge);
  const z = allocStored(rec, form.format, [points, tiles, g.oc], 'z');
  rec.dispatch(gradientTransform[spreadOf(rec.gpu)], {
    bind: { g_dy: dy, z },
    ...overMap(rec, g.oh, g.ow, g.oc, g, form),
  });
  return z;
}

/** dx from z, dy at the points, and u, the weight there. */
function fromPoints(
  rec: Recorder,
  z: Tensor,
  kept: Tensor | undefined,
  weight: Tensor,
  g: ConvGeometry,
  form: PointsForm,
): Tensor {
  const { points, tiles } = tiling(g, form.edge);
  const { format } = form;
  const u = kept ?? weightPoints(rec, weight, g, form);
  const dv = matmul(rec, z, u, { batch: points, m: tiles, k: g.oc, n: g.ic }, { transposed: 'b', format });
  if (kept === undefined) rec.release(u);
  const dx = rec.alloc([g.b, g.h, g.w, g.ic], 'dx');
  const spread = spreadOf(rec.gpu);
  rec.dispatch(inputGradient[spread], {
    bind: { dv, dx },
    ...overMap(rec, g.h, g.w, g.ic, g, form),
  });
  rec.release(dv);
  return dx;
}

/** How a transform between the points and a map [B, h, w, channels] covers it. */
function overMap(
  rec: Recorder,
  h: number,
  w: number,
  channels: number,
  g: ConvGeometry,
  { edge, format }: PointsForm,
) {
  const { params, ...grid } = overTiles(spreadOf(rec.gpu), g, edge, channels);
  return { params: { ...params, h, w }, ...grid, constants: { EDGE: edge, FORMAT: format } };
}
