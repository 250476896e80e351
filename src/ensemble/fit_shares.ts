import type { Rows } from './cross_fit.js';

/** No vote could lower the loss by more. */
const PRECISION = 1e-9;
/** A share below this changes nothing but the time that the vote takes. */
const SMALLEST = 1e-6;
const MOST_STEPS = 20_000;

/**
 * The shares, 0 or more with the sum 1, for which the soft vote has the lowest mean cross-entropy.
 *
 * This is the mixture whose components are known and whose weights are not, so expectation maximisation solves it: the new
 * share of a voter is the mean, over the rows, of its part in the probability of the true class. Each step lowers the loss,
 * which is convex in the shares. With g the largest mean of p / mix over the voters, no vote is better by more than g - 1,
 * which ends the iteration.
 * @returns one share a voter, in float64
 */
export function fitShares(rows: Rows): number[] {
  const own = trueProbabilities(rows);
  const count = rows.labels.length;
  let shares = own.map(() => 1 / own.length);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gains = new Float64Array(own.length);
    for (let i = 0; i < count; i++) {
      const mix = own.reduce((sum, p, m) => sum + (shares[m] as number) * (p[i] as number), 0);
      for (const [m, p] of own.entries()) gains[m] = (gains[m] as number) + (p[i] as number) / mix / count;
    }
    if (Math.max(...gains) - 1 < PRECISION) break;
    shares = shares.map((share, m) => share * (gains[m] as number));
  }
  const kept = shares.map((share) => (share < SMALLEST ? 0 : share));
  const total = kept.reduce((sum, share) => sum + share, 0);
  return kept.map((share) => share / total);
}

/** For each voter its probabilities of the true classes [N], above 0. */
export function trueProbabilities({ votes, labels, classes }: Rows): Float64Array[] {
  return votes.map((vote) =>
    Float64Array.from(labels, (label, i) => Math.max(vote[i * classes + label] as number, Number.MIN_VALUE)),
  );
}
