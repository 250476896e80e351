import { defineKernel } from '../kernel.js';
import type { Recorder } from '../recorder.js';
import { expectShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { GROUP } from './reduce.js';

/** Host side of shaders/distillation.wgsl. */
const renormalizeKernel = defineKernel('distillation', 'renormalize', {
  reads: ['images', 'shift'],
  writes: ['own'],
  params: { n: 'u32', size: 'u32', channels: 'u32', scale: 'f32' },
});
const voteKernel = defineKernel('distillation', 'vote', {
  reads: ['probabilities', 'outputs'],
  writes: ['votes'],
  params: { n: 'u32', c: 'u32', share: 'f32' },
});
const params = { b: 'u32', c: 'u32', temperature: 'f32', hard: 'f32' } as const;
const forwardKernel = defineKernel('distillation', 'forward', {
  reads: ['logits', 'teacher'],
  writes: ['losses', 'kl_gradient'],
  params,
});
const backwardKernel = defineKernel('distillation', 'backward', {
  reads: ['kl_gradient'],
  writes: ['dlogits'],
  params,
});

/** Settings of the distilled loss. */
export interface Distilling {
  /** Divides the logits of student and teachers before their softmax; above 0. */
  readonly temperature: number;
  /** Share of the cross-entropy with the labels, 0 to 1. */
  readonly hard: number;
}

/** images * scale + shift: a batch as a teacher expects it. @param images [B, H, W, C] @param shift [H, W] */
export function renormalize(rec: Recorder, images: Tensor, shift: Tensor, scale: number): Tensor {
  const own = rec.alloc(images.shape, 'own');
  const [b = 1, , , channels = 1] = images.shape;
  rec.dispatch(renormalizeKernel, {
    bind: { images, shift, own },
    params: { n: images.size, size: images.size / b, channels, scale },
    workgroups: Math.ceil(images.size / GROUP),
  });
  return own;
}

/**
 * Adds a teacher's probabilities, times its share, to the votes, in place.
 * @param probabilities [B, C] @param outputs [C] (u32): the teacher's output for each class @param votes [B, C]
 */
export function addVote(
  rec: Recorder,
  probabilities: Tensor,
  outputs: Tensor,
  votes: Tensor,
  share: number,
): void {
  const [, c = 1] = votes.shape;
  rec.dispatch(voteKernel, {
    bind: { probabilities, outputs, votes },
    params: { n: votes.size, c, share },
    workgroups: Math.ceil(votes.size / GROUP),
  });
}

/**
 * Changes the losses [B] to those of a distilled step, in place.
 * @param logits [B, C] @param teacher probabilities [B, C]
 * @returns `klGradient` [B, C], the gradient of T^2 KL with respect to the logits, for the backward pass. Throws ShapeError.
 */
export function distillForward(
  rec: Recorder,
  logits: Tensor,
  teacher: Tensor,
  losses: Tensor,
  { temperature, hard }: Distilling,
): Tensor {
  expectShape(
    'distillation',
    'teacher and student have the same batch and classes',
    teacher.shape,
    logits.shape,
  );
  const [b, c] = logits.shape as [number, number];
  const klGradient = rec.alloc([b, c], 'kl_gradient');
  rec.dispatch(forwardKernel, {
    bind: { logits, teacher, losses, kl_gradient: klGradient },
    params: { b, c, temperature, hard },
    workgroups: Math.ceil(b / GROUP),
  });
  return klGradient;
}

/** Changes dlogits [B, C], the gradient of the mean cross-entropy, to that of the distilled loss, in place. */
export function distillBackward(
  rec: Recorder,
  klGradient: Tensor,
  dlogits: Tensor,
  { temperature, hard }: Distilling,
): void {
  const [b, c] = dlogits.shape as [number, number];
  rec.dispatch(backwardKernel, {
    bind: { kl_gradient: klGradient, dlogits },
    params: { b, c, temperature, hard },
    workgroups: Math.ceil(dlogits.size / GROUP),
  });
}
