import { eightLanes } from '../adapter.js';
import { defineKernel } from '../kernel.js';
import { FORWARD, forwardCall, outputOf, WEIGHT_GRADIENT, weightGradientInSplits } from './conv2d_direct.js';
import { tilesBlock, tilesFit } from './conv2d_tiles.js';
import type { ConvWay } from './conv2d_way.js';
import { biasGradient } from './reduce.js';

/** Host side of shaders/conv2d_subgroup.wgsl. */
const forwardKernel = defineKernel('conv2d_subgroup', 'forward', FORWARD);
const weightGradientKernel = defineKernel('conv2d_subgroup', 'weight_gradient', WEIGHT_GRADIENT);

/** Height of a weight gradient's register tile, in blocks of 8 rows. Its width depends on the number of channels. */
const BLOCKS = 2;
/** Possible heights of a forward pass's tile, whose width is 32 channels. */
const HEIGHTS = [5, 3, 2, 1] as const;
/** The cost of loading W for a tile, in rows of arithmetic. */
const LOADING = 8;
/** Workgroups (of one subgroup each) that keep a device busy in a weight gradient. */
const BUSY = 48;

/** The tile height with the least cost for so many pixels, in blocks of 8. */
function heightFor(pixels: number): number {
  const cost = (blocks: number): number => Math.ceil(pixels / (8 * blocks)) * (8 * blocks + LOADING);
  return HEIGHTS.reduce((best, blocks) => (cost(blocks) < cost(best) ? blocks : best));
}

/** How register tiles cover a matrix of `rows` x `oc`: shader constants, and the number of tiles. */
function tiles(rows: number, oc: number) {
  const QUADS = oc <= 32 ? 1 : 2;
  return {
    constants: { BLOCKS, QUADS },
    count: Math.ceil(rows / (BLOCKS * 8)) * Math.ceil(oc / (QUADS * 32)),
  };
}

/** Register tiles on subgroups of 8 lanes: any convolution whose output channels are a multiple of 4. */
export const subgroup: ConvWay = {
  name: 'subgroup',
  fits: (gpu, { oc }) => eightLanes(gpu) && oc % 4 === 0,
  takesAffine: false,

  forward(rec, operands, g, { alpha }) {
    const { y, call } = forwardCall(rec, operands, g);
    const pixels = g.b * g.oh * g.ow;
    const blocks = heightFor(pixels);
    rec.dispatch(forwardKernel, {
      ...call,
      constants: { BLOCKS: blocks, QUADS: 1 },
      workgroups: Math.ceil(pixels / (8 * blocks)) * Math.ceil(g.oc / 32),
    });
    return outputOf(rec, y, alpha);
  },

  gradients(rec, { x }, dy, g) {
    const { constants, count } = tiles(g.kh * g.kw * g.ic, g.oc);
    const dw = weightGradientInSplits(rec, [x, dy], g, { units: count, busy: BUSY }, (call, splits) =>
      rec.dispatch(weightGradientKernel, { ...call, constants, workgroups: count * splits }),
    );
    return { dx: undefined, dw, db: biasGradient(rec, dy) };
  },

  block: (rec, operands, end, g, prepare) =>
    tilesFit(g, end.poolSize) ? tilesBlock(rec, prepare, operands, end, g) : undefined,
};
