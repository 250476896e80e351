import type { Gpu } from '../device.js';
import type { Recorder } from '../recorder.js';
import type { Shape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { choose, type Tunable } from '../tuning.js';
import {
  type ConvOperands,
  directForward,
  directWeightGradient,
  naiveInputGradient,
  subgroupFits,
} from './conv2d_direct.js';
import type { ConvExtraOptions } from './conv2d_extras.js';
import { flip } from './conv2d_flip.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import { grayBlock, grayBlockFits, grayFits, grayForward, grayGradients } from './conv2d_gray.js';
import {
  type ConvOutput,
  type Edge,
  fewestPoints,
  type WinogradKept,
  winogradBlock,
  winogradBlockFits,
  winogradFits,
  winogradForward,
} from './conv2d_winograd.js';
import { blockPointsFit } from './conv2d_winograd_block.js';
import { tilesOnPatches, winogradGradients } from './conv2d_winograd_gradient.js';
import { eluForward } from './elu.js';
import { type BlockGradient, blockGradient } from './elu_norm_pool.js';
import { applyBlockEnd, type BlockEnd } from './inference_block.js';
import { columnSums } from './reduce.js';
import type { Format } from './storage.js';

/**
 * Every convolution goes through here: this file knows the ways to compute one, and the tuning of the device says which
 * is taken. A new way needs a `fits`, and a line in each switch below that it serves.
 */
export type ConvWay = 'naive' | 'subgroup' | 'gray' | 'winograd4' | 'winograd6';

const edgeOf = (way: 'winograd4' | 'winograd6'): Edge => (way === 'winograd4' ? 4 : 6);

/** The ways that fit, the best guess first. */
function waysFor(gpu: Gpu, g: ConvGeometry): [ConvWay, ...ConvWay[]] {
  const ways: ConvWay[] = ['naive'];
  if (subgroupFits(gpu, g)) ways.unshift('subgroup');
  const edges: readonly Edge[] = fewestPoints(g) === 4 ? [6, 4] : [4, 6];
  for (const edge of edges) if (winogradFits(gpu, g, edge)) ways.unshift(`winograd${edge}`);
  if (grayFits(g)) ways.unshift('gray');
  return ways as [ConvWay, ...ConvWay[]];
}

const shapesOf = (g: ConvGeometry) => ({
  x: [g.b, g.h, g.w, g.ic],
  weight: [g.kh, g.kw, g.ic, g.oc],
  bias: [g.oc],
  dy: [g.b, g.oh, g.ow, g.oc],
});

/** What a pass over one convolution is called in a tuning table. */
function tunable(
  gpu: Gpu,
  pass: string,
  g: ConvGeometry,
  inputs: readonly Shape[],
  trial: Tunable<ConvWay>['trial'],
): Tunable<ConvWay> {
  const extents = `${pass} [${g.b}, ${g.h}, ${g.w}, ${g.ic}] -> [${g.oh}, ${g.ow}, ${g.oc}], ${g.kh} x ${g.kw} / ${g.stride}`;
  return { family: 'conv2d', extents, candidates: waysFor(gpu, g), inputs, trial };
}

/** The way of a layer in training: forward and gradients together, because one may keep for the other. */
function trainingWay(gpu: Gpu, g: ConvGeometry): ConvWay {
  const { x, weight, bias, dy } = shapesOf(g);
  return choose(
    gpu,
    tunable(gpu, 'training', g, [x, weight, bias, dy], (rec, way, [tx, tw, tb, tdy]) => {
      const operands = { x: tx as Tensor, weight: tw as Tensor, bias: tb };
      const { y, kept } = forwardBy(way, rec, operands, g, { keep: true, prepare: rec, alpha: 1 });
      const inputGradient = !grayFits(g); // a layer of gray images is the first, which needs none
      const { dx, dw, db } = gradientsBy(way, rec, operands, tdy as Tensor, g, { kept, inputGradient });
      return [y, dw, db, ...(dx === undefined ? [] : [dx])];
    }),
  );
}

/** The way of a forward pass alone: inference without a block, and the input gradient, which is one too. */
function forwardWay(gpu: Gpu, g: ConvGeometry): ConvWay {
  const { x, weight } = shapesOf(g);
  return choose(
    gpu,
    tunable(gpu, 'forward', g, [x, weight], (rec, way, [tx, tw]) => {
      const operands = { x: tx as Tensor, weight: tw as Tensor, bias: undefined };
      return [forwardBy(way, rec, operands, g, { keep: false, prepare: rec }).y];
    }),
  );
}

/** Whether the way that a layer in training takes applies an `affine` to x. */
export function takesAffine(gpu: Gpu, g: ConvGeometry): boolean {
  return trainingWay(gpu, g).startsWith('winograd');
}

interface ForwardOptions extends ConvExtraOptions {
  /** Whether a backward pass follows. */
  readonly keep: boolean;
  /** Where what depends on the weights alone is recorded. */
  readonly prepare: Recorder;
  readonly format?: Format;
}

function forwardBy(
  way: ConvWay,
  rec: Recorder,
  operands: ConvOperands,
  g: ConvGeometry,
  { keep, prepare, format = 'f32', ...extras }: ForwardOptions,
): ConvOutput {
  if (operands.affine !== undefined && !way.startsWith('winograd'))
    throw new Error(`${way}: takes no affine`);
  switch (way) {
    case 'winograd4':
    case 'winograd6':
      return winogradForward(rec, operands, g, { edge: edgeOf(way), format, keep, prepare, ...extras });
    case 'gray':
      return { ...grayForward(rec, operands, g, extras), kept: undefined };
    default:
      return {
        y: activated(rec, directForward(rec, operands, g, way), extras.alpha),
        ...{ kept: undefined, moments: undefined, winner: undefined },
      };
  }
}

function gradientsBy(
  way: ConvWay,
  rec: Recorder,
  operands: Omit<ConvOperands, 'bias'>,
  dy: Tensor,
  g: ConvGeometry,
  { kept, inputGradient = true }: GradientOptions,
): ConvGradients {
  const { x, weight } = operands;
  switch (way) {
    case 'winograd4':
    case 'winograd6': {
      const options = { edge: edgeOf(way), kept, inputGradient };
      const { dx, ...rest } = winogradGradients(rec, operands, dy, g, options);
      const missing = inputGradient && dx === undefined;
      return { dx: missing ? conv2dInputGradient(rec, dy, weight, g) : dx, ...rest };
    }
    default: {
      const dx = inputGradient ? conv2dInputGradient(rec, dy, weight, g) : undefined;
      if (way === 'gray') return { dx, ...grayGradients(rec, x, dy, g) };
      return { dx, dw: directWeightGradient(rec, x, dy, g, way), db: biasGradient(rec, dy) };
    }
  }
}

/** elu(y) in place of y, for ways that cannot do it as they store. */
function activated(rec: Recorder, y: Tensor, alpha: number | undefined): Tensor {
  if (alpha === undefined) return y;
  const e = eluForward(rec, y, alpha);
  rec.release(y);
  return e;
}

export interface ConvForwardOptions extends ConvExtraOptions {
  /** Whether a backward pass follows; default false. */
  readonly training?: boolean;
  /** Where what depends on the weights alone is recorded; default: with the rest. */
  readonly prepare?: Recorder;
  /** How Winograd's ways store what lies between their kernels, for the gradients too; default f32. */
  readonly format?: Format;
}

/**
 * y = conv(x, weight) + bias: [B, OH, OW, OC]; elu of it, if there is an alpha. With `training` also what
 * `conv2dGradients` can use again: some ways have already brought x and the weight into another form. Moments are made in
 * many small chunks: on software Vulkan alone, as a GPU would merge so many more slowly than it reads y again.
 */
export function conv2dForward(
  rec: Recorder,
  operands: ConvOperands,
  g: ConvGeometry,
  { training = false, prepare = rec, moments = false, ...options }: ConvForwardOptions = {},
): ConvOutput {
  const way = training ? trainingWay(rec.gpu, g) : forwardWay(rec.gpu, g);
  const wanted = moments && rec.gpu.info.software;
  return forwardBy(way, rec, operands, g, { ...options, keep: training, prepare, moments: wanted });
}

export interface GradientOptions {
  /** What the forward pass kept, which is released. */
  readonly kept?: WinogradKept | undefined;
  /** Whether dx is made; default true. A first layer's input is data: its gradient, a third of the work, is of no use. */
  readonly inputGradient?: boolean;
}

export interface ConvGradients {
  /** [B, H, W, IC]; undefined without `inputGradient`. */
  readonly dx: Tensor | undefined;
  /** [KH, KW, IC, OC]. */
  readonly dw: Tensor;
  /** [OC]. */
  readonly db: Tensor;
}

/**
 * All gradients of a convolution that was recorded for training, from dy [B, OH, OW, OC], or from what that is made of in a
 * block: some ways never store it.
 */
export function conv2dGradients(
  rec: Recorder,
  operands: Omit<ConvOperands, 'bias'>,
  dy: Tensor | BlockGradient,
  g: ConvGeometry,
  options: GradientOptions = {},
): ConvGradients {
  const way = trainingWay(rec.gpu, g);
  if (dy instanceof Tensor) return gradientsBy(way, rec, operands, dy, g, options);
  const { kept, inputGradient = true } = options;
  if ((way === 'winograd4' || way === 'winograd6') && blockPointsFit(rec.gpu, dy)) {
    if (tilesOnPatches(g) || !inputGradient)
      return winogradGradients(rec, operands, dy, g, { edge: edgeOf(way), kept, inputGradient });
  }
  if (way === 'gray' && grayBlockFits(dy, g) && !inputGradient)
    return { dx: undefined, ...grayGradients(rec, operands.x, dy, g) };
  const dz = blockGradient(rec, dy);
  const gradients = gradientsBy(way, rec, operands, dz, g, options);
  rec.release(dz);
  return gradients;
}

/**
 * dx [B, H, W, IC] alone from dy [B, OH, OW, OC], as a layer with frozen weights needs it: with stride 1 the convolution
 * of dy with the kernel turned round.
 */
export function conv2dInputGradient(rec: Recorder, dy: Tensor, weight: Tensor, g: ConvGeometry): Tensor {
  if (g.stride !== 1) return naiveInputGradient(rec, dy, weight, g);
  const turned = {
    ...g,
    ...{ h: g.oh, w: g.ow, ic: g.oc, oh: g.h, ow: g.w, oc: g.ic },
    ...{ pad_top: g.kh - 1 - g.pad_top, pad_left: g.kw - 1 - g.pad_left },
  };
  const way = forwardWay(rec.gpu, turned);
  if (way === 'naive') return naiveInputGradient(rec, dy, weight, g);
  const flipped = flip(rec, weight, { taps: g.kh * g.kw, ic: g.ic, oc: g.oc });
  const operands = { x: dy, weight: flipped, bias: undefined };
  const { y } = forwardBy(way, rec, operands, turned, { keep: false, prepare: rec });
  rec.release(flipped);
  return y;
}

/** A convolution and the end of its block, for inference: [B, OH / size, OW / size, OC]; OC in fours. */
export function conv2dBlock(
  rec: Recorder,
  prepare: Recorder,
  operands: ConvOperands,
  end: BlockEnd,
  g: ConvGeometry,
): Tensor {
  const { x, weight, bias } = shapesOf(g);
  const way = choose(
    rec.gpu,
    tunable(
      rec.gpu,
      `block ${end.poolSize}`,
      g,
      [x, weight, bias, bias, bias],
      (trial, candidate, [tx, tw, tb, scale, offset], once) => {
        const own = { x: tx as Tensor, weight: tw as Tensor, bias: tb };
        const ownEnd = { ...end, scale: scale as Tensor, offset: offset as Tensor };
        return [blockBy(candidate, trial, once, own, ownEnd, g)];
      },
    ),
  );
  return blockBy(way, rec, prepare, operands, end, g);
}

function blockBy(
  way: ConvWay,
  rec: Recorder,
  prepare: Recorder,
  operands: ConvOperands,
  end: BlockEnd,
  g: ConvGeometry,
): Tensor {
  if (way === 'gray') return grayBlock(rec, operands, end, g);
  if ((way === 'winograd4' || way === 'winograd6') && winogradBlockFits(edgeOf(way), end.poolSize)) {
    return winogradBlock(rec, operands, end, g, { edge: edgeOf(way), format: 'f32', prepare });
  }
  const { y } = forwardBy(way, rec, operands, g, { keep: false, prepare });
  const out = applyBlockEnd(rec, y, end);
  rec.release(y);
  return out;
}

/** db [OC] from dy [..., OC]. */
export function biasGradient(rec: Recorder, dy: Tensor): Tensor {
  return columnSums(rec, dy, dy.shape, 'db');
}
