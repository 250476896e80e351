import { clipNorm, clipValue } from '../gpu/kernels/gradient_clip.js';
import { accumulateMetrics } from '../gpu/kernels/metrics.js';
import { MIX_WORDS, packMix } from '../gpu/kernels/mixup.js';
import { updateAverage } from '../gpu/kernels/moving_average.js';
import { applyUpdate } from '../gpu/kernels/optimizers.js';
import {
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyForward,
} from '../gpu/kernels/softmax_cross_entropy.js';
import { trainingLoss } from '../gpu/kernels/training_loss.js';
import { decayWeights } from '../gpu/kernels/weight_decay.js';
import { addPenalty, addPenaltyGradient } from '../gpu/kernels/weight_penalty.js';
import type { Tensor } from '../gpu/tensor.js';
import { adamStep, decayStep, rmspropStep, sgdStep } from '../reference/optimizers.js';
import * as loss from '../reference/softmax_cross_entropy.js';
import { someMix } from './batch_cases.js';
import { compare, type KernelCase } from './case.js';
import { Inputs } from './random_arrays.js';

/** Random distributions, [b, c]. */
function someDistributions(inputs: Inputs, b: number, c: number): { f32: Float32Array; f64: Float64Array } {
  const { f64 } = inputs.floats(b * c, 0, 1);
  const f32 = Float32Array.from(f64, (value, i) => {
    const first = i - (i % c);
    return value / f64.subarray(first, first + c).reduce((sum, v) => sum + v, 0);
  });
  return { f32, f64: Float64Array.from(f32) };
}

function lossCase(
  b: number,
  c: number,
  smoothing: number,
  { scale = 3, mixed = false, softLabels = false } = {},
): KernelCase {
  const blends = `${mixed ? ', blended' : ''}${softLabels ? ', distributions' : ''}`;
  return {
    kernels: [
      ...['softmax_cross_entropy.forward', 'softmax_cross_entropy.backward', 'metrics.accumulate'],
      ...(mixed || softLabels ? [] : ['training_loss.gradient_and_metrics']),
    ],
    title: `softmax and cross-entropy ${b} x ${c}, smoothing ${smoothing}, logits to ${scale}${blends}`,
    run: (gpu) => {
      const inputs = new Inputs(b * 10 + c);
      const logits = inputs.floats(b * c, -scale, scale);
      const labels = inputs.labels(b, c);
      const weights = inputs.floats(c, 0.5, 3);
      const mix = someMix(inputs, b);
      const soft = someDistributions(inputs, b, c);
      const aim = {
        ...{ labels, weights: weights.f64, smoothing },
        ...(mixed && { mix }),
        ...(softLabels && { soft: soft.f64 }),
      };
      const want = loss.softmaxCrossEntropyForward(logits.f64, aim);
      const mean = want.losses.reduce((sum, v) => sum + v, 0) / b;
      const correct = want.predicted.filter((p, i) => p === labels[i]).length;
      const confusion = new Uint32Array(c * c);
      want.predicted.forEach((p, i) => {
        const cell = (labels[i] ?? 0) * c + p;
        confusion[cell] = (confusion[cell] ?? 0) + 1;
      });
      return compare(
        gpu,
        {
          logits: { data: logits.f32, shape: [b, c] },
          labels: { data: labels, shape: [b] },
          weights: { data: weights.f32, shape: [c] },
          mix: { data: packMix(mix), shape: [b, MIX_WORDS] },
          soft: { data: soft.f32, shape: [b, c] },
          penalty: { data: new Float32Array([0.25]), shape: [1] },
          step: { data: new Uint32Array([0, 0, 0, 1]), shape: [4] },
          ring: { data: new Float32Array(8), shape: [2, 4] },
          plainRing: { data: new Float32Array(8), shape: [2, 4] },
          plainConfusion: { data: new Uint32Array(c * c), shape: [c, c] },
          confusion: { data: new Uint32Array(c * c), shape: [c, c] },
        },
        (rec, t) => {
          const { labels: given, weights: w } = t;
          const targets = {
            ...{ labels: given, weights: w, smoothing },
            ...(mixed && { mix: t.mix }),
            ...(softLabels && { soft: t.soft }),
          };
          const parts = softmaxCrossEntropyForward(rec, t.logits, targets);
          const dlogits = softmaxCrossEntropyBackward(rec, parts.probabilities, targets);
          accumulateMetrics(rec, parts, t.labels, t.penalty, t.step, {
            ring: t.ring,
            confusion: t.confusion,
          });
          const plain = !mixed &&
            !softLabels && {
              'plain dlogits': {
                got: trainingLoss(rec, t.logits, targets, t.penalty, t.step, {
                  ring: t.plainRing,
                  confusion: t.plainConfusion,
                }),
                want: loss.softmaxCrossEntropyBackward(want.probabilities, aim),
              },
              'plain ring': { got: t.plainRing, want: [0, 0, 0, 0, mean, correct, 0.25, b] },
              'plain confusion': { got: t.plainConfusion, want: confusion, as: 'u32' as const },
            };
          return {
            ...plain,
            probabilities: { got: parts.probabilities, want: want.probabilities },
            losses: { got: parts.losses, want: want.losses },
            predicted: { got: parts.predicted, want: want.predicted, as: 'u32' },
            dlogits: {
              got: dlogits,
              want: loss.softmaxCrossEntropyBackward(want.probabilities, aim),
            },
            ring: { got: t.ring, want: [0, 0, 0, 0, mean, correct, 0.25, b] },
            confusion: { got: t.confusion, want: confusion, as: 'u32' },
          };
        },
      );
    },
  };
}

function penaltyCase(n: number): KernelCase {
  const penalty = { l1: 0.03, l2: 0.01 };
  const penaltyOf = (w: number): number => penalty.l1 * Math.abs(w) + penalty.l2 * w * w;
  const slope = (w: number): number => penalty.l1 * Math.sign(w) + 2 * penalty.l2 * w;
  return {
    kernels: ['weight_penalty.partial_sums', 'weight_penalty.add_penalty', 'weight_penalty.backward'],
    title: `L1 and L2 penalty of ${n} weights`,
    run: (gpu) => {
      const inputs = new Inputs(n);
      const [w, dw] = [inputs.floats(n), inputs.floats(n)];
      const values = {
        w: { data: w.f32, shape: [n] },
        dw: { data: dw.f32, shape: [n] },
        sum: { data: new Float32Array([1]), shape: [1] },
      };
      return compare(gpu, values, (rec, t) => {
        addPenalty(rec, t.w, penalty, t.sum);
        addPenaltyGradient(rec, t.w, penalty, t.dw);
        return {
          sum: { got: t.sum, want: [1 + w.f64.reduce((sum, v) => sum + penaltyOf(v), 0)] },
          dw: { got: t.dw, want: dw.f64.map((v, i) => v + slope(w.f64[i] ?? Number.NaN)) },
        };
      });
    },
  };
}

/** Clipping that changes the gradient, clipping that does not, a moving average, and weight decay. */
function gradientCase(n: number): KernelCase {
  return {
    kernels: [
      'gradient_clip.clip_value',
      'gradient_clip.clip_norm',
      'moving_average.update',
      'weight_decay.update',
    ],
    title: `gradient clipping, moving average and weight decay of ${n} numbers`,
    run: (gpu) => {
      const inputs = new Inputs(n);
      const [g, average] = [inputs.floats(n), inputs.floats(n)];
      const vector = (data: Float32Array) => ({ data, shape: [n] });
      const names = ['byValue', 'byNorm', 'untouched', 'weight', 'decayed'] as const;
      const copies = Object.fromEntries(names.map((name) => [name, vector(g.f32)])) as Record<
        (typeof names)[number],
        ReturnType<typeof vector>
      >;
      const norm = Math.sqrt(g.f64.reduce((sum, v) => sum + v * v, 0));
      const decayed = g.f64.slice();
      decayStep(decayed, 0.5, 0.25);
      const decay = { data: Float32Array.of(0.125), shape: [1] };
      return compare(gpu, { ...copies, average: vector(average.f32), decay }, (rec, t) => {
        clipValue(rec, t.byValue, 0.3);
        clipNorm(rec, [t.byNorm], norm / 2);
        clipNorm(rec, [t.untouched], norm * 2);
        updateAverage(rec, t.weight, t.average, 0.9);
        decayWeights(rec, t.decayed, t.decay);
        return {
          byValue: { got: t.byValue, want: g.f64.map((v) => Math.min(Math.max(v, -0.3), 0.3)) },
          byNorm: { got: t.byNorm, want: g.f64.map((v) => v / 2) },
          untouched: { got: t.untouched, want: g.f64 },
          decayed: { got: t.decayed, want: decayed },
          average: { got: t.average, want: average.f64.map((v, i) => 0.9 * v + 0.1 * (g.f64[i] ?? 0)) },
        };
      });
    },
  };
}

/** Settings of one optimiser run: kernel params, state tensors in use, and the reference's update. */
interface UpdateRule {
  readonly rule: 'sgd' | 'rmsprop' | 'adam';
  readonly title: string;
  readonly params: Record<string, number>;
  readonly state: readonly string[];
  /** One update by the reference, in place; and the learning rate that the kernel gets for step t. */
  step(w: Float64Array, g: Float64Array, state: Record<string, Float64Array>, t: number): void;
  rate(t: number): number;
}

const LR = 0.01;
const zeros = (n: number): Float64Array => new Float64Array(n);

function sgdRule(momentum: number, nesterov: boolean): UpdateRule {
  return {
    rule: 'sgd',
    title: `momentum ${momentum}${nesterov ? ', Nesterov' : ''}`,
    params: { momentum, nesterov: Number(nesterov) },
    state: ['velocity'],
    step: (w, g, s) => sgdStep(w, g, { velocity: s['velocity'] ?? zeros(0) }, LR, momentum, nesterov),
    rate: () => LR,
  };
}

function rmspropRule(momentum: number, centered: boolean): UpdateRule {
  const settings = { rho: 0.9, epsilon: 1e-7, momentum };
  return {
    rule: 'rmsprop',
    title: `momentum ${momentum}${centered ? ', centred' : ''}`,
    params: { ...settings, centered: Number(centered) },
    state: ['square', 'average', 'velocity'],
    step: (w, g, s) => rmspropStep(w, g, s as never, LR, { ...settings, centered }),
    rate: () => LR,
  };
}

function adamRule(amsgrad: boolean): UpdateRule {
  const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
  return {
    rule: 'adam',
    title: amsgrad ? 'amsgrad' : 'plain',
    params: { ...settings, amsgrad: Number(amsgrad) },
    state: ['moment', 'square', 'largest'],
    step: (w, g, s, t) => adamStep(w, g, s as never, LR, t, { ...settings, amsgrad }),
    rate: (t) => (LR * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t),
  };
}

const STEPS = 3;

function optimizerCase(spec: UpdateRule, n: number): KernelCase {
  return {
    kernels: [`${spec.rule}.update`],
    title: `${spec.rule}, ${spec.title}: ${STEPS} steps of ${n} weights`,
    run: (gpu) => {
      const inputs = new Inputs(n);
      const w = inputs.floats(n);
      const gradients = Array.from({ length: STEPS }, () => inputs.floats(n));
      const values: Record<string, { data: Float32Array | Uint32Array; shape: number[] }> = {
        w: { data: w.f32, shape: [n] },
      };
      for (const name of spec.state) values[name] = { data: new Float32Array(n), shape: [n] };
      gradients.forEach((g, i) => {
        const words = new Uint32Array(4);
        new Float32Array(words.buffer)[2] = spec.rate(i + 1);
        values[`g${i}`] = { data: g.f32, shape: [n] };
        values[`step${i}`] = { data: words, shape: [4] };
      });
      const want = w.f64.slice();
      const state = Object.fromEntries(spec.state.map((name) => [name, zeros(n)]));
      gradients.forEach((g, i) => {
        spec.step(want, g.f64, state, i + 1);
      });
      return compare(gpu, values, (rec, t) => {
        const own = Object.fromEntries(spec.state.map((name) => [name, tensorOf(t, name)]));
        gradients.forEach((_, i) => {
          applyUpdate(
            rec,
            spec.rule,
            {
              weight: tensorOf(t, 'w'),
              gradient: tensorOf(t, `g${i}`),
              stepState: tensorOf(t, `step${i}`),
              state: own,
            },
            spec.params,
          );
        });
        return { w: { got: tensorOf(t, 'w'), want } };
      });
    },
  };
}

function tensorOf(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`no input named ${name}`);
  return tensor;
}

const RULES = [
  ...[sgdRule(0, false), sgdRule(0.9, false), sgdRule(0.9, true)],
  ...[rmspropRule(0, false), rmspropRule(0, true), rmspropRule(0.9, false), adamRule(false), adamRule(true)],
];

export const LOSS_CASES: readonly KernelCase[] = [
  lossCase(1, 7, 0),
  lossCase(28, 7, 0),
  lossCase(65, 5, 0.1),
  lossCase(9, 7, 0, { scale: 80 }),
  lossCase(65, 7, 0.1, { mixed: true }),
  lossCase(65, 7, 0, { softLabels: true }),
  lossCase(33, 7, 0.1, { mixed: true, softLabels: true }),
  gradientCase(8),
  gradientCase(1003),
  penaltyCase(5),
  penaltyCase(1000),
  ...RULES.map((rule) => optimizerCase(rule, 131)),
];
