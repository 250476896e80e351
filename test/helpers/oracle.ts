import { eluBackward, eluForward } from '../../src/reference/activations.js';
import { batchNormBackward, moved, normalize, statistics } from '../../src/reference/batch_norm.js';
import { conv2dBackward, conv2dForward } from '../../src/reference/conv2d.js';
import { denseBackward, denseForward } from '../../src/reference/dense.js';
import { maxPool2dBackward, maxPool2dForward } from '../../src/reference/max_pool2d.js';
import { type AdamState, adamStep } from '../../src/reference/optimizers.js';
import {
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyForward,
} from '../../src/reference/softmax_cross_entropy.js';

const [EDGE, EPSILON, MOMENTUM, CLASSES] = [48, 1e-3, 0.99, 7];
type Arr = Float64Array;
const f64 = (values: ArrayLike<number>): Arr => Float64Array.from(values);

/** Dropout aside, what `fer-cnn` and its kin are: filters of each convolution block, units of each dense block. */
export interface OraclePlan {
  readonly filters: readonly number[];
  readonly dense: readonly number[];
}

/**
 * A whole training in float64 loops: network, loss, gradients, batch statistics, Adam with Keras's defaults. It is
 * given weights and batches, and shares no code with the engine. Weights are in Keras's order: of a convolution or dense
 * layer kernel and bias, of batch norm gamma, beta, moving mean, moving variance.
 */
export class Oracle {
  readonly weights: Arr[];
  readonly #state: AdamState[];
  #t = 0;

  constructor(
    readonly plan: OraclePlan,
    weights: readonly ArrayLike<number>[],
  ) {
    this.weights = weights.map(f64);
    const zeros = (w: Arr): Arr => new Float64Array(w.length);
    this.#state = this.weights.map((w) => ({ moment: zeros(w), square: zeros(w), largest: zeros(w) }));
  }

  /** One step on images [B, 48, 48]; returns the loss before it. */
  step(images: Arr, labels: ArrayLike<number>, lr = 1e-3): number {
    const b = labels.length;
    let next = 0;
    const take = (): number => next++;
    const w = (i: number): Arr => this.weights[i] as Arr;
    const gradients = new Map<number, Arr>();
    const back: ((dy: Arr) => Arr)[] = [];
    let x = images;

    const norm = (channels: number): void => {
      const [gamma, beta, mean, variance] = [take(), take(), take(), take()];
      const s = { outer: x.length / channels, channels, inner: 1 };
      const input = x;
      const batch = statistics(input, s);
      x = f64(normalize(input, w(gamma), w(beta), batch.mean, batch.variance, EPSILON, s));
      back.push((dy) => {
        const g = batchNormBackward(dy, input, w(gamma), batch.mean, batch.variance, EPSILON, s, true);
        gradients.set(gamma, f64(g.dgamma)).set(beta, f64(g.dbeta));
        return f64(g.dx);
      });
      this.weights[mean] = f64(moved(w(mean), batch.mean, MOMENTUM));
      this.weights[variance] = f64(moved(w(variance), batch.variance, MOMENTUM));
    };
    const elu = (): void => {
      const input = x;
      x = f64(eluForward(input, 1));
      back.push((dy) => f64(eluBackward(dy, input, 1)));
    };
    const dense = (ic: number, oc: number): void => {
      const [kernel, bias] = [take(), take()];
      const input = x;
      x = f64(denseForward(input, w(kernel), w(bias), b, ic, oc));
      back.push((dy) => {
        const g = denseBackward(dy, input, w(kernel), b, ic, oc);
        gradients.set(kernel, f64(g.dw)).set(bias, f64(g.db));
        return f64(g.dx);
      });
    };

    let [edge, channels] = [EDGE, 1];
    for (const oc of this.plan.filters) {
      const [kernel, bias] = [take(), take()];
      const input = x;
      const conv = {
        b,
        h: edge,
        w: edge,
        ic: channels,
        oc,
        kh: 3,
        kw: 3,
        stride: 1,
        padding: 'same',
      } as const;
      x = f64(conv2dForward(input, w(kernel), w(bias), conv));
      back.push((dy) => {
        const g = conv2dBackward(dy, input, w(kernel), conv);
        gradients.set(kernel, f64(g.dw)).set(bias, f64(g.db));
        return f64(g.dx);
      });
      elu();
      norm(oc);
      const pooled = maxPool2dForward(x, {
        b,
        h: edge,
        w: edge,
        c: oc,
        size: 2,
        stride: 2,
        padding: 'valid',
      });
      const before = x.length;
      back.push((dy) => f64(maxPool2dBackward(dy, pooled.source, before)));
      x = f64(pooled.y);
      [edge, channels] = [Math.floor(edge / 2), oc];
    }
    let features = edge * edge * channels;
    for (const units of this.plan.dense) {
      dense(features, units);
      elu();
      norm(units);
      features = units;
    }
    dense(features, CLASSES);

    const targets = { labels, weights: new Float64Array(CLASSES).fill(1), smoothing: 0 };
    const { probabilities, losses } = softmaxCrossEntropyForward(x, targets);
    let dy = f64(softmaxCrossEntropyBackward(probabilities, targets));
    for (const body of back.reverse()) dy = body(dy);
    this.#t++;
    for (const [i, g] of gradients) {
      const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false };
      adamStep(w(i), g, this.#state[i] as AdamState, lr, this.#t, settings);
    }
    return losses.reduce((sum, v) => sum + v, 0) / b;
  }
}
