import { u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvGradients, GradientOperands, GradientOptions } from './conv2d_way.js';
import {
  defineTransform,
  type Edge,
  jointGrid,
  spreadOf,
  type TransformForm,
  tileGrid,
  tiling,
  transform,
  WIDTHS,
  weightPlane,
} from './conv2d_winograd.js';
import { transformBlockGradient } from './conv2d_winograd_block.js';
import type { BlockGradient } from './elu_norm_pool.js';
import { matmul } from './matmul.js';
import { allocStored } from './storage.js';

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
const gradients = defineTransform('conv2d_winograd_gradient', 'gradients', {
  reads: ['dv', 'du', 'dy_points'],
  writes: ['dx', 'dw', 'db'],
  params: { ...TILE_PARAMS, ...u32s('inputs', 'ic', 'oc') },
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
  const { oc, ic } = g;
  const form: TransformForm = { edge, format: kept?.format ?? 'f32' };
  const { format } = form;
  const z =
    dy instanceof Tensor ? transformGradient(rec, dy, g, form) : transformBlockGradient(rec, dy, g, form);
  const { u, v } = kept ?? transform(rec, operands, g, form);
  const wanted = inputGradient && isSamePadded(g);
  const toInput = { batch: points, m: tiles, k: oc, n: ic };
  const dv = wanted
    ? matmul(rec, z, u, toInput, { transposed: 'b', format, plane: weightPlane(g) })
    : undefined;
  rec.release(u);
  // The sum over all tiles is long, so its result is float32 even where its terms are float16.
  const toWeight = { batch: points, m: ic, k: tiles, n: oc };
  const du = matmul(rec, v, z, toWeight, { transposed: 'a', format, result: 'f32' });
  rec.release(v);
  const dx = rec.alloc(wanted ? [g.b, g.h, g.w, ic] : [4], 'dx');
  const dw = rec.alloc([3, 3, ic, oc], 'dw');
  const db = rec.alloc([oc], 'db');
  const spread = spreadOf(rec.gpu);
  const columns = oc / WIDTHS[spread];
  const { params, ...grid } = jointGrid(spread, g, edge, { channels: ic, map: wanted, more: columns });
  rec.dispatch(gradients[spread], {
    // The bindings need buffers even without dx. The kernel does not access them.
    bind: { dv: dv ?? du, du, dy_points: z, dx, dw, db },
    params: { ...params, h: g.h, w: g.w },
    constants: { EDGE: edge, FORMAT: format },
    ...grid,
  });
  for (const tensor of [z, du, ...(dv === undefined ? [] : [dv])]) rec.release(tensor);
  if (wanted) return { dx, dw, db };
  rec.release(dx);
  return { dx: undefined, dw, db };
}

/** dy in the Winograd domain: [points, tiles, OC]. */
function transformGradient(rec: Recorder, dy: Tensor, g: ConvGeometry, form: TransformForm): Tensor {
  const { points, tiles } = tiling(g, form.edge);
  const z = allocStored(rec, form.format, [points, tiles, g.oc], 'z');
  const spread = spreadOf(rec.gpu);
  const { params, ...grid } = tileGrid(spread, g, form.edge, g.oc);
  rec.dispatch(gradientTransform[spread], {
    bind: { g_dy: dy, z },
    params: { ...params, h: g.oh, w: g.ow },
    constants: { EDGE: form.edge, FORMAT: form.format },
    ...grid,
  });
  return z;
}
