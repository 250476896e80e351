import { describe, expect, it } from 'vitest';
import { type PrunerOptions, prunerOf, rungsOf } from '../../src/study/pruners.js';
import type { Pruner, TrialRecord } from '../../src/study/trial.js';

const options = (changed: Partial<PrunerOptions> = {}): PrunerOptions => ({
  ...{ pruner: 'asha', epochs: 9, minEpochs: 1, factor: 3, trials: 9, objective: 'val_acc' },
  ...changed,
});

/** A learning curve that rises to `best`. */
type Curve = (epoch: number) => number;
const rising =
  (best: number): Curve =>
  (epoch) =>
    best * (1 - 0.5 ** epoch);

interface Plan {
  readonly curves: readonly Curve[];
  readonly epochs?: number;
  /** Trials that are trained at the same time. */
  readonly workers?: number;
  /** Trials that fail in their first step. */
  readonly failing?: readonly number[];
}

/** Runs a study on drawn learning curves. @returns its trials, and its steps as `trial:epochs` in the order of their begin */
function study(pruner: Pruner, { curves, epochs = 9, workers = 1, failing = [] }: Plan) {
  const trials: TrialRecord[] = [];
  const steps: string[] = [];
  const queue: number[] = [];
  const finish = (): void => {
    const number = queue.shift() ?? 0;
    const trial = trials[number - 1] as TrialRecord;
    const curve = Array.from({ length: trial.until }, (_, e) => (curves[number - 1] as Curve)(e + 1));
    const state = failing.includes(number) ? 'failed' : trial.until === epochs ? 'complete' : 'paused';
    trials[number - 1] = { ...trial, state, epochs: trial.until, curve, metric: Math.max(...curve) };
  };
  for (;;) {
    const step = pruner.next(trials);
    const possible = step !== undefined && !(step.trial === 'new' && trials.length === curves.length);
    if (!possible && queue.length === 0) return { trials, steps };
    if (possible) {
      const number = step.trial === 'new' ? trials.length + 1 : step.trial;
      const before = trials[number - 1] ?? {
        ...{ number, values: {}, epochs: 0, metric: null, curve: [], seconds: 0, run: '' },
      };
      expect(step.epochs).toBeGreaterThan(before.epochs);
      trials[number - 1] = { ...before, state: 'running', until: step.epochs };
      steps.push(`${number}:${step.epochs}`);
      queue.push(number);
    }
    if (!possible || queue.length === workers) finish();
  }
}

const epochsOf = (trials: readonly TrialRecord[]): number[] => trials.map(({ epochs }) => epochs);
const NINE = [0.3, 0.5, 0.1, 0.9, 0.2, 0.4, 0.8, 0.6, 0.7].map(rising);

describe('rungs', () => {
  it('divide the epochs by the factor, down to the fewest', () => {
    const rungs = (epochs: number, minEpochs: number, factor: number) =>
      rungsOf({ epochs, minEpochs, factor });
    expect(rungs(9, 1, 3)).toEqual([1, 3, 9]);
    expect(rungs(20, 2, 3)).toEqual([2, 7, 20]);
    expect(rungs(16, 3, 2)).toEqual([4, 8, 16]);
    expect(rungs(5, 5, 4)).toEqual([5]);
    expect(rungs(3, 1, 1.3)).toEqual([1, 2, 3]);
  });

  it.each([
    [{ minEpochs: 10 }, 'min-epochs = 10: expected a number from 1 to the 9 epochs'],
    [{ minEpochs: 0 }, 'min-epochs = 0'],
    [{ factor: 1 }, 'reduction = 1: expected a number above 1'],
    [{ pruner: 'halving', trials: Number.POSITIVE_INFINITY }, '--pruner halving: needs the number of trials'],
  ] as const)('are refused with %o', (changed, message) => {
    expect(() => prunerOf(options(changed))).toThrow(message);
  });
});

describe('no pruner', () => {
  it('trains every trial to its end', () => {
    const { steps } = study(prunerOf(options({ pruner: 'none', trials: 3 })), { curves: NINE.slice(0, 3) });
    expect(steps).toEqual(['1:9', '2:9', '3:9']);
  });
});

describe('successive halving', () => {
  const halving = prunerOf(options({ pruner: 'halving' }));

  it('trains all, a third of them three times as long, a ninth to the end', () => {
    const { trials, steps } = study(halving, { curves: NINE });
    expect(epochsOf(trials)).toEqual([1, 1, 1, 9, 1, 1, 3, 1, 3]);
    expect(steps.slice(9)).toEqual(['4:3', '7:3', '9:3', '4:9']);
  });

  it('does the same with several workers', () => {
    expect(epochsOf(study(halving, { curves: NINE, workers: 4 }).trials)).toEqual([
      1, 1, 1, 9, 1, 1, 3, 1, 3,
    ]);
  });

  it('prefers small losses', () => {
    const losses = prunerOf(options({ pruner: 'halving', objective: 'val_loss' }));
    expect(epochsOf(study(losses, { curves: NINE }).trials)).toEqual([3, 1, 9, 1, 3, 1, 1, 1, 1]);
  });

  it('does not promote what has failed, or has no number', () => {
    const curves = NINE.with(6, () => Number.NaN);
    const { trials } = study(halving, { curves, failing: [4] });
    expect(epochsOf(trials)).toEqual([1, 3, 1, 1, 1, 1, 1, 3, 9]);
  });

  it('brings one to the end however few there are', () => {
    const two = prunerOf(options({ pruner: 'halving', trials: 2 }));
    expect(epochsOf(study(two, { curves: NINE.slice(0, 2) }).trials)).toEqual([1, 9]);
  });

  it('ends when all have failed', () => {
    const { steps } = study(halving, { curves: NINE, failing: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
    expect(steps).toHaveLength(9);
  });
});

describe('ASHA', () => {
  const asha = prunerOf(options());

  it('promotes the best third of a rung as soon as there is one', () => {
    const { steps } = study(asha, { curves: NINE });
    expect(steps).toEqual([
      '1:1',
      '2:1',
      '3:1',
      '2:3',
      '4:1',
      '4:3',
      '5:1',
      '6:1',
      '7:1',
      '7:3',
      '4:9',
      '8:1',
      '9:1',
      '9:3',
    ]);
  });

  it('depends on the records alone: from each point on it goes on as it did', () => {
    const { trials } = study(asha, { curves: NINE });
    expect(prunerOf(options()).next(trials)).toEqual(asha.next(trials));
    expect(study(prunerOf(options()), { curves: NINE, workers: 3 })).toEqual(
      study(asha, { curves: NINE, workers: 3 }),
    );
  });

  it('never waits while trials can begin', () => {
    const running = Array.from(
      { length: 5 },
      (_, i): TrialRecord => ({
        ...{ number: i + 1, values: {}, epochs: 0, until: 1, state: 'running', metric: null },
        ...{ curve: [], seconds: 0, run: '' },
      }),
    );
    expect(asha.next(running)).toEqual({ trial: 'new', epochs: 1 });
  });

  it('brings the best to the end when too few are left for a third', () => {
    const four = prunerOf(options({ trials: 4 }));
    const { trials } = study(four, { curves: NINE.slice(0, 4) });
    expect(epochsOf(trials)).toEqual([1, 3, 1, 9]);
  });

  it('finds the best of 81 curves that cross, at a fraction of the epochs', () => {
    // The better a curve ends, the slower it begins; noise of a tenth of the spread.
    const curves = Array.from({ length: 81 }, (_, i): Curve => {
      const best = ((i * 37) % 81) / 81;
      return (epoch) => best * (1 - 0.6 ** (epoch / (1 + best))) + 0.02 * Math.sin(i * 12.9898 + epoch);
    });
    const pruner = prunerOf(options({ epochs: 27, trials: 81 }));
    const { trials } = study(pruner, { curves, epochs: 27, workers: 4 });
    const complete = trials.filter(({ state }) => state === 'complete');
    const finals = curves.map((curve) => curve(27)).sort((a, b) => b - a);
    const best = Math.max(...complete.map(({ curve }) => curve.at(-1) ?? 0));
    expect(finals.indexOf(best)).toBeLessThan(4);
    const spent = epochsOf(trials).reduce((sum, epochs) => sum + epochs, 0);
    expect(spent).toBeLessThan(0.2 * 81 * 27);
  });
});
