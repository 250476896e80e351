import type { Initializer } from '../nn/init.js';
import type { Learner } from '../nn/learner.js';
import { evaluateSplit, predictSplit } from '../train/evaluation.js';
import { STEP_CURVE } from './kit/columns.js';
import { figure, numberText } from './kit/figures.js';
import { finding, higher, holds } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';
import type { Variant } from './kit/outcome.js';

interface Start extends Variant {
  readonly kernel: Initializer;
  /** Factor of every kernel. */
  readonly scale: number;
}

/** The largest difference from ln 7 at which a first loss still counts as that of guessing. */
const MARGIN = 0.15;

/**
 * An untrained network cannot know anything. If its weights are small, all outputs are nearly equal, every class gets about
 * 1 / 7, and the cross-entropy is -ln(1 / 7) = ln 7 = 1.9459. Large weights make it sure, and mostly wrong.
 */
export const init = defineLab({
  name: 'init',
  question: 'Why is the first loss ln 7, and what if it is not?',
  faces: 700,
  epochs: 8,
  measures: {
    first: { title: 'first loss', format: 'decimal' },
    sure: { title: 'largest probability', format: 'share' },
    last: { title: 'last loss', format: 'decimal' },
  },
  plot: STEP_CURVE,
  variants: [
    { name: 'Glorot', kernel: 'glorot_uniform', scale: 1 },
    { name: 'He', kernel: 'he_normal', scale: 1 },
    { name: 'Glorot x 2', kernel: 'glorot_uniform', scale: 2 },
    { name: 'zeros', kernel: 'zeros', scale: 1 },
  ] satisfies Start[],
  run: async ({ kernel, scale }: Start, bench) => {
    const network = smallNetwork({ classes: bench.classes, kernelInitializer: kernel, norm: false });
    const { validation } = bench.dataset.splits;
    let [first, sure] = [Number.NaN, Number.NaN];
    const trained = await bench.train(network, {}, async ({ learner, plan: { preprocess } }) => {
      await scaleKernels(learner, scale);
      first = (await evaluateSplit(learner, validation, preprocess)).loss;
      sure = meanLargest(await predictSplit(learner, validation, preprocess), bench.classes);
    });
    return {
      numbers: { first, sure, last: trained.last('loss') },
      curve: trained.losses.map((y, i) => ({ x: i + 1, y })),
    };
  },
  notice: (results) => {
    const guess = Math.log(results.classes);
    const first = results.of('Glorot', 'first');
    const apart = Math.abs(first.mean - guess);
    return finding(
      'an untrained network guesses, so its first loss is the log of the number of classes, and large weights raise it',
      holds(
        apart < MARGIN,
        `first loss ${figure(first, 'decimal')} (Glorot), ${numberText(apart, 'decimal')} from ln ${results.classes} = ${guess.toFixed(4)}`,
      ),
      higher(results, { measure: 'first', high: 'Glorot x 2', low: 'Glorot' }),
    );
  },
});

async function scaleKernels(learner: Learner, scale: number): Promise<void> {
  const weights = await learner.readWeights();
  const scaled = [...weights].map(([name, { shape, data }]) => {
    const factor = name.endsWith('kernel') ? scale : 1;
    return [name, { shape, data: data.map((w) => factor * w) }] as const;
  });
  learner.writeWeights(new Map(scaled));
}

/** Mean over the images of the probability of the most probable class. @param probabilities [N, classes] */
function meanLargest(probabilities: Float32Array, classes: number): number {
  let sum = 0;
  for (let at = 0; at < probabilities.length; at += classes) {
    sum += Math.max(...probabilities.subarray(at, at + classes));
  }
  return sum / (probabilities.length / classes);
}
