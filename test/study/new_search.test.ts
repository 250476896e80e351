import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newSearch, type SearchOptions } from '../../src/study/new_search.js';
import { newFolder } from './fakes.js';

/** A search in the space of a file with this text. */
function search(text: string, part: Partial<SearchOptions> = {}) {
  const space = join(newFolder(), 'space.yaml');
  writeFileSync(space, text);
  return newSearch({ space, settings: {}, ...part });
}

const SMALL = 'settings: {epochs: 9, batch: 8}\nspace: {l2: [0, 0.1], labelSmoothing: [0, 0.1, 0.2]}\n';
const ENDLESS = 'space: {lr: {min: 0.001, max: 0.1, log: true}}\n';
const LOG_WHOLE = 'space: {batch: {min: 8, max: 64, log: true}}\n';

describe('a new search', () => {
  it('takes settings from the file and the command line', () => {
    expect(search(SMALL, { settings: { batch: 4, seed: 5 } })).toMatchObject({
      ...{ kind: 'search', method: 'grid', trials: 6, seed: 5, objective: 'val_acc' },
      ...{ settings: { epochs: 9, batch: 4, seed: 5 }, space: { l2: [0, 0.1] } },
    });
    expect(search(SMALL).settings).toEqual({ epochs: 9, batch: 8, seed: 7 });
    const defaults = { pruner: 'none', minEpochs: 1, reduction: 3, objective: 'val_acc' };
    expect(search(SMALL)).toMatchObject(defaults);
  });

  it.each([
    [SMALL, {}, 'grid', 6],
    [SMALL, { trials: 4 }, 'random', 4],
    [SMALL, { trials: 40 }, 'random', 6],
    [SMALL, { method: 'random' }, 'random', 6],
    [ENDLESS, {}, 'random', 20],
    [ENDLESS, { trials: 300 }, 'random', 300],
    ['space: {epochs: {min: 1, max: 400}}\n', {}, 'random', 20],
    [LOG_WHOLE, {}, 'random', 20],
    ['space: {epochs: {min: 1, max: 400}}\n', { method: 'grid' }, 'grid', 400],
  ] as const)('%s with %o', (text, part, method, trials) => {
    expect(search(text, part)).toMatchObject({ method, trials });
  });

  it.each([
    [SMALL, { settings: { 'label-smoothing': 0.3 } }, 'label-smoothing: it differs from trial to trial'],
    [SMALL, { settings: { lr: 99 } }, 'lr = 99: expected a number in (0, 10]'],
    [ENDLESS, { method: 'grid' }, 'lr: a grid needs a list of values'],
    [
      'settings: {out: runs/r1}\nspace: {l2: [0, 1]}\n',
      {},
      'out: a study gives each trial a folder of its own',
    ],
    ['space: {epochs: [1, 2]}\n', { pruner: 'asha' }, 'epochs: a pruner compares trials of equal length'],
    [SMALL, { pruner: 'asha', minEpochs: 10 }, 'min-epochs = 10: expected'],
    [SMALL, { minEpochs: 2 }, 'min-epochs: needs --pruner halving or asha'],
    [SMALL, { reduction: 2 }, 'reduction: needs --pruner halving or asha'],
    [
      LOG_WHOLE,
      { method: 'grid' },
      'batch: a grid needs a list of values, or a range with a step and without',
    ],
    [
      'settings: {l2: 0, lr: 0.1}\nspace: {lr: [0.1, 0.2], l2: [0, 1]}\n',
      {},
      /^l2, lr: it differs from trial to trial/,
    ],
    [
      'settings: {epochs: 3}\nspace: {schedule: [constant, cosine-cycles], lr: {min: 0.1, max: 0.2}}\n',
      {},
      /no training with schedule=cosine-cycles lr=0.1: cycles(?!.*to leave lr out)/, // it is not because of lr
    ],
    ['space: {nesterov: [true, false]}\n', {}, 'only sgd has nesterov'],
    [
      'space: {features: [raw, lbp, raw+lbp], lbp-bins: [50, 100]}\n',
      {},
      /features=raw lbp-bins=50: lbp-bins: needs .*; to leave lbp-bins out there, write it after features, as { values: \[...\], when: { features: \[lbp, raw\+lbp\] } }$/,
    ],
    ['space: {lbp-bins: [50, 100]}\n', {}, /lbp-bins: needs --features lbp or raw\+lbp$/],
  ] as const)('%s with %o is refused', (text, part, message) => {
    expect(() => search(text, part)).toThrow(message);
  });
});
