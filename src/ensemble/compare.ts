import { mixed } from '../train/ensemble.js';
import { type ProbabilityMetrics, probabilityMetrics } from '../train/metrics.js';
import { tempered } from '../train/temperature.js';
import { type Calibration, calibrationOf } from './calibrate.js';
import { crossFitted, type Rows } from './cross_fit.js';
import { fitShares } from './fit_shares.js';
import { fitTemperature } from './fit_temperature.js';
import { greedySelection } from './greedy.js';
import { METHODS, type Method } from './methods.js';

/** A vote with shares that were found by one method. */
export interface Vote {
  readonly method: Method;
  /** One share a member, with the sum 1. */
  readonly shares: readonly number[];
  /** On the rows that the shares were fitted on. */
  readonly after: ProbabilityMetrics;
  /** On rows whose shares were fitted on the other half. */
  readonly crossFitted: ProbabilityMetrics;
}

/** What a member says alone, and what the fitted vote loses without it. */
export interface MemberReport {
  readonly alone: ProbabilityMetrics;
  /** The fitted vote of the other members; undefined for the only one. */
  readonly without: ProbabilityMetrics | undefined;
}

export interface Comparison {
  readonly members: readonly MemberReport[];
  /** One a method. */
  readonly votes: readonly Vote[];
  /** The temperature of the chosen method's vote. `crossFitted` fits shares and temperature on the other half. */
  readonly calibration: Calibration;
}

/** Compares ways to vote, on the rows that they are fitted on and by cross-fitting. */
export function compareVotes(
  rows: Rows,
  { method, rounds, seed }: { readonly method: Method; readonly rounds: number; readonly seed: number },
): Comparison {
  const { votes, labels, classes } = rows;
  const sharesBy: Record<Method, (some: Rows) => number[]> = {
    fitted: fitShares,
    greedy: (some) => {
      const counts = greedySelection(some, rounds);
      const total = counts.reduce((sum, count) => sum + count, 0);
      return counts.map((count) => count / total);
    },
    equal: (some) => some.votes.map(() => 1 / some.votes.length),
  };
  const measured = (probabilities: Float32Array): ProbabilityMetrics =>
    probabilityMetrics(probabilities, labels, classes);
  const others = (m: number): Rows => ({ ...rows, votes: votes.filter((_, other) => other !== m) });
  const withoutMember = (m: number): ProbabilityMetrics => {
    const rest = others(m);
    return measured(mixed(rest.votes, fitShares(rest)));
  };
  const found = METHODS.map((name): Vote => {
    const shares = sharesBy[name](rows);
    const honest = crossFitted(rows, seed, (some) => {
      const own = sharesBy[name](some);
      return (vote) => mixed(vote, own);
    });
    return { method: name, shares, after: measured(mixed(votes, shares)), crossFitted: measured(honest) };
  });
  const { shares } = found.find((vote) => vote.method === method) as Vote;
  const mix = mixed(votes, shares);
  const honest = crossFitted(rows, seed, (some) => {
    const own = sharesBy[method](some);
    const { temperature } = fitTemperature([mixed(some.votes, own)], some.labels, classes);
    return (vote) => tempered(mixed(vote, own), classes, temperature);
  });
  return {
    members: votes.map((vote, m) => ({
      alone: measured(vote),
      without: votes.length > 1 ? withoutMember(m) : undefined,
    })),
    votes: found,
    calibration: { ...calibrationOf({ votes: [mix], labels, classes }, seed), crossFitted: measured(honest) },
  };
}
