import { expect, it } from 'vitest';
import { drawMix } from '../../src/data/mixup.js';
import type { Gpu } from '../../src/gpu/device.js';
import { runOnce } from '../../src/gpu/recorder.js';
import { Dense, ELU, Softmax } from '../../src/nn/layers.js';
import { Learner } from '../../src/nn/learner.js';
import type { LearnerOptions } from '../../src/nn/learner_options.js';
import { Sequential } from '../../src/nn/network.js';
import { adam, allState, type Optimizer, rmsprop, sgd } from '../../src/nn/optimizers.js';
import { eluBackward, eluForward } from '../../src/reference/activations.js';
import { relativeError } from '../../src/reference/arrays.js';
import { denseBackward, denseForward } from '../../src/reference/dense.js';
import { adamStep, decayStep, rmspropStep, sgdStep } from '../../src/reference/optimizers.js';
import {
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyForward,
  type Targets,
} from '../../src/reference/softmax_cross_entropy.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';

/** 50 steps of two dense layers on the device, and once more in float64 by the reference, which shares no code. */
const [STEPS, BATCH, LR] = [50, 5, 0.01];
type Step = (w: Float64Array, g: Float64Array, state: (key: string) => Float64Array, t: number) => void;
type Regularised = Pick<
  LearnerOptions,
  'l1' | 'l2' | 'clipNorm' | 'clipValue' | 'labelSmoothing' | 'classWeights'
>;

class ReferenceNet {
  readonly weights = [4 * 6, 6, 6 * 3, 3].map((size) => new Float64Array(size));
  readonly #states = this.weights.map(() => new Map<string, Float64Array>());

  /** One step; returns the loss before it. */
  step(x: Float64Array, targets: Targets, update: Step, t: number, options: Regularised): number {
    const n = targets.labels.length;
    const [w1, b1, w2, b2] = this.weights as [Float64Array, Float64Array, Float64Array, Float64Array];
    const h = denseForward(x, w1, b1, n, 4, 6);
    const a = eluForward(h, 1);
    const { probabilities, losses } = softmaxCrossEntropyForward(denseForward(a, w2, b2, n, 6, 3), targets);
    const second = denseBackward(softmaxCrossEntropyBackward(probabilities, targets), a, w2, n, 6, 3);
    const first = denseBackward(eluBackward(second.dx, h, 1), x, w1, n, 4, 6);
    const gradients = [first.dw, first.db, second.dw, second.db].map((g) => Float64Array.from(g));
    const { l1 = 0, l2 = 0, clipNorm, clipValue = Number.POSITIVE_INFINITY } = options;
    let loss = losses.reduce((sum, v) => sum + v, 0) / n;
    for (const i of [0, 2]) {
      this.weights[i]?.forEach((w, k) => {
        loss += l1 * Math.abs(w) + l2 * w * w;
        (gradients[i] as Float64Array)[k] = (gradients[i]?.[k] ?? 0) + l1 * Math.sign(w) + 2 * l2 * w;
      });
    }
    const clipped = gradients.map((g) => g.map((v) => Math.min(Math.max(v, -clipValue), clipValue)));
    const norm = Math.sqrt(clipped.reduce((sum, g) => g.reduce((s, v) => s + v * v, sum), 0));
    const shorter = clipNorm === undefined ? 1 : Math.min(1, clipNorm / norm);
    this.weights.forEach((w, i) => {
      const of = (key: string): Float64Array => {
        const map = this.#states[i] as Map<string, Float64Array>;
        const found = map.get(key) ?? new Float64Array(w.length);
        map.set(key, found);
        return found;
      };
      update(
        w,
        (clipped[i] as Float64Array).map((v) => v * shorter),
        of,
        t,
      );
    });
    return loss;
  }
}

const sgdLaw =
  (momentum: number, nesterov: boolean): Step =>
  (w, g, of) =>
    sgdStep(w, g, { velocity: of('velocity') }, LR, momentum, nesterov);
const rmspropLaw =
  (settings: Parameters<typeof rmspropStep>[4]): Step =>
  (w, g, of) =>
    rmspropStep(
      w,
      g,
      { square: of('square'), average: of('average'), velocity: of('velocity') },
      LR,
      settings,
    );
const adamLaw =
  (settings: Parameters<typeof adamStep>[5]): Step =>
  (w, g, of, t) =>
    adamStep(w, g, { moment: of('moment'), square: of('square'), largest: of('largest') }, LR, t, settings);

const decayed =
  (rule: Step, weightDecay: number): Step =>
  (w, g, of, t) => {
    decayStep(w, LR, weightDecay);
    rule(w, g, of, t);
  };

const RMS = { rho: 0.9, epsilon: 1e-7, momentum: 0, centered: false };
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false };
const OPTIMIZERS: [string, Optimizer, Step][] = [
  ['SGD', sgd({ learningRate: LR }), sgdLaw(0, false)],
  ['SGD, momentum', sgd({ learningRate: LR, momentum: 0.9 }), sgdLaw(0.9, false)],
  ['SGD, Nesterov', sgd({ learningRate: LR, momentum: 0.9, nesterov: true }), sgdLaw(0.9, true)],
  ['RMSprop', rmsprop({ learningRate: LR }), rmspropLaw(RMS)],
  ['RMSprop, centred', rmsprop({ learningRate: LR, centered: true }), rmspropLaw({ ...RMS, centered: true })],
  ['RMSprop, momentum', rmsprop({ learningRate: LR, momentum: 0.5 }), rmspropLaw({ ...RMS, momentum: 0.5 })],
  [
    'RMSprop, all of it',
    rmsprop({ learningRate: LR, rho: 0.8, epsilon: 1e-5, momentum: 0.5, centered: true }),
    rmspropLaw({ rho: 0.8, epsilon: 1e-5, momentum: 0.5, centered: true }),
  ],
  ['Adam', adam({ learningRate: LR }), adamLaw(ADAM)],
  ['Adam, amsgrad', adam({ learningRate: LR, amsgrad: true }), adamLaw({ ...ADAM, amsgrad: true })],
  [
    // With so short a memory squares fall again and again: only then does their maximum matter.
    'Adam, amsgrad, short memory',
    adam({ learningRate: LR, beta2: 0.3, amsgrad: true }),
    adamLaw({ ...ADAM, beta2: 0.3, amsgrad: true }),
  ],
  ['SGD, weight decay', sgd({ learningRate: LR, weightDecay: 2 }), decayed(sgdLaw(0, false), 2)],
  ['RMSprop, weight decay', rmsprop({ learningRate: LR, weightDecay: 2 }), decayed(rmspropLaw(RMS), 2)],
  ['AdamW', adam({ learningRate: LR, weightDecay: 2 }), decayed(adamLaw(ADAM), 2)],
  [
    'Adam, other settings',
    adam({ learningRate: LR, beta1: 0.8, beta2: 0.9, epsilon: 1e-4 }),
    adamLaw({ beta1: 0.8, beta2: 0.9, epsilon: 1e-4, amsgrad: false }),
  ],
];
const REGULARISED: [string, Regularised & { readonly mixed?: boolean }][] = [
  ['L1 and L2', { l1: 0.01, l2: 0.02 }],
  ['label smoothing', { labelSmoothing: 0.2 }],
  ['weights of classes', { classWeights: [0.5, 1, 3] }],
  ['clipping by norm', { clipNorm: 0.2 }],
  ['clipping by value', { clipValue: 0.05 }],
  ['mixup', { mixed: true }],
  [
    'everything',
    {
      ...{ l1: 0.01, l2: 0.02, labelSmoothing: 0.1, classWeights: [0.5, 1, 3] },
      ...{ clipNorm: 0.2, clipValue: 0.1, mixed: true },
    },
  ],
];

async function compare(
  gpu: Gpu,
  optimizer: Optimizer,
  rule: Step,
  { mixed = false, ...options }: Regularised & { readonly mixed?: boolean } = {},
): Promise<void> {
  const model = new Sequential('mlp', [4], [Dense({ units: 6 }), ELU(), Dense({ units: 3 }), Softmax()]);
  const learner = new Learner(gpu, model, { ...options, optimizer, seed: 5 });
  const reference = new ReferenceNet();
  const start = [...(await learner.readWeights()).values()];
  reference.weights.forEach((w, i) => {
    w.set(start[i]?.data ?? []);
  });
  const losses: number[] = [];
  for (let t = 1; t <= STEPS; t++) {
    const rng = new Rng(t);
    const x = Float32Array.from({ length: BATCH * 4 }, () => rng.normal());
    const labels = Uint32Array.from({ length: BATCH }, () => rng.int(3));
    const mix = mixed ? drawMix(BATCH, { mixup: 0.4, cutmix: 0 }, [1, 1], rng) : undefined;
    await learner.train(x, labels, { mix });
    const blended = Float64Array.from(x, (v, i) => {
      const { partner, share } = mix?.[Math.floor(i / 4)] ?? { partner: 0, share: 1 };
      return share * v + (1 - share) * (x[partner * 4 + (i % 4)] as number);
    });
    const weights = Float64Array.from(options.classWeights ?? [1, 1, 1]);
    const targets = { labels, weights, smoothing: options.labelSmoothing ?? 0, ...(mix && { mix }) };
    losses.push(reference.step(blended, targets, rule, t, options));
  }
  const got = (await learner.metrics()).map(({ loss }) => loss);
  expect(relativeError(Float32Array.from(got), losses)).toBeLessThan(1e-4);
  const end = [...(await learner.readWeights()).values()];
  end.forEach(({ data }, i) => {
    expect(relativeError(data, reference.weights[i] as Float64Array)).toBeLessThan(1e-4);
  });
  await learner.dispose();
}

describeGpu('the first step of an optimiser', (gpu) => {
  // So small that the default epsilon decides.
  const g = 1e-7;
  it.each<[string, Optimizer, number]>([
    ['Adam', adam(), (1e-3 * g) / (g + 1e-7 / Math.sqrt(1 - 0.999))],
    ['RMSprop', rmsprop(), (1e-3 * g) / Math.sqrt(0.1 * g * g + 1e-7)],
    ['SGD', sgd(), 1e-2 * g],
  ])("of %s with Keras's defaults", async (_, optimizer, want) => {
    const one = (value: number) => gpu().tensor(Float32Array.of(value, value), [2], 'value');
    const words = new Uint32Array(4);
    new Float32Array(words.buffer)[2] = optimizer.stepRate(1, optimizer.learningRate);
    const [weight, gradient, step] = [one(0), one(g), gpu().tensor(words, [4], 'step')];
    const state = Object.fromEntries(allState(optimizer).map((word) => [word, one(0)]));
    await runOnce(
      gpu(),
      (rec) => optimizer.update(rec, { weight, gradient, stepState: step, state }),
      () => gpu().sync(),
    );
    const [moved = 0] = await gpu().read(weight);
    expect(Math.abs(moved + want) / want).toBeLessThan(1e-4);
    for (const tensor of [weight, gradient, step, ...Object.values(state)]) gpu().free(tensor);
  });
});

describeGpu('weight decay', (gpu) => {
  it('follows the learning rate, and takes nothing where it is 0', async () => {
    const model = new Sequential('one', [1], [Dense({ units: 3, activation: 'softmax' })]);
    // Without a weight of the classes there is no gradient, so that only the decay moves the weights.
    const options = { optimizer: sgd({ learningRate: 0.5, weightDecay: 0.2 }), classWeights: [0, 0, 0] };
    const learner = new Learner(gpu(), model, options);
    const before = (await learner.readWeights()).get('dense/kernel')?.data ?? new Float32Array(0);
    const step = () => learner.train(Float32Array.of(1), Uint32Array.of(0));
    await step();
    learner.learningRate = 0.1;
    await step();
    const after = (await learner.readWeights()).get('dense/kernel')?.data ?? [];
    const want = before.map((w) => w * (1 - 0.5 * 0.2) * (1 - 0.1 * 0.2));
    expect(relativeError(Float32Array.from(after), Float64Array.from(want))).toBeLessThan(1e-6);
    await learner.dispose();
  });
});

describeGpu('50 steps of a small network agree with float64', (gpu) => {
  it.each(OPTIMIZERS)('%s', async (_, optimizer, rule) => {
    await compare(gpu(), optimizer, rule);
  });

  it.each(REGULARISED)('%s', async (_, options) => {
    await compare(gpu(), adam({ learningRate: LR }), adamLaw(ADAM), options);
  });
});
