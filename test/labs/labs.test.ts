import { describe, expect, it } from 'vitest';
import { labTable } from '../../src/cli/lab_text.js';
import { findLab, LABS } from '../../src/labs/all.js';
import type { LabRun } from '../../src/labs/kit/results.js';
import type { LabReport } from '../../src/labs/kit/run_lab.js';
import { describeGpu } from '../helpers/gpu.js';
import { numberOf, SEEDS, tinyLab } from './tiny_lab.js';

/** What the runs of each lab must satisfy, even after a single step. */
const SENSE: Readonly<Record<string, (report: LabReport) => void>> = {
  init: (report) => {
    // Without weights all classes are equally probable, exactly.
    expect(numberOf(report, 'zeros', 'first')).toBeCloseTo(Math.log(7), 5);
    expect(numberOf(report, 'zeros', 'sure')).toBeCloseTo(1 / 7, 5);
    expect(numberOf(report, 'Glorot', 'first')).toBeCloseTo(Math.log(7), 0);
    expect(numberOf(report, 'Glorot x 2', 'sure')).toBeGreaterThan(numberOf(report, 'Glorot', 'sure'));
  },
  overfit: (report) => {
    gapIsDifference(report);
    // Where there are only 28 faces, all subsets are the same.
    expect(runOf(report, '28 faces').numbers).toEqual(runOf(report, '700 faces').numbers);
  },
  'batch-norm': (report) => {
    // Before the first update only batch norm makes a difference, not the learning rate.
    const loss = (variant: string) => numberOf(report, variant, 'loss');
    expect(loss('with')).not.toBe(loss('without'));
    expect(loss('with, rate x 10')).toBe(loss('with'));
  },
  dropout: (report) => {
    gapIsDifference(report);
    differ(report, 'loss');
  },
  activation: (report) => {
    expect(numberOf(report, 'sigmoid', 'gradient')).toBeLessThan(0.1 * numberOf(report, 'ReLU', 'gradient'));
  },
  optimizer: (report) => {
    // Before the first update all optimisers have the same network: one step of one batch shows no difference.
    const losses = report.lab.variants.map(({ name }) => numberOf(report, name, 'loss'));
    expect(new Set(losses).size).toBe(1);
  },
  'learning-rate': (report) => {
    const rate = (variant: string) => numberOf(report, variant, 'rate');
    expect(rate('as the test says') / rate('a hundredth')).toBeCloseTo(100, 6);
    expect(runOf(report, 'as the test says').curve).toHaveLength(20);
    expect(runOf(report, 'a hundredth').curve).toEqual([]);
  },
  'batch-size': (report) => {
    expect(['batch 1', 'batch 28', 'batch 256'].map((name) => numberOf(report, name, 'steps'))).toEqual([
      28, 1, 1,
    ]);
  },
  vanishing: (report) => {
    for (const { numbers, curve } of report.results.runs) {
      expect(numbers['ratio']).toBe((numbers['first'] ?? 0) / (numbers['last'] ?? 0));
      expect(curve.map(({ x }) => x)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
    expect(numberOf(report, 'sigmoid', 'ratio')).toBeLessThan(
      1e-4 * numberOf(report, 'sigmoid, batch norm', 'ratio'),
    );
  },
  augmentation: (report) => {
    gapIsDifference(report);
    differ(report, 'loss');
  },
  depth: (report) => {
    // 8 filters of 3 x 3, their biases and norms; 24 x 24 x 8 values to 32 units, biases and norms; 7 outputs.
    const one = 8 * 9 + 8 + 16 + (4608 * 32 + 32 + 64) + (32 * 7 + 7);
    expect(numberOf(report, '1 block', 'weights')).toBe(one);
    expect(labTable(report)).toMatch(/^1 block .* 35 % \(FER-2013\)$/m);
    expect(labTable(report)).toMatch(/^4 blocks .* 58 % \(FER-2013\)$/m);
  },
  hybrid: (report) => {
    // The last two have no convolutions; 16 cells x 59 bins, then 32 hidden units with norm, or none.
    expect(numberOf(report, 'LBP', 'weights')).toBe(944 * 32 + 32 + 64 + 32 * 7 + 7);
    expect(numberOf(report, 'LBP, softmax regression', 'weights')).toBe(944 * 7 + 7);
    const both = numberOf(report, 'raw+LBP', 'weights') as number;
    expect(both - (numberOf(report, 'raw', 'weights') as number)).toBe(944 * 32);
    differ(report, 'training');
  },
  precision: (report) => {
    const [whole, half] = [runOf(report, 'float32'), runOf(report, 'mixed_float16')];
    expect(half.numbers['loss']).toBeCloseTo(whole.numbers['loss'] ?? 0, 2);
    expect(half.numbers['loss']).not.toBe(whole.numbers['loss']);
  },
};

const runOf = ({ results }: LabReport, variant: string): LabRun =>
  results.runs.find((run) => run.variant === variant) as LabRun;

function gapIsDifference({ results }: LabReport): void {
  for (const { numbers } of results.runs) {
    expect(numbers['gap']).toBe((numbers['training'] ?? 0) - (numbers['validation'] ?? 0));
  }
}

/** All variants have different values: what is varied reaches the training. */
function differ(report: LabReport, measure: string): void {
  const values = report.lab.variants.map(({ name }) => numberOf(report, name, measure));
  expect(new Set(values).size).toBe(values.length);
}

describeGpu('the lab', (gpu) => {
  it.each(
    LABS.map(({ name }) => name),
  )('%s runs, and its table is the mean and deviation of its runs', async (name) => {
    const report = await tinyLab(gpu(), name);
    const { lab, results, finding } = report;
    expect(results.runs.map(({ variant, seed }) => `${seed} ${variant}`)).toEqual(
      SEEDS.flatMap((seed) => lab.variants.map((variant) => `${seed} ${variant.name}`)),
    );
    expect(finding?.evidence).not.toContain('NaN');
    const lines = labTable(report).split('\n').slice(2, -1);
    lab.variants.forEach((variant, row) => {
      for (const [key, { format }] of Object.entries(lab.measures)) {
        const [a, b] = SEEDS.map((seed) => numberOf(report, variant.name, key, seed)) as [number, number];
        if (!Number.isFinite(a + b)) continue;
        // Of two values: the middle, and their distance through the root of 2.
        const [mean, sd] = [(a + b) / 2, Math.abs(a - b) / Math.SQRT2];
        const [m, s] = {
          share: () => [mean, sd].map((x) => (100 * x).toFixed(1)),
          decimal: () => [mean, sd].map((x) => x.toFixed(3)),
          whole: () => [mean, sd].map((x) => x.toFixed(0)),
          power: () => [mean, sd].map((x) => (x === 0 ? '0' : x.toExponential(1))),
        }[format]() as [string, string];
        expect(lines[row]).toContain(`${m} ± ${s}`);
      }
    });
    SENSE[name]?.(report);
  });

  it('every lab has a check of its own above', () => {
    expect(Object.keys(SENSE).sort()).toEqual(LABS.map(({ name }) => name).sort());
  });
});

describe('the list of labs', () => {
  it('has different names, each with a question', () => {
    expect(new Set(LABS.map(({ name }) => name)).size).toBe(LABS.length);
    for (const { question } of LABS) expect(question).toMatch(/^[A-Z].{10,74}\?$/);
  });

  it('a misspelt name is told, with the nearest one', () => {
    expect(() => findLab('droput')).toThrow('no lab "droput"; expected one of init, overfit, batch-norm,');
    expect(() => findLab('droput')).toThrow('did you mean "dropout"?');
    expect(() => findLab('zzz')).not.toThrow('did you mean');
  });
});
