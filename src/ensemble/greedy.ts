import type { Rows } from './cross_fit.js';
import { trueProbabilities } from './fit_shares.js';

/**
 * Greedy selection with replacement (Caruana et al. 2004): starts with the best voter, and in each round adds the one with
 * which the equal vote of all chosen so far has the lowest mean cross-entropy. A voter may be added again, which gives it
 * a larger share. The best of all rounds wins, so it never has a higher loss than the best voter alone.
 * @returns how often each voter was chosen
 */
export function greedySelection(rows: Rows, rounds: number): number[] {
  const own = trueProbabilities(rows);
  const sums = new Float64Array(rows.labels.length);
  const counts = own.map(() => 0);
  let best = { loss: Number.POSITIVE_INFINITY, counts };
  for (let round = 1; round <= rounds; round++) {
    const losses = own.map((p) => {
      let loss = 0;
      for (let i = 0; i < sums.length; i++)
        loss -= Math.log(((sums[i] as number) + (p[i] as number)) / round);
      return loss / sums.length;
    });
    const loss = Math.min(...losses);
    const added = losses.indexOf(loss);
    counts[added] = (counts[added] as number) + 1;
    own[added]?.forEach((p, i) => {
      sums[i] = (sums[i] as number) + p;
    });
    if (loss < best.loss) best = { loss, counts: [...counts] };
  }
  return best.counts;
}
