import { normalBelow } from '../util/normal.js';
import type { Rng } from '../util/random.js';
import {
  type Domain,
  isRange,
  positionOf,
  type RangeDomain,
  stretchOf,
  type Value,
  valueAt,
} from './domain.js';

/** A distribution over the values of one parameter, estimated from the values of trials. */
export interface Estimator {
  /** Draws a value. */
  sample(rng: Rng): Value;
  /** How likely a value is: a probability, or in a continuous range a density. Above 0 for every value of the domain. */
  density(value: Value): number;
}

/**
 * The Parzen estimator of a parameter (Bergstra et al. 2011, Algorithms for hyper-parameter optimization, section 4.2): the whole
 * domain counts as one more observation, so that every value keeps a probability above 0.
 */
export function estimatorOf(domain: Domain, observed: readonly Value[]): Estimator {
  return isRange(domain) ? mixtureOf(domain, observed.map(Number)) : countsOf(domain.values, observed);
}

/** The estimator of a list: the weight of a value is how often it was observed, plus one. */
function countsOf(values: readonly Value[], observed: readonly Value[]): Estimator {
  const weights = values.map((value) => 1 + observed.filter((other) => other === value).length);
  const total = values.length + observed.length;
  return {
    sample: (rng) => {
      let left = rng.float() * total;
      const i = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return values.at(i) as Value; // after a rounding error, i is -1: the last value
    },
    density: (value) => (weights[values.indexOf(value)] ?? 0) / total,
  };
}

interface Bump {
  readonly mean: number;
  readonly sd: number;
  /** Its probability between 0 and 1. */
  readonly mass: number;
}

/**
 * The estimator of a range: a mixture of normal distributions, one around each observation and a wide one in the middle, all
 * truncated to the range. The standard deviation of each is the distance to its farther neighbour, within limits that narrow with
 * the number of observations.
 */
function mixtureOf(domain: RangeDomain, observed: readonly number[]): Estimator {
  const prior = { mean: 0.5, sd: 1 };
  const means = observed.map((value) => positionOf(domain, value)).sort((a, b) => a - b);
  const narrowest = 1 / Math.min(100, 2 + means.length);
  const placed = means.map((mean, i) => {
    const [before = 0, after = 1] = [means[i - 1], means[i + 1]];
    return { mean, sd: Math.min(1, Math.max(mean - before, after - mean, narrowest)) };
  });
  const bumps: readonly Bump[] = [...placed, prior].map(({ mean, sd }) => ({
    ...{ mean, sd },
    mass: normalBelow((1 - mean) / sd) - normalBelow(-mean / sd),
  }));
  const average = (of: (bump: Bump) => number): number =>
    bumps.reduce((sum, bump) => sum + of(bump) / bump.mass, 0) / bumps.length;

  return {
    sample: (rng) => {
      const { mean, sd } = bumps[rng.int(bumps.length)] ?? prior;
      // The mean is in [0, 1] and the deviation at most 1, so at least a third of the draws lies inside.
      for (;;) {
        const position = mean + sd * rng.normal();
        if (position >= 0 && position < 1) return valueAt(domain, position);
      }
    },
    density: (value) => {
      const stretch = stretchOf(domain, Number(value));
      if (stretch !== undefined) {
        const [low, high] = stretch;
        return average(({ mean, sd }) => normalBelow((high - mean) / sd) - normalBelow((low - mean) / sd));
      }
      const x = positionOf(domain, Number(value));
      return average(
        ({ mean, sd }) => Math.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI)),
      );
    },
  };
}
