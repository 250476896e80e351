import { defineKernel, u32s } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { Tensor } from '../tensor.js';
import { allocExtras } from './conv2d_extras.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvExtraOptions, ConvExtras, ConvOperands, ConvWay } from './conv2d_way.js';
import { type BlockGradient, endsInNorm, keepScale } from './elu_norm_pool.js';
import type { BlockEnd } from './inference_block.js';
import { GROUP, type Grain, grainConstants, grainOf, mergeGroups } from './reduce.js';

/** Host side of shaders/conv2d_gray.wgsl. */
const params = {
  ...u32s('b', 'h', 'w', 'oh', 'ow', 'oc4', 'pad_top', 'pad_left', 'has_bias', 'chunks', 'elu', 'moments'),
  alpha: 'f32',
  keep_scale: 'f32',
} as const;
const forwardKernel = defineKernel('conv2d_gray', 'forward', {
  reads: ['x', 'weight', 'bias', 'gamma'],
  writes: ['y', 'moments', 'winner'],
  params,
});
const blockKernel = defineKernel('conv2d_gray', 'block', {
  reads: ['x', 'weight', 'bias', 'scale', 'offset'],
  writes: ['pooled'],
  params,
});
const weightGradientKernel = defineKernel('conv2d_gray', 'weight_gradient', {
  reads: ['x', 'dy', 'e', 'winner', 'coefficients'],
  writes: ['partial'],
  params,
});
const foldKernel = defineKernel('conv2d_gray', 'fold_gradients', {
  reads: ['partial'],
  writes: ['dw', 'db'],
  params,
});
/** Invocations that keep a device busy. */
const BUSY = 4096;

/** For gray images: 3 x 3, stride 1, one input channel, output channels a multiple of 4. */
export const gray: ConvWay = {
  name: 'gray',
  fits: (_, g) => grayFits(g),
  takesAffine: false,
  forward: (rec, operands, g, options) => ({ ...grayForward(rec, operands, g, options), kept: undefined }),
  gradients: (rec, { x }, dy, g) => ({ dx: undefined, ...grayGradients(rec, x, dy, g) }),
  blockGradients(rec, { x }, gradient, g, { inputGradient }) {
    if (inputGradient || !computesDy(gradient, g)) return undefined;
    return { dx: undefined, ...grayGradients(rec, x, gradient, g) };
  },
  block: grayBlock,
};

/** Whether the kernels cover a convolution. */
export function grayFits(g: ConvGeometry): boolean {
  return g.ic === 1 && g.kh === 3 && g.kw === 3 && g.stride_y === 1 && g.stride_x === 1 && g.oc % 4 === 0;
}

function common({ b, h, w, oh, ow, oc, pad_top, pad_left }: ConvGeometry) {
  return {
    b,
    h,
    w,
    oh,
    ow,
    oc4: oc / 4,
    pad_top,
    pad_left,
    has_bias: 0,
    chunks: 0,
    elu: 0,
    moments: 0,
    alpha: 0,
    keep_scale: 1,
  };
}

/** The least number of pixels or windows in a run, a part of a row that one thread processes. */
const RUN = 8;

/** Number of runs in a row of `across` pixels or windows. All runs of a row have the same, even length. */
function equalRuns(grain: Grain, across: number): number {
  if (grain === 'coarse') return 1;
  let runs = Math.max(1, Math.floor(across / RUN));
  while (across % (2 * runs) !== 0 && runs > 1) runs--;
  return runs;
}

/** y = conv(x, weight) + bias, [B, OH, OW, OC], and the extras asked for. A chunk of moments is a run of a row of y, or of two rows. */
function grayForward(
  rec: Recorder,
  { x, weight, bias }: ConvOperands,
  g: ConvGeometry,
  { alpha, moments = false, gamma }: ConvExtraOptions,
): { y: Tensor } & ConvExtras {
  const y = rec.alloc([g.b, g.oh, g.ow, g.oc], 'y');
  const size = gamma !== undefined && g.oh % 2 === 0 ? 2 : 1;
  const grain = grainOf(rec.gpu);
  const runs = equalRuns(grain, g.ow);
  const rows = (g.b * g.oh) / size;
  const { bind, collect } = allocExtras(rec, g, moments ? rows * runs : undefined, size === 2);
  rec.dispatch(forwardKernel, {
    // The bindings need buffers even without a bias or gamma. The kernel does not read them.
    bind: { x, weight, bias: bias ?? weight, gamma: gamma ?? weight, y, ...bind },
    params: {
      ...common(g),
      has_bias: Number(bias !== undefined),
      elu: Number(alpha !== undefined),
      moments: Number(moments),
      alpha: alpha ?? 0,
    },
    constants: { SIZE: size, BLOCK: 'false', ...grainConstants(grain) },
    workgroups: Math.ceil((rows * g.oc) / 4 / GROUP),
    depth: runs,
  });
  return { y, ...collect() };
}

/** The whole inference block in one kernel: [B, OH / size, OW / size, OC]. */
function grayBlock(
  rec: Recorder,
  { x, weight, bias }: ConvOperands,
  { scale, offset, alpha, poolSize }: BlockEnd,
  g: ConvGeometry,
): Tensor {
  const [oh, ow] = [Math.floor(g.oh / poolSize), Math.floor(g.ow / poolSize)];
  const pooled = rec.alloc([g.b, oh, ow, g.oc], 'y');
  rec.dispatch(blockKernel, {
    bind: { x, weight, bias: bias ?? weight, scale, offset, pooled },
    params: { ...common(g), oh, ow, has_bias: Number(bias !== undefined), alpha },
    constants: { SIZE: poolSize, BLOCK: 'false', ...grainConstants(grainOf(rec.gpu)) },
    workgroups: Math.ceil((g.b * oh * g.oc) / 4 / GROUP),
  });
  return pooled;
}

/** Whether the kernel can compute dy as it reads it: for blocks without pooling, or whose 2 x 2 windows cover the map. */
function computesDy({ options }: BlockGradient, g: ConvGeometry): boolean {
  return endsInNorm(options) || (options.poolSize === 2 && g.oh % 2 === 0 && g.ow % 2 === 0);
}

/** dw [3, 3, 1, OC] and db [OC], from dy or from the gradient of the block. db costs nothing extra. */
function grayGradients(
  rec: Recorder,
  x: Tensor,
  gradient: Tensor | BlockGradient,
  g: ConvGeometry,
): { dw: Tensor; db: Tensor } {
  const plain = gradient instanceof Tensor;
  const size = plain ? 1 : gradient.options.poolSize;
  const scales = plain ? {} : { alpha: gradient.options.alpha, keep_scale: keepScale(gradient.options) };
  // The bindings need buffers even without a block. The kernel does not read them.
  const unused = { e: x, winner: x, coefficients: x };
  const { dy, e, winner, coefficients } = plain ? { dy: gradient, ...unused } : gradient;
  const oc4 = g.oc / 4;
  const grain = grainOf(rec.gpu);
  const runs = equalRuns(grain, g.ow / size);
  const rows = (g.b * g.oh) / size;
  const chunks = grain === 'fine' ? rows : Math.min(rows, Math.ceil(BUSY / oc4));
  const partial = rec.alloc([runs * chunks, 10, g.oc], 'partial');
  rec.dispatch(weightGradientKernel, {
    bind: { x, dy, e, winner, coefficients, partial },
    params: { ...common(g), chunks, ...scales },
    constants: { SIZE: size, BLOCK: String(!plain), ...grainConstants(grain) },
    workgroups: Math.ceil((chunks * oc4) / GROUP),
    depth: runs,
  });
  const dw = rec.alloc([3, 3, 1, g.oc], 'dw');
  const db = rec.alloc([g.oc], 'db');
  rec.dispatch(foldKernel, {
    bind: { partial, dw, db },
    params: { ...common(g), chunks: runs * chunks },
    constants: { SIZE: 1, BLOCK: 'false', ...grainConstants(grain) },
    workgroups: mergeGroups(grain, 10 * oc4),
  });
  rec.release(partial);
  return { dw, db };
}
