import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { balance } from '../../src/ensemble/balance.js';
import { buildEnsemble } from '../../src/ensemble/build_ensemble.js';
import { calibrate } from '../../src/ensemble/calibrate.js';
import { requireEnough } from '../../src/ensemble/cross_fit.js';
import { makeSoup } from '../../src/ensemble/soup.js';
import { resolveConfig } from '../../src/train/config.js';
import { writeEnsembleFile } from '../../src/train/ensemble_file.js';
import { openNetwork } from '../../src/train/weights.js';
import { folderWith } from '../data/fixtures.js';

const COMMON = { data: 'synthetic:70', seed: 7 };

it('names of files that say another format than is written are refused before the work', async () => {
  const wrong = 'x.h5: expected a name that ends in .safetensors';
  await expect(calibrate({ ...COMMON, weights: 'w', out: 'x.h5' })).rejects.toThrow(wrong);
  await expect(makeSoup({ ...COMMON, weights: ['a', 'b'], method: 'uniform', out: 'x.h5' })).rejects.toThrow(
    wrong,
  );
  const vote = { ...COMMON, method: 'equal', rounds: 1 } as const;
  await expect(buildEnsemble({ ...vote, weights: ['a', 'b'], out: 'x.safetensors' })).rejects.toThrow(
    'x.safetensors: expected a name that ends in .json',
  );
});

it('a file that could not be written at the end is refused before the work', async () => {
  const folder = folderWith({ 'f.safetensors/x': '', 'f.json/x': '' });
  for (const [place, told] of [
    [join(folder, 'nowhere', 'f'), 'there is no such folder; choose another folder'],
    [join(folder, 'f'), 'it is a folder'],
  ] as const) {
    const out = `${place}.safetensors`;
    const message = (path: string) => `cannot write ${path}: ${told}`;
    const recall = [{ name: 'Fear', recall: 0.5 }];
    const weights = 'w'; // is not there, and would be told later
    await expect(calibrate({ ...COMMON, weights, out })).rejects.toThrow(message(out));
    await expect(balance({ ...COMMON, weights, out, recall, strength: 1 })).rejects.toThrow(message(out));
    const soup = { ...COMMON, weights: ['a', 'b'], method: 'uniform', out } as const;
    await expect(makeSoup(soup)).rejects.toThrow(message(out));
    const vote = { ...COMMON, method: 'equal', rounds: 1, out: `${place}.json` } as const;
    await expect(buildEnsemble({ ...vote, weights: ['a', 'b'] })).rejects.toThrow(message(vote.out));
  }
});

it('nothing that is no ensemble, and no member of a soup, is written over', async () => {
  const root = folderWith({ 'config.json': '{"epochs":3}', 'b.safetensors': 'weights' });
  const [config, member] = [join(root, 'config.json'), join(root, 'b.safetensors')];
  const vote = { ...COMMON, method: 'equal', rounds: 1 } as const;
  await expect(buildEnsemble({ ...vote, weights: ['a', 'b'], out: config })).rejects.toThrow(
    `${config}: the file exists and is no ensemble; choose another name`,
  );
  const soup = { ...COMMON, method: 'uniform', weights: ['a.h5', member] } as const;
  await expect(makeSoup({ ...soup, out: join(root, 'x', '..', 'b.safetensors') })).rejects.toThrow(
    'a member of the soup, which would be lost; choose another name',
  );
  expect(readFileSync(config, 'utf8') + readFileSync(member, 'utf8')).toBe('{"epochs":3}weights');
});

it('a network that is given twice is refused', async () => {
  const vote = { ...COMMON, method: 'equal', rounds: 1, out: undefined } as const;
  for (const weights of [
    ['a.h5', 'b.h5', './a.h5'],
    ['b.h5', 'a.h5', 'x/../a.h5'],
  ]) {
    await expect(buildEnsemble({ ...vote, weights })).rejects.toThrow('a.h5 is given twice');
    await expect(makeSoup({ ...COMMON, weights, method: 'uniform', out: 'x.safetensors' })).rejects.toThrow(
      'a.h5 is given twice',
    );
  }
});

it('too few images to fit on are refused, with the least number', () => {
  expect(() => requireEnough(19)).toThrow('19 validation images are too few to fit on; expected 20 or more');
  requireEnough(20);
});

it('an ensemble file is no network, and its members are named', async () => {
  const path = join(folderWith({}), 'e.json');
  const members = ['a', 'b'].map((weights) => ({ weights, share: 1 }));
  writeEnsembleFile(path, { members, temperature: 1 });
  await expect(openNetwork(path)).rejects.toThrow(
    'is an ensemble; expected one network, such as one of a, b',
  );
  writeFileSync(path, '{}');
  await expect(openNetwork(path)).rejects.not.toThrow('is an ensemble');
});

it.each([
  [{ 'lbp-bins': 10 }, 'lbp-bins: needs --features lbp or raw+lbp'],
  [{ 'lbp-ranking': 'chi-squared' }, 'lbp-ranking: needs --features'],
  [{ 'ferplus-targets': 'votes' }, 'ferplus-targets: needs a --ferplus'],
  [{ 'ferplus-keep': 'nf' }, 'ferplus-keep: needs a --ferplus'],
])('settings without effect are refused: %j', (settings, told) => {
  expect(() => resolveConfig(settings)).toThrow(told);
  expect(() => resolveConfig({ ...settings, features: 'lbp', ferplus: 'f.csv' })).not.toThrow();
});
