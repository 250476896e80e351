import { describe, expect, it } from 'vitest';
import { resizeImages } from '../../src/data/image.js';
import { fitPreprocess } from '../../src/data/preprocess.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import type { Dataset, SplitName } from '../../src/data/types.js';
import { compareData, dataHash } from '../../src/train/data_identity.js';
import type { StartEvent } from '../../src/train/events.js';
import { fittedTo } from '../../src/train/fitting.js';
import type { SavedModel } from '../../src/train/model_file.js';

const data = syntheticFaces(1, 35);
/** The data with something else in a split. */
const withSplit = (name: SplitName, part: Partial<Dataset['splits']['train']>): Dataset => ({
  ...data,
  splits: { ...data.splits, [name]: { ...data.splits[name], ...part } },
});

describe('the hash of what a run learns from', () => {
  it.each(['train', 'validation'] as const)('covers images, labels and targets of %s', (name) => {
    const { images, labels } = data.splits[name];
    const other = images.slice();
    other[5] = 255 - (other[5] as number);
    const targets = new Float32Array(7 * labels.length);
    const more = Float32Array.from(targets, (_, i) => Number(i === 3));
    const hashes = [
      data,
      withSplit(name, { images: other }),
      withSplit(name, { labels: labels.map((label, i) => (i === 1 ? (label + 1) % 7 : label)) }),
      withSplit(name, { targets }),
      withSplit(name, { targets: more }),
    ].map(dataHash);
    expect(new Set(hashes).size).toBe(5);
  });

  it('does not cover the test images, nor names and notes', () => {
    const test = withSplit('test', { images: data.splits.test.images.map((value) => 255 - value) });
    expect(dataHash(test)).toBe(dataHash(data));
    expect(dataHash({ ...data, name: 'x', source: 'y', notes: ['z'], skipped: 3 })).toBe(dataHash(data));
    expect(dataHash({ ...data, classes: [...data.classes].reverse() })).not.toBe(dataHash(data));
  });
});

describe('data that have changed since', () => {
  const config = { data: 'faces.csv', preprocess: 'scale255', limit: undefined } as const;
  const [train, validation] = [data.splits.train.labels.length, data.splits.validation.labels.length];
  const latest = (own: object): StartEvent => ({ data: { train, validation, ...own } }) as StartEvent;
  const old = latest({ sha256: 'other' });
  const why = 'the data have changed since the run last trained: ';
  const same = `${train} training and ${validation} validation images, but with other contents`;

  it('are told where that is allowed, with what follows for the preprocessing, and refused elsewhere', () => {
    expect(compareData(data, config, old, true)).toEqual([`${why}${same}`]);
    expect(() => compareData(data, config, old, false)).toThrow(
      `faces.csv: ${why}${same}; restore the data, begin a new run, or go on with them by --allow-changed-data`,
    );
    const told = (preprocess: 'mean' | 'standardize' | 'standardize-image') =>
      compareData(data, { ...config, preprocess }, old, true)[0]?.slice(`${why}${same}`.length);
    expect(told('mean')).toBe('; their mean image is subtracted from now on');
    expect(told('standardize')).toBe('; their mean and standard deviation are used from now on');
    expect(told('standardize-image')).toBe('');
  });

  it('are told with their numbers, as far as the run takes them', () => {
    const before = latest({ sha256: 'other', train: 20 });
    const [told] = compareData(data, { ...config, limit: 9 }, before, true);
    expect(told).toBe(
      `${why}20 training and ${validation} validation images then, 9 training and ${validation} validation images now`,
    );
  });

  it('are none where the hash is the same, or was not recorded', () => {
    expect(compareData(data, config, latest({ sha256: dataHash(data) }), false)).toEqual([]);
    expect(compareData(data, config, latest({}), false)).toEqual([]);
    expect(compareData(data, config, undefined, false)).toEqual([]);
  });
});

it('a preprocessing that a model lacks is measured on the training images, at the size of its input', () => {
  const { train } = data.splits;
  const saved = (preprocess: SavedModel['preprocess']) =>
    ({ preprocess, network: { inputShape: [24, 12, 1] } }) as unknown as SavedModel;
  const images = resizeImages(train.images, [48, 48], [24, 12]);
  expect(fittedTo(saved({ name: 'standardize' }), 'm.h5', train)).toEqual(
    fitPreprocess('standardize', { images, labels: train.labels }),
  );
  const own = { name: 'mean', mean: new Float32Array(288) } as const;
  expect(fittedTo(saved(own), 'm.h5', train)).toBe(own);
  const none = { images: new Uint8Array(0), labels: new Uint8Array(0) };
  expect(fittedTo(saved(own), 'm.h5', none)).toBe(own);
  expect(() => fittedTo(saved({ name: 'mean' }), 'm.h5', none)).toThrow(
    'm.h5: --preprocess mean needs the mean training image, and the file does not contain it',
  );
});
