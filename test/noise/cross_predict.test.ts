import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { foldsOf } from '../../src/data/folds.js';
import { asInSource } from '../../src/data/hold_out.js';
import { faceId } from '../../src/data/labels_file.js';
import { loadDataset, loadSource } from '../../src/data/load.js';
import type { Split } from '../../src/data/types.js';
import { type CrossPredictOptions, crossPredict } from '../../src/noise/cross_predict.js';
import { Control } from '../../src/train/control.js';
import { dataOptions } from '../../src/train/data_options.js';
import { folderWith, png } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';

/** A tree of sixty faces, no two alike, in two classes and without validation images. @param turn shifts their labels */
function tree(turn = 0): string {
  const faces = Array.from({ length: 60 }, (_, i) => [
    `${(i + turn) % 2 === 0 ? 'happy' : 'sad'}/${String(i).padStart(2, '0')}.png`,
    png([i * 4, i * 4, i * 4], 8, 8),
  ]);
  return folderWith(Object.fromEntries(faces));
}

const SETTINGS = { model: 'fer-shallow', filters: '4', dense: '4', batch: 9, epochs: 1 };

interface Asked extends Partial<CrossPredictOptions> {
  readonly data: string;
  readonly folder: string;
}

/** Out-of-fold probabilities from two tiny networks. */
async function predicted({ data, folder, settings, ...rest }: Asked) {
  const dataset = await loadDataset(data);
  const all = { ...SETTINGS, ...settings, data };
  return crossPredict(dataset, { folds: 2, control: new Control(), ...rest, folder, settings: all });
}

it('a data set with held-out images can be had as its source has it', async () => {
  const data = tree();
  const [divided, source] = [await loadDataset(data), await loadSource(data)];
  expect(divided.heldOut?.validation).toHaveLength(6);
  expect(asInSource(divided).splits).toEqual(source.splits);
  expect(asInSource(source)).toBe(source);
});

describeGpu('out-of-fold predictions', () => {
  it('belong to their data and settings: others are refused, with the difference', async () => {
    const [data, folder] = [tree(), join(folderWith({}), 'noise')];
    const first = await predicted({ data, folder });
    expect(first).toHaveLength(54 * 2);
    expect(await predicted({ data, folder, settings: { adapter: '' } })).toEqual(first);
    const relabelled = predicted({ data: tree(1), folder });
    await expect(relabelled).rejects.toThrow(
      /other images, labels or classes; data = .*: give another --out/,
    );
    for (const [settings, told] of [
      [{ epochs: 3 }, 'epochs = 1, not 3'],
      [{ seed: 8 }, 'seed = 7, not 8'],
      [{ dropout: 0.3 }, 'dropout = its default, not 0.3'],
      [{ lr: 0.01 }, 'lr = 0.001, not 0.01'],
    ] as const) {
      await expect(predicted({ data, folder, settings })).rejects.toThrow(
        `${folder}: its results were made with ${told}: give`,
      );
    }
    await expect(predicted({ data, folder, folds: 3 })).rejects.toThrow('folds = 2, not 3');
    rmSync(join(folder, 'made-with.json'));
    await expect(predicted({ data, folder })).rejects.toThrow('made-with.json is missing');
  });

  it('come from networks that have not seen the image, also where the data has no validation images', async () => {
    const [data, folder] = [tree(), join(folderWith({}), 'noise')];
    await predicted({ data, folder });
    const source = (await loadSource(data)).splits.train;
    const folds = foldsOf(source, 2, 2, 7);
    for (const number of [1, 2]) {
      const run = join(folder, `fold-${number}`);
      const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')) as Record<string, unknown>;
      const { train } = (await loadDataset(data, dataOptions(config, run))).splits;
      const trained = new Set(facesIn(train));
      const [, ...lines] = readFileSync(join(run, 'probabilities.csv'), 'utf8').trim().split('\n');
      const rows = lines.map((line) => Number(line.split(',')[0]));
      expect(rows).toEqual([...folds.keys()].filter((row) => folds[row] === number));
      expect(rows.filter((row) => trained.has(faceId(source, row)))).toEqual([]);
    }
  });

  it('that were stopped or lost on the way end in the same figures', async () => {
    const data = tree();
    const settings = { epochs: 2, 'log-every': 1 };
    const whole = await predicted({ data, folder: join(folderWith({}), 'whole'), settings });
    const folder = join(folderWith({}), 'noise');
    const control = new Control();
    const onProgress = (_: string, done: number): void => {
      if (done > 1.1) control.stop('sigint'); // in the middle of the second training
    };
    expect(await predicted({ data, folder, control, onProgress, settings })).toBeUndefined();
    expect(existsSync(join(folder, 'probabilities.csv'))).toBe(false);
    expect(existsSync(join(folder, 'fold-2/summary.json'))).toBe(true);
    const begun: number[] = [];
    const again = (_: string, done: number): void => void begun.push(done);
    const goneOn = await predicted({ data, folder, onProgress: again, settings });
    expect(goneOn).toEqual(whole);
    expect(begun[0]).toBeGreaterThan(1.2); // what was done is not done again

    // As a kill between training and prediction leaves it.
    rmSync(join(folder, 'fold-1/probabilities.csv'));
    expect(await predicted({ data, folder, onProgress: () => expect.unreachable(), settings })).toEqual(
      whole,
    );
  });

  it('know no settings that change the images or their labels, and leave no claim behind', async () => {
    const [data, folder] = [tree(), join(folderWith({}), 'noise')];
    const settings = { labels: 'labels.csv' };
    await expect(predicted({ data, folder, settings })).rejects.toThrow(
      'labels: wrong labels are looked for',
    );
    const wrong = predicted({ data, folder, settings: { 'class-weights': '1' } });
    await expect(wrong).rejects.toThrow('class-weights');
    expect(await predicted({ data, folder })).toHaveLength(54 * 2);
  });
});

const facesIn = (split: Split): string[] => Array.from(split.labels, (_, row) => faceId(split, row));
