import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Method, samplerOf } from '../../src/study/samplers.js';
import { ScrambledSobol, SOBOL_DIMENSIONS, Sobol } from '../../src/study/sobol.js';
import { parseSpace, pointsOf, type Space } from '../../src/study/space.js';
import type { Sampler, Values } from '../../src/study/trial.js';

const space = (yaml: string): Space => parseSpace(parse(yaml), {}, 'space.yaml');
const sampler = (yaml: string, method: Method, seed = 1): Sampler =>
  samplerOf(space(yaml), { method, seed, objective: 'val_acc' });
const first = (n: number, of: Sampler): (Values | undefined)[] =>
  Array.from({ length: n }, (_, i) => of.suggest(i + 1, []));

const GRID = 'optimizer: [adam, sgd]\nmomentum: [0, 0.5, 0.9]\nl2: [0, 0.1]';

describe("Sobol's sequence", () => {
  it('begins as published (Joe & Kuo 2008)', () => {
    const sobol = new Sobol(4);
    const points = Array.from({ length: 8 }, (_, i) => [...sobol.bits(i)].map((bits) => bits / 2 ** 32));
    expect(points).toEqual([
      [0, 0, 0, 0],
      [0.5, 0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25, 0.25],
      [0.25, 0.75, 0.75, 0.75],
      [0.375, 0.375, 0.625, 0.875],
      [0.875, 0.875, 0.125, 0.375],
      [0.625, 0.125, 0.875, 0.625],
      [0.125, 0.625, 0.375, 0.125],
    ]);
  });

  it('agrees with SciPy 1.x in all dimensions: point 1023 of qmc.Sobol(40, scramble=False), times 1024', () => {
    expect([...new Sobol(SOBOL_DIMENSIONS).bits(1023)].map((bits) => bits / 2 ** 22)).toEqual([
      1, 771, 627, 149, 191, 449, 143, 633, 353, 871, 695, 37, 133, 681, 371, 475, 321, 897, 599, 327, 887,
      19, 813, 201, 245, 385, 521, 779, 861, 445, 951, 629, 463, 895, 341, 885, 965, 1011, 923, 715,
    ]);
  });

  it('stays as even when it is scrambled', () => {
    const scrambled = new ScrambledSobol(SOBOL_DIMENSIONS, 3);
    const points = Array.from({ length: 64 }, (_, i) => scrambled.point(i));
    for (let d = 0; d < SOBOL_DIMENSIONS; d++) {
      const slices = points.map((point) => Math.floor((point[d] ?? -1) * 64)).sort((a, b) => a - b);
      expect(slices).toEqual(Array.from({ length: 64 }, (_, i) => i));
    }
    // The first two dimensions are a (0, 2)-sequence: 64 points fill every 8 by 8 grid, and 4 by 16, 2 by 32.
    for (const [rows, columns] of [
      [8, 8],
      [4, 16],
      [32, 2],
    ] as const) {
      const cells = points.map(
        ([x = -1, y = -1]) => Math.floor(x * rows) * columns + Math.floor(y * columns),
      );
      expect(new Set(cells).size).toBe(64);
    }
  });

  it('is scrambled by the seed, below the leading bits too', () => {
    const [a, b] = [1, 2].map((seed) => new ScrambledSobol(2, seed).point(0));
    expect(a).not.toEqual(b);
    const low = Array.from(
      { length: 256 },
      (_, i) => ((new ScrambledSobol(1, 5).point(i)[0] ?? 0) * 256) % 1,
    );
    const mean = low.reduce((sum, x) => sum + x, 0) / low.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.1); // an unscrambled sequence has 0 there
    expect(new Set(low).size).toBeGreaterThan(200);
  });

  it('has limits', () => {
    for (const dimensions of [0, SOBOL_DIMENSIONS + 1, Number.NaN]) {
      expect(() => new Sobol(dimensions)).toThrow(RangeError);
    }
  });
});

describe('a grid', () => {
  it('has every combination once, and then no more', () => {
    expect(first(9, sampler(GRID, 'grid'))).toEqual([...pointsOf(space(GRID)), undefined]);
  });

  it('gives any trial on demand', () => {
    expect(sampler(GRID, 'grid').suggest(4, [])).toEqual({ optimizer: 'sgd', momentum: 0, l2: 0.1 });
  });

  it('refuses a continuous range', () => {
    expect(() => sampler('l2: [0, 1]\nlr: {min: 1, max: 2}', 'grid')).toThrow(
      'lr: a grid needs a list of values, or a range with a step',
    );
  });
});

describe('random settings', () => {
  it('depend on seed and number only', () => {
    const yaml = 'lr: {min: 0.001, max: 0.1, log: true}\nl2: [0, 0.1]';
    const all = first(20, sampler(yaml, 'random'));
    expect(sampler(yaml, 'random').suggest(13, [])).toEqual(all[12]);
    expect(first(20, sampler(yaml, 'random', 2))).not.toEqual(all);
  });

  it('of a finite space come once each', () => {
    const trials = first(9, sampler(GRID, 'random')).map((values) => JSON.stringify(values));
    const all = [...pointsOf(space(GRID))].map((values) => JSON.stringify(values));
    expect(trials.slice(0, 8).sort()).toEqual(all.sort());
    expect(trials[8]).toBeUndefined();
  });

  it('give each decade of a log range the same share', () => {
    const trials = first(300, sampler('lr: {min: 0.0001, max: 0.1, log: true}', 'random'));
    const decades = [0, 0, 0];
    for (const values of trials) {
      const decade = Math.floor(Math.log10(Number(values?.['lr'])) + 4);
      decades[decade] = (decades[decade] ?? 0) + 1;
    }
    for (const count of decades) expect(Math.abs(count - 100)).toBeLessThanOrEqual(2);
  });

  it('are refused for more parameters than the sequence has', () => {
    const many: Space = {
      parameters: Array.from({ length: SOBOL_DIMENSIONS + 1 }, (_, i) => ({
        ...{ name: `p${i}`, when: {} },
        domain: { min: 0, max: 1, log: false, step: undefined },
      })),
    };
    expect(() => samplerOf(many, { method: 'random', seed: 1, objective: 'loss' })).toThrow('41 parameters');
  });
});
