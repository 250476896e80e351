import { normGeometry } from '../../gpu/kernels/batch_norm.js';
import {
  brief,
  type LayerArithmetic,
  type LayerValues,
  needed,
  type Position,
  type Values,
} from './arithmetic.js';

/** Batch normalisation: y = γ (x − mean) / sqrt(variance + ε) + β, with the statistics of the batch (Ioffe & Szegedy 2015). */

interface Norm {
  readonly channel: number;
  /** Number of values that share the statistics. */
  readonly count: number;
  readonly mean: number;
  /** Biased variance. */
  readonly variance: number;
  readonly rstd: number;
  readonly epsilon: number;
  readonly gamma: number;
  readonly beta: number;
  /** Visits the places of all values of the channel. */
  each(visit: (index: number) => void): void;
}

const indexIn = ({ shape }: Values, { image, y, x, c }: Position): number =>
  shape.length === 4
    ? ((image * (shape[1] ?? 1) + y) * (shape[2] ?? 1) + x) * (shape[3] ?? 1) + c
    : image * (shape.at(-1) ?? 1) + c;

/** The statistics of the channel of a position. A frozen layer uses its moving averages. */
function normOf(v: LayerValues, at: Position): Norm {
  const { axis = -1, epsilon = 1e-3, trainable } = v.placed.layer.config;
  const g = normGeometry(v.x.shape, Number(axis));
  const channel = Math.floor(indexIn(v.x, at) / g.inner) % g.channels;
  const each = (visit: (index: number) => void): void => {
    for (let o = 0; o < g.outer; o++)
      for (let i = 0; i < g.inner; i++) visit((o * g.channels + channel) * g.inner + i);
  };
  const weight = (name: string, fallback: number): number => v.weights.get(name)?.data[channel] ?? fallback;
  const count = g.outer * g.inner;
  let [mean, variance] = [weight('moving_mean', 0), weight('moving_variance', 1)];
  if (trainable !== false) {
    [mean, variance] = [0, 0];
    each((index) => {
      mean += (v.x.data[index] ?? 0) / count;
    });
    each((index) => {
      variance += ((v.x.data[index] ?? 0) - mean) ** 2 / count;
    });
  }
  const rstd = 1 / Math.sqrt(variance + Number(epsilon));
  return {
    channel,
    count,
    mean,
    variance,
    rstd,
    epsilon: Number(epsilon),
    gamma: weight('gamma', 1),
    beta: weight('beta', 0),
    each,
  };
}

/** Sums over the channel: of dy, and of dy times the normalised x. */
function sumsOf(v: LayerValues, n: Norm): { dbeta: number; dgamma: number } {
  const dy = needed(v.dy, 'gradient of the output');
  let [dbeta, dgamma] = [0, 0];
  n.each((index) => {
    const d = dy.data[index] ?? 0;
    dbeta += d;
    dgamma += d * ((v.x.data[index] ?? 0) - n.mean) * n.rstd;
  });
  return { dbeta, dgamma };
}

export const batchNorm: LayerArithmetic = {
  output(v, at) {
    const n = normOf(v, at);
    const x = v.x.data[indexIn(v.x, at)] ?? Number.NaN;
    const hat = (x - n.mean) * n.rstd;
    const { momentum = 0.99 } = v.placed.layer.config;
    const moving = (name: string): number => v.weights.get(name)?.data[n.channel] ?? Number.NaN;
    const kept = (name: string): number => v.inner.get(name)?.data[n.channel] ?? Number.NaN;
    const [movingMean, movingVariance] = [moving('moving_mean'), moving('moving_variance')];
    const m = Number(momentum);
    const [b = 1, h = 1, w = 1] = v.x.shape;
    const pixels = v.x.shape.length === 4 ? `${b} images × ${h} × ${w} pixels` : `${b} images`;
    return {
      formula: 'y = γ (x − mean) / √(variance + ε) + β',
      words: `Mean and variance are those of the ${n.count} values of channel ${n.channel} in this batch (${pixels}). Evaluation uses the moving averages instead.`,
      grids: [],
      terms: [
        { label: 'x', value: x },
        { label: `mean of ${n.count} values`, value: n.mean },
        { label: 'mean of the kernel', value: kept('mean') },
        { label: 'variance (biased)', value: n.variance },
        { label: 'ε', value: n.epsilon },
        { label: '1 / √(variance + ε)', value: n.rstd },
        { label: 'the same of the kernel', value: kept('rstd') },
        { label: 'normalised x', value: hat },
        { label: `γ[${n.channel}]`, value: n.gamma },
        { label: `β[${n.channel}]`, value: n.beta },
        { label: 'moving mean before the step', value: movingMean },
        {
          label: `moving mean after: ${m} · before + ${brief(1 - m)} · batch`,
          value: m * movingMean + (1 - m) * n.mean,
        },
        { label: 'moving variance before the step', value: movingVariance },
        { label: 'moving variance after', value: m * movingVariance + (1 - m) * n.variance },
      ],
      kernel: v.y.data[indexIn(v.y, at)] ?? Number.NaN,
      exact: n.gamma * hat + n.beta,
    };
  },
  inputGradient(v, at) {
    const n = normOf(v, at);
    const dy = needed(v.dy, 'gradient of the output');
    const frozen = v.placed.layer.config['trainable'] === false;
    const { dbeta, dgamma } = sumsOf(v, n);
    const hat = ((v.x.data[indexIn(v.x, at)] ?? 0) - n.mean) * n.rstd;
    const d = dy.data[indexIn(dy, at)] ?? Number.NaN;
    const [meanDy, meanDyHat] = frozen ? [0, 0] : [dbeta / n.count, dgamma / n.count];
    return {
      formula: 'dx = γ / √(variance + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂)), with x̂ the normalised x',
      words:
        'A larger x also moves the mean and the variance, which all values of the channel share. The two means take back what the batch norm undoes.',
      grids: [],
      terms: [
        { label: 'dy', value: d },
        { label: 'mean of dy over the channel', value: meanDy },
        { label: 'x̂', value: hat },
        { label: 'mean of dy · x̂', value: meanDyHat },
        { label: 'γ / √(variance + ε)', value: n.gamma * n.rstd },
      ],
      exact: n.gamma * n.rstd * (d - meanDy - hat * meanDyHat),
    };
  },
  weightGradient(v, weight, index) {
    const n = normOf(v, channelAt(v, index));
    const { dbeta, dgamma } = sumsOf(v, n);
    const isGamma = weight === 'gamma';
    return {
      formula: isGamma
        ? 'dγ[c] = Σ dy · x̂, over all values of the channel'
        : 'dβ[c] = Σ dy, over all values of the channel',
      words: `${isGamma ? 'γ' : 'β'} of channel ${index} reached ${n.count} outputs: the whole channel in every image.`,
      grids: [],
      terms: [
        { label: 'number of outputs', value: n.count },
        { label: 'Σ dy', value: dbeta },
        ...(isGamma ? [{ label: 'Σ dy · x̂', value: dgamma }] : []),
      ],
      kernel: v.gradients.get(weight)?.data[index] ?? Number.NaN,
      exact: isGamma ? dgamma : dbeta,
    };
  },
};

/** A position in a channel of the norm, whose axis may be the first after the batch. */
function channelAt(v: LayerValues, channel: number): Position {
  const first = Number(v.placed.layer.config['axis'] ?? -1) === 1 && v.x.shape.length === 4;
  return first ? { image: 0, y: channel, x: 0, c: 0 } : { image: 0, y: 0, x: 0, c: channel };
}
