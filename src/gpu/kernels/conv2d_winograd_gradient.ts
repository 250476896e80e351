import { u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvGradients, GradientOperands, GradientOptions } from './conv2d_way.js';
import {
  defineTransform,
  type Edge,
  spreadOf,
  type TransformForm,
  tileGrid,
  tiling,
  transformInput,
  transformWeight,
  weightGrid,
  weightPlane,
} from './conv2d_winograd.js';
import { transformBlockGradient } from './conv2d_winograd_block.js';
import type { BlockGradient } from './elu_norm_pool.js';
import { matmul } from './matmul.js';
import { columnSums } from './reduce.js';
import { allocStored, GRADIENT_SCALE } from './storage.js';

/**
 * Host side of shaders/conv2d_winograd_gradient.wgsl, and of conv2d_winograd_gradient_lanes.wgsl on adapters whose
 * subgroups have 8 lanes.
 */
const TILE_PARAMS = u32s('b', 'h', 'w', 'c', 'ty', 'tx', 'tiles');

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
  params: u32s('ic', 'oc'),
});

/** Whether each tile of y lies in the centre of its patch of x, as with 'same' padding. `input_gradient` requires it. */
export function isSamePadded(g: ConvGeometry): boolean {
  return g.h === g.oh && g.w === g.ow && g.pad_top === 1 && g.pad_left === 1;
}

/**
 * dw [3, 3, IC, OC] and db [OC] from x and dy, and dx [B, H, W, IC] from dy and the weight. dx is undefined unless it is
 * wanted and the padding is 'same'. All three start from dy, or the gradient of a block, in the Winograd domain.
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
  const form: TransformForm = { edge, format: kept?.format ?? 'f32' };
  const { format } = form;
  const z =
    dy instanceof Tensor ? transformGradient(rec, dy, g, form) : transformBlockGradient(rec, dy, g, form);
  const sumPoint = edge + 3; // the point (1, 1), where z is the sum of dy over a tile
  const sums = { first: sumPoint * tiles, format, factor: 1 / GRADIENT_SCALE[format] };
  const db = columnSums(rec, z, [tiles, g.oc], 'db', sums);
  const dx =
    inputGradient && isSamePadded(g)
      ? inputGradientFrom(rec, z, kept?.u, operands.weight, g, form)
      : undefined;
  if (kept !== undefined) rec.release(kept.u);
  const v = kept?.v ?? transformInput(rec, operands, g, form);
  // The sum over all tiles is long, so its result is float32 even where its terms are float16.
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
    ...weightGrid(spread, g),
    constants: { EDGE: edge, FORMAT: format },
  });
  rec.release(du);
  return { dx, dw, db };
}

/** dy in the Winograd domain: [points, tiles, OC]. */
function transformGradient(rec: Recorder, dy: Tensor, g: ConvGeometry, form: TransformForm): Tensor {
  const { points, tiles } = tiling(g, form.edge);
  const z = allocStored(rec, form.format, [points, tiles, g.oc], 'z');
  rec.dispatch(gradientTransform[spreadOf(rec.gpu)], {
    bind: { g_dy: dy, z },
    ...mapCall(rec, g.oh, g.ow, g.oc, g, form),
  });
  return z;
}

/** dx [B, H, W, IC] from the transformed dy (z) and the weight, transformed already if `kept`. */
function inputGradientFrom(
  rec: Recorder,
  z: Tensor,
  kept: Tensor | undefined,
  weight: Tensor,
  g: ConvGeometry,
  form: TransformForm,
): Tensor {
  const { points, tiles } = tiling(g, form.edge);
  const { format } = form;
  const u = kept ?? transformWeight(rec, weight, g, form);
  const dv = matmul(
    rec,
    z,
    u,
    { batch: points, m: tiles, k: g.oc, n: g.ic },
    { transposed: 'b', format, plane: weightPlane(g) },
  );
  if (kept === undefined) rec.release(u);
  const dx = rec.alloc([g.b, g.h, g.w, g.ic], 'dx');
  const spread = spreadOf(rec.gpu);
  rec.dispatch(inputGradient[spread], {
    bind: { dv, dx },
    ...mapCall(rec, g.h, g.w, g.ic, g, form),
  });
  rec.release(dv);
  return dx;
}

/** Params, constants and grid of a transform between the Winograd domain and a map [B, h, w, channels]. */
function mapCall(
  rec: Recorder,
  h: number,
  w: number,
  channels: number,
  g: ConvGeometry,
  { edge, format }: TransformForm,
) {
  const { params, ...grid } = tileGrid(spreadOf(rec.gpu), g, edge, channels);
  return { params: { ...params, h, w }, ...grid, constants: { EDGE: edge, FORMAT: format } };
}
