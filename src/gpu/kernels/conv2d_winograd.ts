import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import { matmul } from './matmul.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/conv2d_winograd.wgsl: 3 x 3, stride 1, channels in multiples of 4. */
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
} as const;
const WEIGHT_PARAMS = { ic: 'u32', oc: 'u32' } as const;

const weightTransform = defineKernel('conv2d_winograd', 'weight_transform', {
  reads: ['weight'],
  writes: ['u'],
  params: WEIGHT_PARAMS,
});
const inputTransform = defineKernel('conv2d_winograd', 'input_transform', {
  reads: ['x'],
  writes: ['v'],
  params: TILE_PARAMS,
});
const outputTransform = defineKernel('conv2d_winograd', 'output_transform', {
  reads: ['m', 'bias'],
  writes: ['y'],
  params: TILE_PARAMS,
});
const gradientTransform = defineKernel('conv2d_winograd', 'gradient_transform', {
  reads: ['g_dy'],
  writes: ['z'],
  params: TILE_PARAMS,
});
const weightGradient = defineKernel('conv2d_winograd', 'weight_gradient', {
  reads: ['du'],
  writes: ['dw'],
  params: WEIGHT_PARAMS,
});

/** Whether the algorithm covers a convolution. */
export function winogradFits(g: ConvGeometry): boolean {
  return g.kh === 3 && g.kw === 3 && g.stride === 1 && g.ic % 4 === 0 && g.oc % 4 === 0;
}

/** Edge of the output tiles, their number, and the points of a tile: the edge that needs the fewest multiplications. */
function tiling(g: ConvGeometry) {
  const [four, three] = ([4, 3] as const).map((edge) => {
    const [ty, tx] = [Math.ceil(g.oh / edge), Math.ceil(g.ow / edge)];
    return { edge, ty, tx, tiles: Math.ceil((g.b * ty * tx) / 4) * 4, points: (edge + 2) ** 2 };
  }) as [Tiling, Tiling];
  return three.tiles * three.points < four.tiles * four.points ? three : four;
}

interface Tiling {
  readonly edge: number;
  readonly ty: number;
  readonly tx: number;
  readonly tiles: number;
  readonly points: number;
}

/** The params of a transform over `channels` channels, and its grid. */
function overTiles(g: ConvGeometry, channels: number, hasBias = false) {
  const { edge, ty, tx, tiles } = tiling(g);
  const { b, h, w, oh, ow, pad_top, pad_left } = g;
  return {
    params: {
      b,
      h,
      w,
      c: channels,
      oh,
      ow,
      pad_top,
      pad_left,
      ty,
      tx,
      tiles,
      has_bias: Number(hasBias),
    },
    constants: { EDGE: edge },
    workgroups: Math.ceil((tiles * channels) / GROUP),
  };
}

function overWeights(g: ConvGeometry) {
  return {
    params: { ic: g.ic, oc: g.oc },
    constants: { EDGE: tiling(g).edge },
    workgroups: Math.ceil((g.ic * g.oc) / GROUP),
  };
}

/** The patches of x at the points: [points, tiles, IC]. */
function inputPoints(rec: Recorder, x: Tensor, g: ConvGeometry): Tensor {
  const { points, tiles } = tiling(g);
  const v = rec.alloc([points, tiles, g.ic], 'v');
  rec.dispatch(inputTransform, { bind: { x, v }, ...overTiles(g, g.ic) });
  return v;
}

/**
 * y = conv(x, weight) + bias: [B, OH, OW, OC].
 * @param keep whether to return x at the points as well, for `winogradWeightGradient`; else it is released
 */
export function winogradForward(
  rec: Recorder,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  g: ConvGeometry,
  keep: boolean,
): { y: Tensor; kept: Tensor | undefined } {
  const { points, tiles } = tiling(g);
  const u = rec.alloc([points, g.ic, g.oc], 'u');
  rec.dispatch(weightTransform, { bind: { weight, u }, ...overWeights(g) });
  const v = inputPoints(rec, x, g);
  const m = matmul(rec, v, u, { batch: points, m: tiles, k: g.ic, n: g.oc });
  rec.release(u);
  if (!keep) rec.release(v);
  const y = rec.alloc([g.b, g.oh, g.ow, g.oc], 'y');
  rec.dispatch(outputTransform, {
    // Without a bias some buffer must still be bound; the kernel does not read it.
    bind: { m, bias: bias ?? weight, y },
    ...overTiles(g, g.oc, bias !== undefined),
  });
  rec.release(m);
  return { y, kept: keep ? v : undefined };
}

/** dw [3, 3, IC, OC] from x and dy; `kept` is what the forward pass kept of x, and is released. */
export function winogradWeightGradient(
  rec: Recorder,
  x: Tensor,
  dy: Tensor,
  g: ConvGeometry,
  kept: Tensor | undefined,
): Tensor {
  const { points, tiles } = tiling(g);
  const v = kept ?? inputPoints(rec, x, g);
  const z = rec.alloc([points, tiles, g.oc], 'z');
  rec.dispatch(gradientTransform, { bind: { g_dy: dy, z }, ...overTiles(g, g.oc) });
  const du = matmul(rec, v, z, { batch: points, m: g.ic, k: tiles, n: g.oc }, { transposed: true });
  rec.release(v);
  rec.release(z);
  const dw = rec.alloc([3, 3, g.ic, g.oc], 'dw');
  rec.dispatch(weightGradient, { bind: { du, dw }, ...overWeights(g) });
  rec.release(du);
  return dw;
}
