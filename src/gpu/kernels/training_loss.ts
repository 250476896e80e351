import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { expectShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { MetricTensors } from './metrics.js';
import type { Targets } from './softmax_cross_entropy.js';

/** Host side of shaders/training_loss.wgsl. */
const kernel = defineKernel('training_loss', 'gradient_and_metrics', {
  reads: ['logits', 'labels', 'weights', 'penalty', 'step_state'],
  writes: ['dlogits', 'ring', 'confusion'],
  params: { b: 'u32', c: 'u32', smoothing: 'f32', has_penalty: 'u32' },
});

/** What the kernel compares logits with: labels alone. */
export type PlainTargets = Pick<Targets, 'labels' | 'weights' | 'smoothing'>;

/**
 * dlogits [B, C]: the gradient of the mean loss with respect to the logits [B, C]. Writes the metrics of the step, like
 * `accumulateMetrics`. Throws ShapeError.
 * @param penalty [1], to be added to the loss that is shown; undefined: none
 */
export function trainingLoss(
  rec: Recorder,
  logits: Tensor,
  { labels, weights, smoothing }: PlainTargets,
  penalty: Tensor | undefined,
  stepState: Tensor,
  into: MetricTensors,
): Tensor {
  expectShape('training_loss', 'logits are [B, C]', logits.shape, [null, null]);
  const [b, c] = logits.shape as [number, number];
  expectShape('training_loss', 'labels are [B]', labels.shape, [b]);
  const dlogits = rec.alloc([b, c], 'dlogits');
  const { ring, confusion } = into;
  rec.dispatch(kernel, {
    // The binding needs a buffer even without a penalty. The kernel does not read it.
    bind: {
      logits,
      labels,
      weights,
      penalty: penalty ?? weights,
      step_state: stepState,
      dlogits,
      ring,
      confusion,
    },
    params: { b, c, smoothing, has_penalty: Number(penalty !== undefined) },
    workgroups: 1,
  });
  return dlogits;
}
