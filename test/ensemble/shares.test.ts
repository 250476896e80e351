import { describe, expect, it } from 'vitest';
import { compareVotes } from '../../src/ensemble/compare.js';
import type { Rows } from '../../src/ensemble/cross_fit.js';
import { fitShares } from '../../src/ensemble/fit_shares.js';
import { greedySelection } from '../../src/ensemble/greedy.js';
import { Rng } from '../../src/util/random.js';

/** Voters of which each knows some of the classes, and one that knows nothing. */
function rowsOf(count: number, skills: readonly number[]): Rows {
  const [rng, classes] = [new Rng(11), 4];
  const labels = Uint8Array.from({ length: count }, () => rng.int(classes));
  const votes = skills.map((skill, m) => {
    const vote = new Float32Array(count * classes);
    labels.forEach((label, i) => {
      const scores = Array.from({ length: classes }, (_, c) =>
        Math.exp(2 * rng.normal() + (c === label && (label + m) % 3 > 0 ? skill : 0)),
      );
      const total = scores.reduce((sum, score) => sum + score, 0);
      vote.set(
        scores.map((score) => score / total),
        i * classes,
      );
    });
    return vote;
  });
  return { votes, labels, classes };
}

const lossOf = ({ votes, labels, classes }: Rows, shares: readonly number[]): number =>
  [...labels].reduce((sum, label, i) => {
    const mix = votes.reduce(
      (part, vote, m) => part + (shares[m] ?? 0) * (vote[i * classes + label] ?? 0),
      0,
    );
    return sum - Math.log(mix) / labels.length;
  }, 0);

describe('fitted shares', () => {
  const rows = rowsOf(400, [2.5, 1.5, 0]);

  it('are on the simplex, and no point of a fine grid on it has a lower loss', () => {
    const shares = fitShares(rows);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    let lowest = { loss: Number.POSITIVE_INFINITY, shares: [0, 0, 0] };
    const parts = 200;
    for (let a = 0; a <= parts; a++) {
      for (let b = 0; a + b <= parts; b++) {
        const tried = [a, b, parts - a - b].map((part) => part / parts);
        const loss = lossOf(rows, tried);
        if (loss < lowest.loss) lowest = { loss, shares: tried };
      }
    }
    const loss = lossOf(rows, shares);
    expect(loss).toBeLessThanOrEqual(lowest.loss);
    expect(lowest.loss - loss).toBeLessThan(1e-4);
    for (const [m, share] of shares.entries()) expect(share).toBeCloseTo(lowest.shares[m] ?? Number.NaN, 1);
  });

  it('leave out a voter that another one is better than everywhere', () => {
    const [best = new Float32Array(0)] = rows.votes;
    const worse = best.map((p) => 0.9 * p + 0.1 / 5);
    const [first, second] = fitShares({ ...rows, votes: [best, worse] });
    const own = lossOf(rows, [1, 0, 0]);
    expect(lossOf({ ...rows, votes: [best, worse] }, [first ?? 0, second ?? 0])).toBeLessThanOrEqual(
      own + 1e-9,
    );
  });

  it('of one voter are 1', () => {
    expect(fitShares({ ...rows, votes: rows.votes.slice(0, 1) })).toEqual([1]);
  });
});

describe('greedy selection', () => {
  const rows = rowsOf(300, [2, 1.5, 0, 1]);
  const alone = rows.votes.map((_, m) =>
    lossOf(
      rows,
      [0, 1, 2, 3].map((other) => Number(other === m)),
    ),
  );

  it('starts with the best voter, and is never worse than it', () => {
    expect(greedySelection(rows, 1)).toEqual([1, 0, 0, 0]);
    expect(alone.indexOf(Math.min(...alone))).toBe(0);
    for (const rounds of [2, 3, 10, 40]) {
      const counts = greedySelection(rows, rounds);
      const total = counts.reduce((sum, count) => sum + count, 0);
      expect(total).toBeLessThanOrEqual(rounds);
      expect(
        lossOf(
          rows,
          counts.map((count) => count / total),
        ),
      ).toBeLessThanOrEqual(Math.min(...alone));
    }
  });

  it('is never worse for more rounds', () => {
    const lossAfter = (rounds: number): number => {
      const counts = greedySelection(rows, rounds);
      const total = counts.reduce((sum, count) => sum + count, 0);
      return lossOf(
        rows,
        counts.map((count) => count / total),
      );
    };
    for (let rounds = 1; rounds < 9; rounds++)
      expect(lossAfter(rounds + 1)).toBeLessThanOrEqual(lossAfter(rounds));
  });

  it('comes close to the fitted shares, which nothing beats', () => {
    const counts = greedySelection(rows, 100);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const greedy = lossOf(
      rows,
      counts.map((count) => count / total),
    );
    const fitted = lossOf(rows, fitShares(rows));
    expect(greedy).toBeGreaterThanOrEqual(fitted - 1e-9);
    expect(greedy - fitted).toBeLessThan(1e-3);
  });
});

it('a comparison tells what each member gains, and does not flatter the fit', () => {
  const rows = rowsOf(300, [2, 2, 0]);
  const { members, votes, calibration } = compareVotes(rows, { method: 'fitted', rounds: 10, seed: 7 });
  const [fitted, greedy, equal] = votes;
  expect(votes.map(({ method }) => method)).toEqual(['fitted', 'greedy', 'equal']);
  expect(fitted?.after.loss).toBeLessThanOrEqual(greedy?.after.loss ?? 0);
  expect(fitted?.crossFitted.loss).toBeGreaterThan(fitted?.after.loss ?? 0);
  expect(equal?.crossFitted.loss).toBeCloseTo(equal?.after.loss ?? 0, 12);
  // Without a good member the others lose, without the one that knows nothing hardly.
  const lost = members.map(({ without }) => (without?.loss ?? 0) - (fitted?.after.loss ?? 0));
  expect(lost[0]).toBeGreaterThan(0.01);
  expect(lost[2]).toBeLessThan(0.01);
  expect(lost[2]).toBeGreaterThanOrEqual(-1e-9);
  const rest = { ...rows, votes: rows.votes.slice(1) };
  const [refitted] = compareVotes(rest, { method: 'fitted', rounds: 10, seed: 7 }).votes;
  expect(members[0]?.without).toEqual(refitted?.after);
  expect(calibration.before.loss).toBeCloseTo(fitted?.after.loss ?? 0, 12);
  expect(calibration.after.loss).toBeLessThan(calibration.before.loss);
  const alone = compareVotes(
    { ...rows, votes: rows.votes.slice(0, 1) },
    { method: 'equal', rounds: 1, seed: 7 },
  );
  expect(alone.members[0]?.without).toBeUndefined();
});
