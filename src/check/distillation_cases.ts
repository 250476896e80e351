import { addVote, distillBackward, distillForward, renormalize } from '../gpu/kernels/distillation.js';
import * as reference from '../reference/distillation.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

function distillCase(b: number, c: number, temperature: number, hard: number, scale = 3): KernelCase {
  return {
    kernels: ['distillation.forward', 'distillation.backward'],
    title: `distillation ${b} x ${c}, temperature ${temperature}, share of the labels ${hard}, logits to ${scale}`,
    run: (gpu) => {
      const inputs = new Inputs(b + c);
      const [logits, dlogits] = [inputs.floats(b * c, -scale, scale), inputs.floats(b * c)];
      const [teacher, losses] = [inputs.floats(b * c, 1e-4, 1), inputs.floats(b, 0, 3)];
      const settings = { temperature, hard };
      const want = reference.distillForward(logits.f64, teacher.f64, losses.f64, settings);
      return compare(
        gpu,
        {
          logits: { data: logits.f32, shape: [b, c] },
          teacher: { data: teacher.f32, shape: [b, c] },
          losses: { data: losses.f32, shape: [b] },
          dlogits: { data: dlogits.f32, shape: [b, c] },
        },
        (rec, t) => {
          const klGradient = distillForward(rec, t.logits, t.teacher, t.losses, settings);
          distillBackward(rec, klGradient, t.dlogits, settings);
          return {
            losses: { got: t.losses, want: want.losses },
            klGradient: { got: klGradient, want: want.klGradient },
            dlogits: {
              got: t.dlogits,
              want: reference.distillBackward(dlogits.f64, want.klGradient, b, settings),
            },
          };
        },
      );
    },
  };
}

function teacherCase(b: number, pixels: number, channels: number): KernelCase {
  return {
    kernels: ['distillation.renormalize', 'distillation.vote'],
    title: `the input and the vote of a teacher: ${b} images of ${pixels} x ${channels}`,
    run: (gpu) => {
      const inputs = new Inputs(b + pixels);
      const [images, shift] = [inputs.floats(b * pixels * channels), inputs.floats(pixels)];
      const outputs = [2, 0, 1, 4, 3];
      const [probabilities, votes] = [inputs.floats(b * 5, 0, 1), inputs.floats(b * 5, 0, 1)];
      return compare(
        gpu,
        {
          images: { data: images.f32, shape: [b, pixels, 1, channels] },
          shift: { data: shift.f32, shape: [pixels, 1] },
          probabilities: { data: probabilities.f32, shape: [b, 5] },
          outputs: { data: Uint32Array.from(outputs), shape: [5] },
          votes: { data: votes.f32, shape: [b, 5] },
        },
        (rec, t) => {
          const own = renormalize(rec, t.images, t.shift, 2.5);
          addVote(rec, t.probabilities, t.outputs, t.votes, 0.3);
          return {
            own: { got: own, want: reference.renormalize(images.f64, shift.f64, 2.5, channels) },
            votes: { got: t.votes, want: reference.addVote(votes.f64, probabilities.f64, outputs, 0.3) },
          };
        },
      );
    },
  };
}

export const DISTILLATION_CASES: readonly KernelCase[] = [
  distillCase(28, 7, 4, 0.5),
  distillCase(65, 5, 1, 0),
  distillCase(9, 7, 2, 0.9, 80),
  teacherCase(3, 35, 1),
  teacherCase(2, 11, 3),
];
