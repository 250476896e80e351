import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { expectShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/softmax_cross_entropy.wgsl. */
const params = { b: 'u32', c: 'u32', smoothing: 'f32', mixed: 'u32', soft: 'u32' } as const;
const forwardKernel = defineKernel('softmax_cross_entropy', 'forward', {
  reads: ['logits', 'labels', 'weights', 'mix_of', 'soft_of'],
  writes: ['probabilities', 'losses', 'predicted'],
  params,
});
const backwardKernel = defineKernel('softmax_cross_entropy', 'backward', {
  reads: ['probabilities', 'labels', 'weights', 'mix_of', 'soft_of'],
  writes: ['dlogits'],
  params,
});

/** Per sample: probabilities [B, C], losses [B], predicted class [B] (u32). */
export interface LossParts {
  readonly probabilities: Tensor;
  readonly losses: Tensor;
  readonly predicted: Tensor;
}

/** What the loss compares the probabilities with. */
export interface Targets {
  /** [B] (u32). */
  readonly labels: Tensor;
  /** Weights of the classes [C]. */
  readonly weights: Tensor;
  /** Label smoothing, 0 to 1. */
  readonly smoothing: number;
  /** [B, MIX_WORDS]: how the images were mixed. */
  readonly mix?: Tensor | undefined;
  /** [B, C]: distributions in place of the labels. The labels still select the class weights. */
  readonly soft?: Tensor | undefined;
}

/** The bindings need buffers even without a mix or distributions. The kernels do not read those. */
const optionalBindings = ({ mix, soft, labels, weights }: Targets) => ({
  mix_of: mix ?? labels,
  soft_of: soft ?? weights,
});
const flags = ({ mix, soft }: Targets) => ({
  mixed: Number(mix !== undefined),
  soft: Number(soft !== undefined),
});

/** Probabilities, losses and predictions from logits [B, C]. Throws ShapeError. */
export function softmaxCrossEntropyForward(rec: Recorder, logits: Tensor, targets: Targets): LossParts {
  const { labels, weights, smoothing } = targets;
  expectShape('softmax_cross_entropy', 'logits are [B, C]', logits.shape, [null, null]);
  const [b, c] = logits.shape as [number, number];
  expectShape('softmax_cross_entropy', 'labels are [B]', labels.shape, [b]);
  if (targets.soft !== undefined) {
    expectShape('softmax_cross_entropy', 'distributions are [B, C]', targets.soft.shape, [b, c]);
  }
  const probabilities = rec.alloc([b, c], 'probabilities');
  const losses = rec.alloc([b], 'losses');
  const predicted = rec.alloc([b], 'predicted');
  rec.dispatch(forwardKernel, {
    bind: { logits, labels, weights, ...optionalBindings(targets), probabilities, losses, predicted },
    params: { b, c, smoothing, ...flags(targets) },
    workgroups: Math.ceil(b / GROUP),
  });
  return { probabilities, losses, predicted };
}

/** dlogits [B, C]: the gradient of the mean loss with respect to the logits. */
export function softmaxCrossEntropyBackward(rec: Recorder, probabilities: Tensor, targets: Targets): Tensor {
  const { labels, weights, smoothing } = targets;
  const [b, c] = probabilities.shape as [number, number];
  const dlogits = rec.alloc([b, c], 'dlogits');
  rec.dispatch(backwardKernel, {
    bind: { probabilities, labels, weights, ...optionalBindings(targets), dlogits },
    params: { b, c, smoothing, ...flags(targets) },
    workgroups: Math.ceil(dlogits.size / GROUP),
  });
  return dlogits;
}
