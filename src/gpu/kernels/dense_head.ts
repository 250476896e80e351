import { eightLanes } from '../adapter.js';
import type { Gpu } from '../device.js';
import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { expectShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { choose } from '../tuning.js';
import { type DenseWeights, denseBlockInfer, denseForward, denseGeometry } from './dense.js';
import { packWeights } from './few_rows.js';
import type { BlockEnd } from './inference_block.js';
import { softmaxForward } from './softmax.js';

/** Host side of shaders/dense_head.wgsl. */
const forwardKernel = defineKernel('dense_head', 'forward', {
  reads: ['x', 'packed', 'scales', 'bias', 'factor', 'offset', 'class_weight', 'class_bias'],
  writes: ['probabilities'],
  params: { k: 'u32', steps: 'u32', alpha: 'f32' },
});

/** The largest batch for which one dispatch is the best guess. It reads all weights once per image. */
const FEW = 2;

/** What the end of a network is computed from. */
export interface HeadOperands {
  /** [B, IC] */
  readonly x: Tensor;
  /** The last dense block; its units are a multiple of 4. */
  readonly block: DenseWeights;
  /** How the block ends. */
  readonly end: BlockEnd;
  /** The dense layer of the classes. */
  readonly last: DenseWeights;
}

/** whole: the end of the network in one dispatch; layers: at least one dispatch per layer. */
type HeadWay = 'whole' | 'layers';

/**
 * The end of a network in inference: its last dense block, the dense layer of the classes, and softmax. Returns the probabilities
 * [B, classes]. Throws ShapeError.
 * @param prepare recorder for work that depends on the weights alone
 */
export function denseHead(rec: Recorder, prepare: Recorder, operands: HeadOperands): Tensor {
  const { x, block, end, last } = operands;
  const { b, ic, oc } = denseGeometry(x.shape, block.kernel.shape);
  expectShape('dense_head', 'the last weight is [units, classes]', last.kernel.shape, [oc, null]);
  const classes = last.kernel.shape[1] as number;
  const way = choose<HeadWay>(rec.gpu, {
    family: 'head',
    extents: `[${b}, ${ic}] -> ${oc} -> ${classes}`,
    candidates: waysFor(rec.gpu, b),
    inputs: [[b, ic], [ic, oc], [oc], [oc], [oc], [oc, classes], [classes]],
    trial: (trial, candidate, inputs, once) => {
      const [tx, kernel, bias, scale, offset, lastKernel, lastBias] = inputs as Tensor[];
      const given = {
        ...{ x: tx, block: { kernel, bias }, end: { ...end, scale, offset } },
        last: { kernel: lastKernel, bias: lastBias },
      } as HeadOperands;
      return [headBy(candidate, trial, once, given)];
    },
  });
  return headBy(way, rec, prepare, operands);
}

function waysFor(gpu: Gpu, b: number): [HeadWay, ...HeadWay[]] {
  if (!eightLanes(gpu)) return ['layers'];
  return b <= FEW ? ['whole', 'layers'] : ['layers', 'whole'];
}

function headBy(way: HeadWay, rec: Recorder, prepare: Recorder, operands: HeadOperands): Tensor {
  if (way === 'whole') return headAtOnce(rec, prepare, operands);
  const { x, block, end, last } = operands;
  const g = denseGeometry(x.shape, block.kernel.shape);
  const u = denseBlockInfer(rec, prepare, x, block, g, end);
  const own = denseGeometry(u.shape, last.kernel.shape);
  const logits = denseForward(rec, u, last.kernel, last.bias, own, false);
  const probabilities = softmaxForward(rec, logits);
  for (const tensor of [u, logits]) rec.release(tensor);
  return probabilities;
}

function headAtOnce(
  rec: Recorder,
  prepare: Recorder,
  { x, block: { kernel, bias }, end: { scale, offset, alpha }, last }: HeadOperands,
): Tensor {
  const [k, units] = kernel.shape as [number, number];
  const [b, classes] = [x.shape[0] as number, last.bias.size];
  const { packed, scales, sizes } = packWeights(prepare, kernel, { batch: 1, k, n: units });
  const probabilities = rec.alloc([b, classes], 'probabilities');
  rec.dispatch(forwardKernel, {
    bind: {
      ...{ x, packed, scales, bias, factor: scale, offset },
      ...{ class_weight: last.kernel, class_bias: last.bias, probabilities },
    },
    params: { k, steps: sizes.steps, alpha },
    constants: { UNITS: units, CLASSES: classes },
    workgroups: 1,
    depth: b,
  });
  for (const tensor of [packed, scales]) rec.release(tensor); // has no effect if `prepare` is another recorder
  return probabilities;
}
