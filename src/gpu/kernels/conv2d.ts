import type { Gpu } from '../device.js';
import type { Recorder } from '../recorder.js';
import { plainExtent, type Shape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { choose, type Tunable } from '../tuning.js';
import { flip } from './conv2d_flip.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import { gray, grayFits } from './conv2d_gray.js';
import { naive, naiveInputGradient } from './conv2d_naive.js';
import { subgroup } from './conv2d_subgroup.js';
import { tilesFit } from './conv2d_tiles.js';
import type {
  ConvExtraOptions,
  ConvGradients,
  ConvOperands,
  ConvOutput,
  ConvWay,
  ConvWayName,
  GradientOperands,
  GradientOptions,
} from './conv2d_way.js';
import { cheapestEdge } from './conv2d_winograd.js';
import { winograd4, winograd6 } from './conv2d_winograd_way.js';
import { type BlockGradient, computeDz } from './elu_norm_pool.js';
import { applyBlockEnd, type BlockEnd } from './inference_block.js';
import type { Format } from './storage.js';

/**
 * All ways to compute a convolution. The tuning of the device chooses one per layer shape. A new way needs an object like
 * these in a file of its own, its name in `ConvWayName`, its entry in this list, its place in `waysFor`, and a row with the
 * shapes to check in `WAYS` of src/check/conv_cases.ts.
 */
const WAYS: Readonly<Record<ConvWayName, ConvWay>> = { gray, winograd4, winograd6, subgroup, naive };

/** The largest batch for which one dispatch beats the three of Winograd's algorithm, although that multiplies less. */
const FEW = 2;

/** The ways that apply to a convolution, the best guess first. @param tiled whether `subgroup` computes the whole block in one dispatch */
function waysFor(gpu: Gpu, g: ConvGeometry, tiled: boolean): [ConvWayName, ...ConvWayName[]] {
  const winograd = cheapestEdge(g) === 4 ? [winograd4, winograd6] : [winograd6, winograd4];
  const general = tiled && g.b <= FEW ? [subgroup, ...winograd] : [...winograd, subgroup];
  const [first = naive, ...rest] = [gray, ...general, naive].filter((way) => way.fits(gpu, g));
  return [first.name, ...rest.map(({ name }) => name)];
}

const shapesOf = (g: ConvGeometry) => ({
  x: [g.b, g.h, g.w, g.ic],
  weight: [g.kh, g.kw, g.ic, g.oc],
  bias: [g.oc],
  dy: [g.b, g.oh, g.ow, g.oc],
});

/**
 * The way that the tuning chooses for one pass of a convolution.
 * @param pass name of the pass in the tuning table @param trial records one way, to time and compare it @param tiled see `waysFor`
 */
function chosen(
  gpu: Gpu,
  pass: string,
  g: ConvGeometry,
  inputs: readonly Shape[],
  trial: (rec: Recorder, way: ConvWay, inputs: readonly Tensor[], prepare: Recorder) => readonly Tensor[],
  tiled = false,
): ConvWay {
  const extents = `${pass} [${g.b}, ${g.h}, ${g.w}, ${g.ic}] -> [${g.oh}, ${g.ow}, ${g.oc}], ${g.kh} x ${g.kw} / ${plainExtent([g.stride_y, g.stride_x])}`;
  const tunable: Tunable<ConvWayName> = {
    ...{ family: 'conv2d', extents, candidates: waysFor(gpu, g, tiled), inputs },
    trial: (rec, name, tensors, prepare) => trial(rec, WAYS[name], tensors, prepare),
  };
  return WAYS[choose(gpu, tunable)];
}

/** The way of a layer in training. One way for forward and gradients, because the forward pass may keep tensors for them. */
function trainingWay(gpu: Gpu, g: ConvGeometry): ConvWay {
  const { x, weight, bias, dy } = shapesOf(g);
  return chosen(gpu, 'training', g, [x, weight, bias, dy], (rec, way, [tx, tw, tb, tdy]) => {
    const operands = { x: tx as Tensor, weight: tw as Tensor, bias: tb };
    const { y, kept } = way.forward(rec, operands, g, { keep: true, prepare: rec, alpha: 1 });
    const inputGradient = !grayFits(g); // a layer over gray images is the first one: it needs no dx
    const { dx, dw, db } = gradientsBy(way, rec, operands, tdy as Tensor, g, { kept, inputGradient });
    return [y, dw, db, ...(dx === undefined ? [] : [dx])];
  });
}

/** The way of a forward pass alone: for inference without a fused block, and for input gradients, which have that form. */
function forwardWay(gpu: Gpu, g: ConvGeometry): ConvWay {
  const { x, weight } = shapesOf(g);
  return chosen(gpu, 'forward', g, [x, weight], (rec, way, [tx, tw]) => {
    const operands = { x: tx as Tensor, weight: tw as Tensor, bias: undefined };
    return [way.forward(rec, operands, g, { keep: false, prepare: rec }).y];
  });
}

/** Whether the way that a layer takes in training can apply an `affine` to x. */
export function takesAffine(gpu: Gpu, g: ConvGeometry): boolean {
  return trainingWay(gpu, g).takesAffine;
}

export interface ConvForwardOptions extends ConvExtraOptions {
  /** Whether a backward pass follows; default false. */
  readonly training?: boolean;
  /** Recorder for work that depends on the weights alone; default: the main one. */
  readonly prepare?: Recorder;
  /** Storage format of the tensors between Winograd's kernels, also in the backward pass; default f32. */
  readonly format?: Format;
}

/**
 * y = conv(x, weight) + bias, [B, OH, OW, OC]; with an `alpha`, elu(y). With `training`, `kept` holds transformed tensors
 * that `conv2dGradients` can reuse. Throws Error for an `affine` where `takesAffine` is false.
 */
export function conv2dForward(
  rec: Recorder,
  operands: ConvOperands,
  g: ConvGeometry,
  { training = false, prepare = rec, ...options }: ConvForwardOptions = {},
): ConvOutput {
  const way = training ? trainingWay(rec.gpu, g) : forwardWay(rec.gpu, g);
  if (operands.affine !== undefined && !way.takesAffine)
    throw new Error(`conv2d way ${way.name} cannot apply an affine`);
  return way.forward(rec, operands, g, { ...options, keep: training, prepare });
}

/**
 * All gradients of a convolution recorded for training, from dy [B, OH, OW, OC] or from the gradient of its fused block.
 * Some ways consume the latter without ever storing the block's dz.
 */
export function conv2dGradients(
  rec: Recorder,
  operands: GradientOperands,
  dy: Tensor | BlockGradient,
  g: ConvGeometry,
  { kept, inputGradient = true }: Partial<GradientOptions> = {},
): ConvGradients {
  const way = trainingWay(rec.gpu, g);
  const options = { kept, inputGradient };
  if (dy instanceof Tensor) return gradientsBy(way, rec, operands, dy, g, options);
  const gradients = way.blockGradients?.(rec, operands, dy, g, options);
  if (gradients !== undefined) return gradients;
  const dz = computeDz(rec, dy);
  const made = gradientsBy(way, rec, operands, dz, g, options);
  rec.release(dz);
  return made;
}

/** The gradients by one way. Where it has no input gradient of its own, `conv2dInputGradient` computes dx. */
function gradientsBy(
  way: ConvWay,
  rec: Recorder,
  operands: GradientOperands,
  dy: Tensor,
  g: ConvGeometry,
  options: GradientOptions,
): ConvGradients {
  const { dx, dw, db } = way.gradients(rec, operands, dy, g, options);
  const missing = options.inputGradient && dx === undefined;
  return { dx: missing ? conv2dInputGradient(rec, dy, operands.weight, g) : dx, dw, db };
}

/**
 * dx [B, H, W, IC] alone, from dy [B, OH, OW, OC]: all that a layer with frozen weights needs. With stride 1 it is the
 * convolution of dy with the kernel rotated by 180 degrees.
 */
export function conv2dInputGradient(rec: Recorder, dy: Tensor, weight: Tensor, g: ConvGeometry): Tensor {
  if (g.stride_y !== 1 || g.stride_x !== 1) return naiveInputGradient(rec, dy, weight, g);
  const rotated = {
    ...g,
    ...{ h: g.oh, w: g.ow, ic: g.oc, oh: g.h, ow: g.w, oc: g.ic },
    ...{ pad_top: g.kh - 1 - g.pad_top, pad_left: g.kw - 1 - g.pad_left },
  };
  const way = forwardWay(rec.gpu, rotated);
  if (way === naive) return naiveInputGradient(rec, dy, weight, g);
  const flipped = flip(rec, weight, { taps: g.kh * g.kw, ic: g.ic, oc: g.oc });
  const operands = { x: dy, weight: flipped, bias: undefined };
  const { y } = way.forward(rec, operands, rotated, { keep: false, prepare: rec });
  rec.release(flipped);
  return y;
}

/**
 * A convolution and the end of its block, for inference: [B, OH / size, OW / size, OC]; OC a multiple of 4.
 * @param prepare recorder for work that depends on the weights alone
 */
export function conv2dBlock(
  rec: Recorder,
  prepare: Recorder,
  operands: ConvOperands,
  end: BlockEnd,
  g: ConvGeometry,
): Tensor {
  const { x, weight, bias } = shapesOf(g);
  const inputs = [x, weight, bias, bias, bias];
  const way = chosen(
    rec.gpu,
    `block ${end.poolSize}`,
    g,
    inputs,
    (trial, candidate, [tx, tw, tb, scale, offset], once) => {
      const own = { x: tx as Tensor, weight: tw as Tensor, bias: tb };
      const ownEnd = { ...end, scale: scale as Tensor, offset: offset as Tensor };
      return [blockBy(candidate, trial, once, own, ownEnd, g)];
    },
    tilesFit(g, end.poolSize),
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
  const whole = way.block?.(rec, operands, end, g, prepare);
  if (whole !== undefined) return whole;
  const { y } = way.forward(rec, operands, g, { keep: false, prepare });
  const out = applyBlockEnd(rec, y, end);
  rec.release(y);
  return out;
}
