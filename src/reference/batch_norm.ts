import { type Arr, at, bump } from './arrays.js';

/** x viewed as [outer, channels, inner]. */
export interface NormShape {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** Per channel: mean and biased variance. */
export function statistics(x: Arr, s: NormShape): { mean: Arr; variance: Arr } {
  const n = s.outer * s.inner;
  const mean = new Float64Array(s.channels);
  const variance = new Float64Array(s.channels);
  x.forEach((v, i) => {
    bump(mean, channelOf(i, s), v / n);
  });
  x.forEach((v, i) => {
    bump(variance, channelOf(i, s), (v - at(mean, channelOf(i, s))) ** 2 / n);
  });
  return { mean, variance };
}

const channelOf = (i: number, s: NormShape): number => Math.floor(i / s.inner) % s.channels;

/** y = gamma * (x - mean) / sqrt(variance + epsilon) + beta. */
export function normalize(
  x: Arr,
  gamma: Arr,
  beta: Arr,
  mean: Arr,
  variance: Arr,
  epsilon: number,
  s: NormShape,
): Arr {
  return x.map((v, i) => {
    const c = channelOf(i, s);
    return (at(gamma, c) * (v - at(mean, c))) / Math.sqrt(at(variance, c) + epsilon) + at(beta, c);
  });
}

/** The updated moving average: moving * momentum + batch * (1 - momentum). */
export function moved(moving: Arr, batch: Arr, momentum: number): Arr {
  return moving.map((v, c) => v * momentum + at(batch, c) * (1 - momentum));
}

/** @param training whether mean and variance are those of the batch: dx then flows through them too */
export function batchNormBackward(
  dy: Arr,
  x: Arr,
  gamma: Arr,
  mean: Arr,
  variance: Arr,
  epsilon: number,
  s: NormShape,
  training: boolean,
): { dx: Arr; dgamma: Arr; dbeta: Arr } {
  const n = s.outer * s.inner;
  const rstd = variance.map((v) => 1 / Math.sqrt(v + epsilon));
  const xhat = x.map((v, i) => (v - at(mean, channelOf(i, s))) * at(rstd, channelOf(i, s)));
  const dgamma = new Float64Array(s.channels);
  const dbeta = new Float64Array(s.channels);
  dy.forEach((d, i) => {
    bump(dgamma, channelOf(i, s), d * at(xhat, i));
    bump(dbeta, channelOf(i, s), d);
  });
  const dx = dy.map((d, i) => {
    const c = channelOf(i, s);
    const through = training ? (at(dbeta, c) + at(xhat, i) * at(dgamma, c)) / n : 0;
    return at(gamma, c) * at(rstd, c) * (d - through);
  });
  return { dx, dgamma, dbeta };
}
