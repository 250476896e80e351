import { describe, expect, it, vi } from 'vitest';
import { balanceFile } from '../../src/cli/commands/balance.js';
import { calibrateFile } from '../../src/cli/commands/calibrate.js';
import { ensemble } from '../../src/cli/commands/ensemble.js';
import { evaluate } from '../../src/cli/commands/evaluate.js';
import { soup } from '../../src/cli/commands/soup.js';
import { printed } from '../helpers/printed.js';

/** What the commands print that measure networks; the measurements are stand-ins, no two numbers alike. */

/** Numbers that tell where they stand: loss 1.0i, accuracy .9i, calibration error .02i. */
const measured = vi.hoisted(() => (i: number) => ({
  ...{ loss: 1 + i / 100, accuracy: 0.9 + i / 1000, ece: 0.02 + i / 10_000 },
  ...{ top2: 0.95 + i / 1000, eceByChance: 0.01 + i / 1000, confusion: [] as number[][] },
}));
vi.mock('../../src/train/evaluate_weights.js', () => ({
  evaluateWeights: async () => ({
    ...measured(1),
    ...{ count: 1234, macroF1: 0.87, imgPerS: 5678.4, members: [{ weights: 'w', share: 1 }] },
    confusion: [
      [11, 2],
      [3, 14],
    ],
    perClass: [
      { name: 'a', precision: 0.1, recall: 0.2, f1: 0.3, support: 13 },
      { name: 'b', precision: 0.4, recall: 0.5, f1: 0.6, support: 1017 },
    ],
    ...{ classes: ['a', 'b'], classesGuessed: false, softmaxAdded: [] },
  }),
}));
vi.mock('../../src/ensemble/calibrate.js', () => ({
  calibrate: async () => ({
    ...{ temperature: 1.5, atLimit: false, count: 1234, balanceDropped: true },
    ...{ before: measured(1), after: measured(2), crossFitted: measured(3) },
  }),
}));
vi.mock('../../src/ensemble/balance.js', () => {
  const point = (strength: number) => ({
    ...{ strength, accuracy: 0.6 - strength / 10, macroRecall: 0.5 + strength / 10 },
    recalls: [0.1 + strength / 10, 0.8 - strength / 10],
  });
  return {
    balance: async () => ({
      ...{ classes: ['a', 'b'], offsets: [0.5, 0], count: 1234 },
      ...{ curve: [0, 1].map(point), crossFitted: point(0.9) },
    }),
  };
});
vi.mock('../../src/ensemble/build_ensemble.js', () => ({
  buildEnsemble: async () => ({
    ...{ weights: ['models/m.h5', 'runs/r1/best.safetensors'], count: 1234, classesGuessed: false },
    members: [
      { alone: measured(1), without: measured(2) },
      { alone: measured(3), without: measured(9) },
    ],
    votes: [
      { method: 'equal', shares: [0.5, 0.5], after: measured(4), crossFitted: measured(4) },
      { method: 'fitted', shares: [0.25, 0.75], after: measured(5), crossFitted: measured(6) },
    ],
    calibration: {
      ...{ temperature: 1.25, atLimit: false, before: measured(5) },
      ...{ after: measured(7), crossFitted: measured(8) },
    },
    softmaxAdded: [],
  }),
}));
vi.mock('../../src/ensemble/soup.js', () => ({
  makeSoup: async () => ({
    members: [
      { weights: 'a.safetensors', ...measured(1), used: true },
      { weights: 'b.safetensors', ...measured(2), used: false },
    ],
    ...{ soup: measured(3), count: 1234 },
  }),
}));
vi.mock('../../src/train/shipped_models.js', () => ({
  weightsPath: (path: string) => path,
  shippedModels: () => [],
}));

/** Arguments that the stand-ins do not look at. */
const rest = {
  ...{
    json: false,
    quiet: true,
    data: 'd',
    limit: undefined,
    seed: 1,
    adapter: undefined,
    skipUnknown: false,
  },
  ...{ skipBad: false, model: undefined, preprocess: undefined, classes: undefined, tta: 'none' as const },
  ...{ file: 'w.h5', out: 'x.safetensors', color: 'auto' as const },
} as const;

describe('a table of measurements', () => {
  it('of evaluate', async () => {
    const files = { labels: 'l.csv', ferplus: 'f.csv', ferplusKeep: 'none' };
    const out = await printed(() => evaluate({ ...rest, ...files, split: 'test', weights: ['w'] }));
    expect(
      out,
    ).toBe(`test: 1,234 images with f.csv and l.csv, loss 1.0100, accuracy 90.1 %, top-2 95.1 %, macro F1 87.0 %, calibration error 2.0 %, by chance alone 1.1 %, 5,678 img/s

class  precision  recall      F1  images
-----  ---------  ------  ------  ------
a         10.0 %  20.0 %  30.0 %      13
b         40.0 %  50.0 %  60.0 %   1,017

confusion (row: true class, column: predicted)
    a   b
-  --  --
a  11   2
b   3  14
`);
  });
  it('of calibrate', async () => {
    const out = await printed(() => calibrateFile({ ...rest, split: 'validation' }));
    expect(out).toBe(`temperature 1.5000, fitted on 1,234 validation images

                                  loss  calibration error  accuracy
------------------------------  ------  -----------------  --------
before                          1.0100             2.01 %   90.10 %
after, on the images fitted on  1.0200             2.02 %   90.20 %
after, cross-fitted             1.0300             2.03 %   90.30 %

the balance in the file was dropped, because it belonged to the former temperature; "fer-tui balance" fits a new one
x.safetensors
`);
  });
  it('of balance', async () => {
    const out = await printed(() =>
      balanceFile({ ...rest, split: 'validation', recall: 'a=50', strength: 0.5 }),
    );
    expect(out).toBe(`offsets a +0.250, fitted on 1,234 validation images

recall                    accuracy  mean recall       a       b
------------------------  --------  -----------  ------  ------
strength 0                  60.0 %       50.0 %  10.0 %  80.0 %
strength 1                  50.0 %       60.0 %  20.0 %  70.0 %
strength 1, cross-fitted    51.0 %       59.0 %  19.0 %  71.0 %

x.safetensors
`);
  });
  it('of ensemble', async () => {
    const out = await printed(() =>
      ensemble({ ...rest, split: 'validation', weights: [], method: 'fitted', rounds: 1 }),
    );
    expect(out).toBe(`1,234 validation images

member               accuracy    loss  calibration error    equal   fitted  without it: points     loss
-------------------  --------  ------  -----------------  -------  -------  ------------------  -------
m.h5                  90.10 %  1.0100             2.01 %  50.00 %  25.00 %               -0.30  -0.0300
r1/best.safetensors   90.30 %  1.0300             2.03 %  50.00 %  75.00 %               +0.40  +0.0400

vote                                  accuracy    loss  calibration error
------------------------------------  --------  ------  -----------------
equal shares                           90.40 %  1.0400             2.04 %
fitted shares                          90.50 %  1.0500             2.05 %
fitted shares, cross-fitted            90.60 %  1.0600             2.06 %
fitted, temperature 1.2500             90.70 %  1.0700             2.07 %
fitted and temperature, cross-fitted   90.80 %  1.0800             2.08 %

Cross-fitted: measured on images that shares and temperature were not fitted on.

x.safetensors
`);
  });
  it('of soup', async () => {
    const out = await printed(() => soup({ ...rest, split: 'validation', weights: [], method: 'greedy' }));
    expect(out).toBe(`1,234 validation images

network        accuracy    loss  in the soup
-------------  --------  ------  -----------
a.safetensors   90.10 %  1.0100          yes
b.safetensors   90.20 %  1.0200           no
greedy soup     90.30 %  1.0300

x.safetensors
`);
  });
});
