import { TRAINING_LOSS, VALIDATION_ACCURACY } from './kit/columns.js';
import { finding, higher, holds } from './kit/finding.js';
import { defineLab } from './kit/lab.js';
import { smallNetwork } from './kit/networks.js';
import type { CurvePoint } from './kit/outcome.js';
import type { LabSettings, Workbench } from './kit/workbench.js';

/** The range of rates that the test sweeps. */
const [LOWEST, HIGHEST] = [1e-4, 10];
/** Weight of the previous average in the smoothed loss. */
const SMOOTHING = 0.9;
/** The test ends where the smoothed loss is this many times the lowest one. */
const EXPLODED = 3;

const SETTINGS = { optimizer: 'sgd', momentum: 0.9 } satisfies LabSettings;

/**
 * A range test (Smith 2015, arXiv 1506.01186) trains once while the rate rises from step to step. The loss falls as long as the
 * rate is right, and explodes where it is too high. A tenth of the rate with the lowest loss is a safe choice.
 */
export const learningRate = defineLab({
  name: 'learning-rate',
  question: 'How does one find a learning rate, and what does a wrong one do?',
  faces: 700,
  epochs: 8,
  measures: {
    rate: { title: 'learning rate', format: 'power' },
    loss: TRAINING_LOSS,
    validation: VALIDATION_ACCURACY,
  },
  plot: { title: 'range test: smoothed loss', x: 'log10 of the learning rate' },
  variants: [
    { name: 'a hundredth', factor: 0.01 },
    { name: 'as the test says', factor: 1 },
    { name: 'a hundred times', factor: 100 },
  ],
  run: async ({ factor }, bench) => {
    const curve = await rangeTest(bench);
    const rate = Math.min(HIGHEST, factor * suggestedRate(curve));
    const trained = await bench.train(network(bench), { ...SETTINGS, lr: rate });
    return {
      numbers: { rate, loss: trained.last('loss'), validation: trained.last('validationAccuracy') },
      curve: factor === 1 ? curve : [],
    };
  },
  notice: (results) => {
    const { n, lost } = results.of('a hundred times', 'validation');
    return finding(
      'the rate of the range test learns, a hundredth of it hardly does, and a hundred times it learns less or diverges',
      higher(results, { measure: 'validation', high: 'as the test says', low: 'a hundredth' }),
      lost > n
        ? holds(true, `${lost} of ${n + lost} trainings diverged (a hundred times)`)
        : higher(results, { measure: 'validation', high: 'as the test says', low: 'a hundred times' }),
    );
  },
});

const network = ({ classes }: Workbench) => smallNetwork({ classes, norm: false });

/** The smoothed loss at each rate, by its decimal logarithm; NaN from where it has exploded. */
async function rangeTest(bench: Workbench): Promise<CurvePoint[]> {
  const { learner, plan } = bench.prepare(network(bench), SETTINGS);
  const { batchesPerEpoch } = plan.source;
  const steps = Math.max(20, plan.epochs * batchesPerEpoch);
  const growth = (HIGHEST / LOWEST) ** (1 / (steps - 1));
  for (let step = 0; step < steps; step++) {
    bench.checkStopped();
    const { images, labels } = plan.source.batch(Math.floor(step / batchesPerEpoch), step % batchesPerEpoch);
    learner.learningRate = LOWEST * growth ** step;
    await learner.train(images, labels);
  }
  const losses = (await learner.metrics()).map(({ loss }) => loss);
  return smoothed(losses).map((y, i) => ({ x: Math.log10(LOWEST * growth ** i), y }));
}

/** An exponential moving average, corrected for its start at 0 as Adam's moments are; NaN from where it has exploded. */
export function smoothed(losses: readonly number[]): number[] {
  let [sum, lowest, exploded] = [0, Number.POSITIVE_INFINITY, false];
  return losses.map((loss, i) => {
    sum = SMOOTHING * sum + (1 - SMOOTHING) * loss;
    const mean = sum / (1 - SMOOTHING ** (i + 1));
    lowest = Math.min(lowest, mean);
    exploded ||= !(mean < EXPLODED * lowest);
    return exploded ? Number.NaN : mean;
  });
}

/** A tenth of the rate at which the curve is lowest. */
export function suggestedRate(curve: readonly CurvePoint[]): number {
  const finite = curve.filter(({ y }) => Number.isFinite(y));
  const lowest = finite.reduce((best, point) => (point.y < best.y ? point : best), finite[0] as CurvePoint);
  return 10 ** lowest.x / 10;
}
