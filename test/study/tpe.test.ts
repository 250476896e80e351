import { describe, expect, it } from 'vitest';
import type { Domain } from '../../src/study/domain.js';
import { estimatorOf } from '../../src/study/parzen.js';
import { type Method, samplerOf } from '../../src/study/samplers.js';
import type { Space } from '../../src/study/space.js';
import type { TrialRecord } from '../../src/study/trial.js';
import { normalBelow } from '../../src/util/normal.js';
import { Rng } from '../../src/util/random.js';
import { branches, branin, hartmann6, minimise, type Problem, regret, trialOf } from './functions.js';

const sampler = (space: Space, method: Method, seed: number) =>
  samplerOf(space, { method, seed, objective: 'loss' });

/** The median over the seeds of the distance to the minimum. */
function medianRegret(problem: Problem, method: Method, trials: number, seeds = 11): number {
  const regrets = Array.from({ length: seeds }, (_, seed) =>
    regret(problem, minimise(problem, sampler(problem.space, method, seed), trials)),
  );
  return regrets.sort((a, b) => a - b)[(seeds - 1) / 2] ?? Number.NaN;
}

describe('the test functions', () => {
  it('have the published minima', () => {
    expect(branin.f({ x: Math.PI, y: 2.275 })).toBeCloseTo(branin.minimum, 5);
    const at = [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573];
    expect(hartmann6.f(Object.fromEntries(at.map((x, i) => [`x${i + 1}`, x])))).toBeCloseTo(
      hartmann6.minimum,
      4,
    );
  });
});

describe('TPE', () => {
  it.each([
    ['Branin', branin, 80],
    ['Hartmann 6', hartmann6, 100],
    ['a function with conditions', branches, 60],
  ] as const)('comes at least twice as near to the minimum as random settings: %s', (_, problem, trials) => {
    const [tpe, random] = (['tpe', 'random'] as const).map((method) => medianRegret(problem, method, trials));
    expect(tpe).toBeLessThan((random ?? 0) / 2);
  });

  it('begins with random settings, until ten trials have results', () => {
    const history = minimise(branin, sampler(branin.space, 'tpe', 1), 12);
    const random = minimise(branin, sampler(branin.space, 'random', 1), 12);
    const values = (trials: readonly TrialRecord[]) => trials.map((trial) => trial.values);
    expect(values(history.slice(0, 10))).toEqual(values(random.slice(0, 10)));
    expect(values(history.slice(10, 11))).not.toEqual(values(random.slice(10, 11)));
  });

  it('depends on seed, number and history only', () => {
    const history = minimise(branin, sampler(branin.space, 'tpe', 1), 25);
    const again = sampler(branin.space, 'tpe', 1);
    for (const number of [25, 14]) {
      expect(again.suggest(number, history.slice(0, number - 1))).toEqual(history[number - 1]?.values);
    }
    const other = sampler(branin.space, 'tpe', 2).suggest(25, history.slice(0, 24));
    expect(other).not.toEqual(history[24]?.values);
  });

  it('looks for large numbers where these are better', () => {
    const space: Space = { parameters: [{ name: 'x', domain: unit, when: {} }] };
    const history = Array.from({ length: 40 }, (_, i) => trialOf(i + 1, { x: i / 40 }, [i]));
    const mean = (objective: 'acc' | 'loss') => {
      const tpe = samplerOf(space, { method: 'tpe', seed: 1, objective });
      const xs = [41, 42, 43, 45, 46, 47].map((number) => Number(tpe.suggest(number, history)?.['x']));
      return xs.reduce((sum, x) => sum + x, 0) / xs.length;
    };
    expect(mean('acc')).toBeGreaterThan(0.75);
    expect(mean('loss')).toBeLessThan(0.25);
  });

  it('keeps away from trials that are being trained, and from failed ones', () => {
    const space: Space = { parameters: [{ name: 'x', domain: unit, when: {} }] };
    const history = Array.from({ length: 40 }, (_, i) => trialOf(i + 1, { x: i / 40 }, [Math.abs(i - 20)]));
    const added = (state: 'running' | 'failed') =>
      Array.from(
        { length: 12 },
        (_, i): TrialRecord => ({
          ...trialOf(41 + i, { x: 0.46 + i / 150 }, []),
          ...{ state, until: 1 },
        }),
      );
    const near = (trials: readonly TrialRecord[]) => {
      const seeds = Array.from({ length: 30 }, (_, seed) => sampler(space, 'tpe', seed));
      return seeds.filter((tpe) => Math.abs(Number(tpe.suggest(53, trials)?.['x']) - 0.5) < 0.05).length;
    };
    const alone = near(history);
    expect(alone).toBeGreaterThan(20);
    for (const state of ['running', 'failed'] as const) {
      expect(near([...history, ...added(state)])).toBeLessThan(alone / 2);
    }
  });

  it('compares trials after the same number of epochs', () => {
    const space: Space = { parameters: [{ name: 'x', domain: unit, when: {} }] };
    // After one epoch a large x is better, after three a small one. Later trials were pruned.
    const history = Array.from({ length: 40 }, (_, i): TrialRecord => {
      const x = ((i * 17) % 40) / 40;
      const curve = i < 12 ? [1 - x, 0.9, x - 1] : [1 - x];
      return { ...trialOf(i + 1, { x }, curve), state: i < 12 ? 'complete' : 'paused' };
    });
    const mean = (trials: readonly TrialRecord[]) => {
      const xs = Array.from({ length: 20 }, (_, seed) =>
        Number(sampler(space, 'tpe', seed).suggest(41, trials)?.['x']),
      );
      return xs.reduce((sum, x) => sum + x, 0) / xs.length;
    };
    expect(mean(history)).toBeLessThan(0.35);
    const few = history.map((trial, i) => (i >= 3 && i < 12 ? { ...trial, ...oneEpoch(trial) } : trial));
    expect(mean(few)).toBeGreaterThan(0.65);
  });

  it('gives no settings twice, and ends when a finite space is used up', () => {
    const domain: Domain = { min: 1, max: 20, log: false, step: 1 };
    const space: Space = { parameters: [{ name: 'x', domain, when: {} }] };
    const problem: Problem = { space, minimum: 0, f: ({ x }) => Math.abs(Number(x) - 7) };
    const trials = minimise(problem, sampler(space, 'tpe', 1), 30);
    expect(trials.map(({ values }) => Number(values['x'])).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });
});

const unit: Domain = { min: 0, max: 1, log: false, step: undefined };
const oneEpoch = ({ curve }: TrialRecord) => ({
  curve: curve.slice(0, 1),
  epochs: 1,
  until: 1,
  state: 'paused' as const,
});

describe('a Parzen estimator', () => {
  it.each<[string, Domain, (string | number)[]]>([
    ['a list', { values: ['a', 'b', 'c'] }, ['a', 'a', 'b']],
    ['whole numbers', { min: 1, max: 9, log: false, step: 1 }, [2, 2, 3]],
    ['whole numbers on a log scale', { min: 1, max: 100, log: true, step: 1 }, [10, 12, 1]],
  ])('is a distribution over the values of %s, from which it draws', (_, domain, observed) => {
    const estimator = estimatorOf(domain, observed);
    const rng = new Rng(1);
    const counts = new Map<unknown, number>();
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const value = estimator.sample(rng);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    let total = 0;
    for (const [value, count] of counts) {
      const p = estimator.density(value as number);
      total += p;
      expect(Math.abs(count / draws - p)).toBeLessThan(0.015);
    }
    expect(total).toBeGreaterThan(0.98);
    expect(total).toBeLessThan(1.0001);
  });

  it('has density 1 in total over a continuous range, most of it near the observations', () => {
    const { density } = estimatorOf(unit, [0.2, 0.22, 0.25]);
    const mean = (low: number, high: number): number => {
      const xs = Array.from({ length: 1000 }, (_, i) => low + ((high - low) * (i + 0.5)) / 1000);
      return (xs.reduce((sum, x) => sum + density(x), 0) / 1000) * (high - low);
    };
    expect(mean(0, 1)).toBeCloseTo(1, 3);
    expect(mean(0, 0.5)).toBeGreaterThan(0.6);
    expect(density(0.99)).toBeGreaterThan(0.1);
  });

  it.each([
    [
      [0.9, 0.9],
      [0.9, 0.25],
    ],
    [
      [0.3, 0.6, 0.65],
      [0.3, 0.3, 0.35],
    ],
  ])('is as wide at each of %j as the farther neighbour or end of the range is away, but not too narrow', (observed, widths) => {
    const bump = (x: number, mean: number, sd: number): number => {
      const mass = normalBelow((1 - mean) / sd) - normalBelow(-mean / sd);
      return Math.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * Math.sqrt(2 * Math.PI) * mass);
    };
    const { density } = estimatorOf(unit, observed);
    for (const x of [0.05, 0.5, 0.95]) {
      const bumps = [bump(x, 0.5, 1), ...observed.map((mean, i) => bump(x, mean, widths[i] ?? 0))];
      expect(density(x)).toBeCloseTo(bumps.reduce((sum, one) => sum + one, 0) / bumps.length, 5);
    }
  });

  it('uses the normal distribution', () => {
    const table = [
      [-3, 0.001349898],
      [-1, 0.1586552539],
      [0, 0.5],
      [0.5, 0.6914624613],
      [1.96, 0.9750021049],
    ] as const;
    for (const [x, p] of table) expect(Math.abs(normalBelow(x) - p)).toBeLessThan(1e-7);
  });
});
