import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { LossParts } from './softmax_cross_entropy.js';

/** Host side of shaders/metrics.wgsl. */
const accumulateKernel = defineKernel('metrics', 'accumulate', {
  reads: ['losses', 'labels', 'predicted', 'penalty', 'step_state'],
  writes: ['ring', 'confusion'],
  params: { b: 'u32', c: 'u32', has_penalty: 'u32' },
});

/** Where training steps write their metrics: ring [slots, 4], confusion [C, C] (u32, rows = true class). */
export interface MetricTensors {
  readonly ring: Tensor;
  readonly confusion: Tensor;
}

/** Writes [mean loss, correct, penalty, samples] into the step's slot of the ring, and updates the confusion matrix. @param penalty [1], or none */
export function accumulateMetrics(
  rec: Recorder,
  parts: LossParts,
  labels: Tensor,
  penalty: Tensor | undefined,
  stepState: Tensor,
  into: MetricTensors,
): void {
  const [b, c] = parts.probabilities.shape as [number, number];
  rec.dispatch(accumulateKernel, {
    bind: {
      losses: parts.losses,
      labels,
      predicted: parts.predicted,
      penalty: penalty ?? parts.losses, // the kernel does not read it then
      step_state: stepState,
      ring: into.ring,
      confusion: into.confusion,
    },
    params: { b, c, has_penalty: Number(penalty !== undefined) },
    workgroups: 1,
  });
}
