import type { KernelCase } from '../check/case.js';
import { KERNEL_CASES } from '../check/kernel_checks.js';
import { ACTIVATION_KERNELS, ACTIVATION_OPS, type ActivationKernels } from '../gpu/kernels/activations.js';
import { averagePoolGeometry, avgPool2dBackward, avgPool2dForward } from '../gpu/kernels/avg_pool2d.js';
import {
  batchNormBackward,
  batchNormInfer,
  batchNormTrain,
  type NormWeights,
  normGeometry,
} from '../gpu/kernels/batch_norm.js';
import { concatenateBackward, concatenateForward } from '../gpu/kernels/concatenate.js';
import {
  depthwiseForward,
  depthwiseGeometry,
  depthwiseInputGradient,
  depthwiseWeightGradient,
} from '../gpu/kernels/depthwise_conv2d.js';
import { channelDropoutApply, dropoutApply } from '../gpu/kernels/dropout.js';
import { add, addInto, fill } from '../gpu/kernels/elementwise.js';
import { eluNormPoolBackward, eluNormPoolTrain } from '../gpu/kernels/elu_norm_pool.js';
import { clipNorm, clipValue } from '../gpu/kernels/gradient_clip.js';
import { applyBlockEnd } from '../gpu/kernels/inference_block.js';
import {
  binaryPatterns,
  PATTERN_BINS,
  patternGeometry,
  patternHistograms,
  restoreGray,
} from '../gpu/kernels/local_binary_patterns.js';
import { maxPool2dBackward, maxPool2dForward, poolGeometry } from '../gpu/kernels/max_pool2d.js';
import { MIX_WORDS, mixImages } from '../gpu/kernels/mixup.js';
import { updateAverage } from '../gpu/kernels/moving_average.js';
import { applyUpdate, stateNames } from '../gpu/kernels/optimizers.js';
import { biasGradient } from '../gpu/kernels/reduce.js';
import { softmaxBackward, softmaxForward } from '../gpu/kernels/softmax.js';
import {
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyForward,
} from '../gpu/kernels/softmax_cross_entropy.js';
import { decayWeights } from '../gpu/kernels/weight_decay.js';
import { addPenaltyGradient, sumOfSquares } from '../gpu/kernels/weight_penalty.js';
import {
  paddingGeometry,
  zeroPadding2dBackward,
  zeroPadding2dForward,
} from '../gpu/kernels/zero_padding2d.js';
import type { Recorder } from '../gpu/recorder.js';
import type { Shape } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import { trialSettings } from '../reference/activations.js';
import type { BenchCase } from './bench_case.js';

/** About as many weights as fer-cnn has. */
const WEIGHTS = 1 << 19;
const PENALTY = { l1: 0, l2: 1e-4 };
const RULES = {
  sgd: { momentum: 0.9, nesterov: 0 },
  rmsprop: { rho: 0.9, epsilon: 1e-7, momentum: 0, centered: 0 },
  adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: 0 },
};
const BLOCK = { alpha: 1, epsilon: 1e-3, momentum: 0.99, poolSize: 2, dropout: { rate: 0.2, layer: 1 } };

/** A kernel, the shapes of its inputs, and the pass that is timed, in which this kernel does most of the work. */
type Row = readonly [kernel: string, shapes: readonly Shape[], run: (rec: Recorder, ...t: Four) => unknown];
/** The first four inputs, then the list of all. */
type Four = [a: Tensor, b: Tensor, c: Tensor, d: Tensor, all: readonly Tensor[]];

/** Kernels with a single way, each on a shape typical of fer-cnn: maps of its first block, or its weights. */
function rows(b: number): Row[] {
  const [maps, pooled, logits, channels] = [[b, 48, 48, 32], [b, 24, 24, 32], [b, 7], [32]];
  const weights = [WEIGHTS];
  const step = [4];
  const norm = normGeometry(maps);
  const pool = poolGeometry(maps);
  const average = averagePoolGeometry(maps, { size: [2, 2], stride: 2, padding: 'valid' });
  const margins = paddingGeometry(maps, [1, 1, 1, 1]);
  const padded = [b, 50, 50, 32];
  const depthwise = depthwiseGeometry(maps, [3, 3, 32, 1]);
  const grid = { radius: 1, cells: 4 };
  const features = grid.cells ** 2 * PATTERN_BINS;
  const faces = [b, 48, 48, 1];
  const patterns = patternGeometry(faces, grid, features);
  const [vectors, histograms, joined] = [
    [b, 2304],
    [b, features],
    [b, 2304 + features],
  ];
  const saved = (mean: Tensor, rstd: Tensor) => ({ mean, rstd });
  const normWeights = ([gamma, beta, movingMean, movingVariance]: readonly Tensor[]) =>
    ({ gamma, beta, movingMean, movingVariance }) as NormWeights;
  const fourChannels = [channels, channels, channels, channels];
  const targets = (labels: Tensor, classWeights: Tensor) => ({ labels, weights: classWeights, smoothing: 0 });
  const activations = ACTIVATION_OPS.flatMap((op): Row[] => {
    const { forward, backward }: ActivationKernels = ACTIVATION_KERNELS[op];
    const settings = trialSettings(op);
    return [
      [`${op}.forward`, [maps], (rec, x) => forward(rec, x, settings)],
      [`${op}.backward`, [maps, maps], (rec, dy, kept) => backward(rec, dy, kept, settings)],
    ];
  });
  return [
    ['elementwise.add', [maps, maps], add],
    ['elementwise.add_into', [maps, maps], addInto],
    ['elementwise.fill', [maps], (rec, x) => fill(rec, x, 1)],
    ...activations,
    [
      'batch_norm.statistics',
      [maps, ...fourChannels],
      (rec, x, _b, _c, _d, all) => batchNormTrain(rec, x, normWeights(all.slice(1)), norm, BLOCK).y,
    ],
    [
      'batch_norm.moving_rstd',
      [maps, ...fourChannels],
      (rec, x, _b, _c, _d, all) => batchNormInfer(rec, x, normWeights(all.slice(1)), norm, BLOCK.epsilon).y,
    ],
    [
      'batch_norm.input_gradient',
      [maps, maps, channels, channels, ...fourChannels],
      (rec, dy, x, mean, rstd, all) =>
        batchNormBackward(rec, dy, x, normWeights(all.slice(4)), saved(mean, rstd), norm, true).dx,
    ],
    [
      'elu_norm_pool.forward',
      [maps, step, ...fourChannels],
      (rec, e, state, _c, _d, all) => {
        const { y, saved: kept } = eluNormPoolTrain(rec, { e }, normWeights(all.slice(2)), state, BLOCK);
        return [y, kept.winner];
      },
    ],
    [
      'elu_norm_pool.input_gradient',
      [pooled, maps, pooled, channels, channels, ...fourChannels],
      (rec, dy, e, winner, mean, all) => {
        const kept = { ...saved(mean, all[4] as Tensor), winner };
        return eluNormPoolBackward(rec, dy, e, normWeights(all.slice(5)), kept, BLOCK).dz;
      },
    ],
    [
      'inference_block.apply',
      [maps, channels, channels],
      (rec, z, scale, offset) => applyBlockEnd(rec, z, { ...BLOCK, scale, offset }),
    ],
    ['max_pool2d.forward', [maps], (rec, x) => Object.values(maxPool2dForward(rec, x, pool))],
    [
      'max_pool2d.backward_tiles',
      [pooled, pooled],
      (rec, dy, argmax) => maxPool2dBackward(rec, dy, argmax, pool),
    ],
    ['avg_pool2d.forward', [maps], (rec, x) => avgPool2dForward(rec, x, average)],
    ['avg_pool2d.backward', [pooled], (rec, dy) => avgPool2dBackward(rec, dy, average)],
    ['zero_padding2d.forward', [maps], (rec, x) => zeroPadding2dForward(rec, x, margins)],
    ['zero_padding2d.backward', [padded], (rec, dy) => zeroPadding2dBackward(rec, dy, margins)],
    [
      'depthwise_conv2d.forward',
      [maps, [3, 3, 32, 1]],
      (rec, x, weight) => depthwiseForward(rec, { x, weight }, depthwise),
    ],
    [
      'depthwise_conv2d.input_gradient',
      [maps, [3, 3, 32, 1]],
      (rec, dy, weight) => depthwiseInputGradient(rec, dy, weight, depthwise),
    ],
    [
      'depthwise_conv2d.weight_gradient',
      [maps, maps],
      (rec, x, dy) => depthwiseWeightGradient(rec, x, dy, depthwise),
    ],
    ['dropout.apply', [maps, step], (rec, x, state) => dropoutApply(rec, x, state, 0.2, 1)],
    ['dropout.apply_channels', [maps, step], (rec, x, state) => channelDropoutApply(rec, x, state, 0.2, 1)],
    ['concatenate.forward', [vectors, histograms], (rec, a, b) => concatenateForward(rec, [a, b])],
    ['concatenate.backward', [joined], (rec, dy) => concatenateBackward(rec, dy, vectors, 0)],
    [
      'local_binary_patterns.restore',
      [faces, [48, 48], [1]],
      (rec, image, mean, scale) => restoreGray(rec, image, { mean, scale }, patterns),
    ],
    ['local_binary_patterns.patterns', [faces], (rec, gray) => binaryPatterns(rec, gray, patterns)],
    [
      'local_binary_patterns.histograms',
      [[b, 46, 46], [features]],
      (rec, bins, chosen) => patternHistograms(rec, bins, chosen, patterns),
    ],
    ['reduce.column_sums', [maps], biasGradient],
    [
      'mixup.blend',
      [
        [b, 48, 48, 1],
        [b, MIX_WORDS],
      ],
      mixImages,
    ],
    ['softmax.forward', [logits], softmaxForward],
    ['softmax.backward', [logits, logits], softmaxBackward],
    [
      'softmax_cross_entropy.forward',
      [logits, [b], [7]],
      (rec, x, labels, w) => softmaxCrossEntropyForward(rec, x, targets(labels, w)).probabilities,
    ],
    [
      'softmax_cross_entropy.backward',
      [logits, [b], [7]],
      (rec, p, labels, w) => softmaxCrossEntropyBackward(rec, p, targets(labels, w)),
    ],
    ...(Object.keys(RULES) as (keyof typeof RULES)[]).map((rule): Row => {
      const names = stateNames(rule);
      return [
        `${rule}.update`,
        [weights, weights, step, ...names.map(() => weights)],
        (rec, weight, gradient, state, _d, all) => {
          const own = Object.fromEntries(names.map((name, i) => [name, all[3 + i] as Tensor]));
          applyUpdate(rec, rule, { weight, gradient, stepState: state, state: own }, RULES[rule]);
        },
      ];
    }),
    ['gradient_clip.clip_value', [weights], (rec, g) => clipValue(rec, g, 1)],
    ['gradient_clip.clip_norm', [weights], (rec, g) => clipNorm(rec, [g], 1)],
    ['weight_penalty.partial_sums', [weights], (rec, w) => sumOfSquares(rec, w)],
    ['weight_penalty.backward', [weights, weights], (rec, w, dw) => addPenaltyGradient(rec, w, PENALTY, dw)],
    ['weight_decay.update', [weights, [1]], (rec, w, decay) => decayWeights(rec, w, decay)],
    ['moving_average.update', [weights, weights], (rec, w, mean) => updateAverage(rec, w, mean, 0.999)],
  ];
}

/** Cases for kernels with a single way. Their speed is reported in bytes per second. */
export function simpleCases(batch: number): BenchCase[] {
  return rows(batch).map(([kernel, shapes, run]) => {
    const size = shapes[0]?.join('x') ?? '';
    return {
      ...{ name: `${kernel} ${size}`, kernel, size, family: undefined, variants: [''], flop: undefined },
      timed: {
        shapes,
        record: (rec, all) => {
          const [a, b, c, d] = all as [Tensor, Tensor, Tensor, Tensor];
          const made = run(rec, a, b, c, d, all);
          return made === undefined ? [] : ([made].flat() as Tensor[]);
        },
      },
      checked: checksOf(kernel),
    };
  });
}

/** The checks that are about a kernel, or where there are none, those in which it takes part. */
function checksOf(kernel: string): readonly KernelCase[] {
  const own = KERNEL_CASES.filter(({ kernels }) => kernels[0] === kernel);
  return own.length > 0 ? own : KERNEL_CASES.filter(({ kernels }) => kernels.includes(kernel));
}
