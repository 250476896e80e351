import { describe, expect, it } from 'vitest';
import type { Domain } from '../../src/study/domain.js';
import { CODES, forest } from '../../src/study/forest.js';
import { FEWEST_TRIALS, importanceOf } from '../../src/study/importance.js';
import { randomSampler } from '../../src/study/point_samplers.js';
import type { Space } from '../../src/study/space.js';
import type { TrialRecord, Values } from '../../src/study/trial.js';
import { Rng } from '../../src/util/random.js';
import { minimise, type Problem } from './functions.js';

const unit: Domain = { min: 0, max: 1, log: false, step: undefined };
const space: Space = {
  parameters: [
    { name: 'a', domain: unit, when: {} },
    { name: 'b', domain: unit, when: {} },
    { name: 'c', domain: unit, when: {} },
    { name: 'kind', domain: { values: ['x', 'y', 'z'] }, when: {} },
    { name: 'd', domain: unit, when: { kind: ['x'] } },
  ],
};

const study = (f: (values: Values) => number, trials = 80): TrialRecord[] =>
  minimise({ space, f, minimum: 0 } satisfies Problem, randomSampler(space, 1), trials);

const shares = (trials: readonly TrialRecord[]): Record<string, number> =>
  Object.fromEntries(importanceOf(trials, 'loss')?.parameters.map(({ name, share }) => [name, share]) ?? []);
const clear = (trials: readonly TrialRecord[]): string[] =>
  importanceOf(trials, 'loss')?.parameters.flatMap((one) => (one.clear ? [one.name] : [])) ?? [];

describe('the importance of settings', () => {
  it('goes to those that a function depends on, in their order', () => {
    const trials = study(({ a, b }) => 3 * Number(a) + Number(b));
    const { a = 0, b = 0, c = 1, kind = 1 } = shares(trials);
    // The variances are 9 to 1.
    expect(a).toBeGreaterThan(0.75);
    expect(b).toBeLessThan(0.25);
    expect(b).toBeGreaterThan(0.02);
    expect(c + kind).toBeLessThan(0.05);
    expect(clear(trials)).toEqual(['a', 'b']);
    expect(importanceOf(trials, 'loss')?.explained).toBeGreaterThan(0.7);
  });

  it('sees curves with a minimum inside, and interactions', () => {
    expect(shares(study(({ b }) => (Number(b) - 0.5) ** 2))['b']).toBeGreaterThan(0.85);
    const { a = 0, c = 0 } = shares(study(({ a, c }) => (Number(a) - 0.5) * (Number(c) - 0.5), 200));
    expect(Math.min(a, c)).toBeGreaterThan(0.3);
  });

  it('sees choices, and settings that only some trials have', () => {
    expect(shares(study(({ kind }) => Number(kind === 'y')))['kind']).toBeGreaterThan(0.9);
    const trials = study(({ kind, d }) => (kind === 'x' ? 4 * Number(d) : 5), 120);
    expect(clear(trials)).toEqual(['kind', 'd']);
  });

  it('takes the lack of a setting for another value than the smallest', () => {
    const trials = study(() => 0, 40).map((trial, i): TrialRecord => {
      const curve = [i % 2];
      return { ...trial, values: i % 2 === 0 ? { d: 0 } : {}, curve, metric: i % 2 };
    });
    expect(importanceOf(trials, 'loss')?.explained).toBeGreaterThan(0.9);
  });

  it('is not clear where results are noise', () => {
    const rng = new Rng(3);
    const trials = study(() => rng.normal());
    expect(clear(trials)).toEqual([]);
    expect(importanceOf(trials, 'loss')?.explained).toBeLessThan(0.1);
  });

  it('is not told of fewer than ten trials', () => {
    const trials = study(({ a }) => Number(a), FEWEST_TRIALS);
    expect(importanceOf(trials.slice(1), 'loss')).toBeUndefined();
    expect(importanceOf(trials, 'loss')).toMatchObject({ trials: FEWEST_TRIALS, epochs: 1 });
  });

  it('compares trials after the same epochs, and puts failed ones last', () => {
    const trials = study(({ a }) => Number(a), 120).map((trial, i): TrialRecord => {
      if (Number(trial.values['c']) > 0.6)
        return { ...trial, state: 'failed', curve: [], epochs: 0, until: 2 };
      const longer = [...trial.curve, Number(trial.values['b']) - 1];
      return i < 30 ? { ...trial, state: 'paused' } : { ...trial, curve: longer, epochs: 2, until: 2 };
    });
    const { epochs, parameters } = importanceOf(trials, 'loss') ?? {};
    expect(epochs).toBe(2);
    expect(parameters?.filter((one) => one.clear).map(({ name }) => name)).toEqual(['c', 'b']);
  });

  it('is the same every time', () => {
    const trials = study(({ a }) => Number(a), 20);
    expect(importanceOf(trials, 'loss')).toEqual(importanceOf(trials, 'loss'));
  });
});

describe('a forest', () => {
  it('learns a step exactly where it is, and predicts means', () => {
    const rows = Array.from({ length: 60 }, (_, i) => [i % CODES]);
    const targets = rows.map(([code = 0]) => Number(code >= 20));
    const trees = forest(rows, targets, 20, 1);
    for (const { unseen, predict } of trees) {
      expect([predict(() => 12), predict(() => 28)]).toEqual([0, 1]);
      expect(unseen.length).toBeGreaterThan(10);
    }
    const flat = forest(
      rows,
      rows.map(() => 0.25),
      1,
      1,
    );
    expect(flat[0]?.predict(() => 3)).toBeCloseTo(0.25, 12);
  });
});
