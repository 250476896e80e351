import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { majorityOf, parseFerplusKeep, votesOfTraining } from '../../src/data/ferplus.js';
import {
  type Correction,
  correctionsOf,
  faceId,
  readLabels,
  writeLabels,
} from '../../src/data/labels_file.js';
import { loadDataset } from '../../src/data/load.js';
import { limitSplit } from '../../src/data/rows.js';
import type { FerplusOptions, LoadOptions } from '../../src/data/types.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { DataError, UsageError } from '../../src/util/errors.js';
import { csv, folderWith, pixels } from './fixtures.js';

const [ANGRY, , FEAR, HAPPY, NEUTRAL, SAD] = [0, 1, 2, 3, 4, 5];

/** Six training faces and two for validation: Happy, Sad, in turns. */
const DATA = csv([
  ...Array.from({ length: 6 }, (_, i) => [i % 2 === 0 ? 3 : 4, 'Training', pixels(i)] as const),
  ...[6, 7].map((i) => [3, 'PublicTest', pixels(i)] as const),
]);

/** Loads the faces with some files beside them. */
function load(files: Record<string, string>, options: (at: (name: string) => string) => LoadOptions) {
  const root = folderWith({ 'fer2013.csv': DATA, ...files });
  return loadDataset(join(root, 'fer2013.csv'), { cacheDir: false, ...options((name) => join(root, name)) });
}
const plain = await loadDataset(join(folderWith({ 'fer2013.csv': DATA }), 'fer2013.csv'), {
  cacheDir: false,
});
const correction = (
  split: 'train' | 'validation',
  index: number,
  action: Correction['action'],
  label?: number,
): Correction => {
  const rows = plain.splits[split];
  const common = { split, index, face: faceId(rows, index), was: rows.labels[index] as number, action };
  return label === undefined ? common : { ...common, label };
};
const labelsCsv = (...all: readonly Correction[]): string => {
  const path = join(folderWith({}), 'labels.csv');
  writeLabels(path, all, CLASS_NAMES);
  return readFileSync(path, 'utf8');
};

describe('corrections of labels', () => {
  const all = [
    correction('validation', 1, 'relabel', FEAR),
    correction('train', 4, 'drop'),
    correction('train', 0, 'relabel', SAD),
    correction('train', 2, 'keep'),
  ];

  it('are written in the order of the data, and read as they were', () => {
    const text = labelsCsv(...all);
    const lines = text.trim().split('\n');
    expect(lines[0]).toBe('split,index,face,was,action,label');
    expect(lines.slice(1).map((line) => line.replace(/,[0-9a-f]{12},/, ','))).toEqual([
      'train,0,Happy,relabel,Sad',
      'train,2,Happy,keep,',
      'train,4,Happy,drop,',
      'validation,1,Happy,relabel,Fear',
    ]);
    const path = join(
      folderWith({ 'l.csv': text.replaceAll('Happy', 'happy').replaceAll('\n', '\r\n') }),
      'l.csv',
    );
    expect(readLabels(path, CLASS_NAMES)).toEqual([all[2], all[3], all[1], all[0]]);
  });

  it('change labels, leave images out, and are named', async () => {
    const { splits, name } = await load({ 'labels.csv': labelsCsv(...all) }, (at) => ({
      labels: at('labels.csv'),
    }));
    expect([...splits.train.labels]).toEqual([SAD, SAD, HAPPY, SAD, SAD]);
    expect([...splits.validation.labels]).toEqual([HAPPY, FEAR]);
    expect(splits.train.images[3 * 2304]).toBe(3);
    expect(splits.train.images[4 * 2304]).toBe(5); // 4 is left out
    expect(name).toBe('FER-2013, 2 relabelled and 1 dropped by labels.csv');
  });

  it('come before the division into folds', async () => {
    const files = { 'labels.csv': labelsCsv(...all) };
    const fold = { number: 1, of: 5, seed: 7 };
    const { splits, name } = await load(files, (at) => ({ labels: at('labels.csv'), fold }));
    expect([splits.train.labels.length, splits.validation.labels.length]).toEqual([4, 1]);
    expect(name).toContain('labels.csv, fold 1 of 5');
  });

  it('of another picture are refused', async () => {
    const other = { ...correction('train', 0, 'drop'), face: '0123456789ab' };
    const loading = load({ 'labels.csv': labelsCsv(other) }, (at) => ({ labels: at('labels.csv') }));
    await expect(loading).rejects.toThrow(/labels.csv:2: train 0 is another picture/);
  });

  it('of a row that is not there, or had another label, are refused', async () => {
    const fine = correction('train', 1, 'keep');
    const beyond = { ...correction('train', 0, 'drop'), index: 9999 };
    const wrong = { ...correction('train', 2, 'relabel', FEAR), was: SAD };
    for (const [bad, told] of [
      [beyond, /labels.csv:3: there is no row train 9999; .*fer2013.csv has 6, 0 to 5/],
      [wrong, /labels.csv:3: was "Sad"; expected "Happy", the label of train 2 in .*fer2013.csv/],
    ] as const) {
      const loading = load({ 'labels.csv': labelsCsv(fine, bad) }, (at) => ({ labels: at('labels.csv') }));
      await expect(loading).rejects.toThrow(told);
    }
    const text = labelsCsv({ ...fine, split: 'validation' }).replace(',1,', ',2,');
    const loading = load({ 'labels.csv': text }, (at) => ({ labels: at('labels.csv') }));
    await expect(loading).rejects.toThrow('there is no row validation 2;');
  });

  it('of held-out images count the rows of the source', async () => {
    const faces = csv(Array.from({ length: 20 }, (_, i) => [3, 'Training', pixels(i)] as const));
    const root = folderWith({ 'fer2013.csv': faces });
    const data = await loadDataset(join(root, 'fer2013.csv'), { cacheDir: false });
    const [held = -1] = data.heldOut?.validation ?? [];
    const common = { split: 'train', action: 'keep', was: HAPPY } as const;
    const file = (index: number): string => {
      const path = join(root, 'labels.csv');
      writeLabels(path, [{ ...common, index, face: faceId(data.splits.validation, 0) }], CLASS_NAMES);
      return path;
    };
    expect(correctionsOf(data, file(held))[0]).toMatchObject({ split: 'validation', index: 0 });
    expect(() => correctionsOf(data, file(20))).toThrow(/no row train 20; .* has 20, 0 to 19/);
  });

  const row = 'train,0,0123456789ab,Happy,drop,';
  it.each([
    ['', 'expected the header split,index,face,was,action,label'],
    ['x', 'labels.csv:2: split "x"; expected train, validation, test'],
    [`${row}\n${row}`, 'labels.csv:3: train 0 is listed twice'],
    ['train,-1,0123456789ab,Happy,drop,', 'index "-1"'],
    ['train,0,0123,Happy,drop,', 'face "0123"; expected 12 hex digits'],
    ['train,0,0123456789ab,Glad,drop,', 'class "Glad"; expected one of Angry,'],
    ['train,0,0123456789ab,Happy,burn,', 'action "burn"; expected relabel, drop, keep'],
    ['train,0,0123456789ab,Happy,relabel,', 'class ""'],
  ])('are refused when a row is bad: %#', (rows, message) => {
    const head = rows === '' ? 'index\n' : 'split,index,face,was,action,label\n';
    const path = join(folderWith({ 'labels.csv': `${head}${rows}\n` }), 'labels.csv');
    expect(() => readLabels(path, CLASS_NAMES)).toThrow(DataError);
    expect(() => readLabels(path, CLASS_NAMES)).toThrow(message);
  });
});

describe('FER+', () => {
  const HEAD = 'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF';
  /** Votes by row: neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF. */
  const VOTES = [
    ['Training', '4,6,0,0,0,0,0,0,0,0'], // Happy
    ['Training', '5,0,0,5,0,0,0,0,0,0'], // a tie with the label: Sad stays
    ['Training', '0,0,0,1,2,0,0,7,0,0'], // contempt, else Angry
    ['Training', '0,0,0,0,0,0,0,0,0,10'], // no face
    ['Training', '3,0,0,0,3,0,0,0,4,0'], // unknown, else a tie: Angry comes first
    ['Training', '0,0,0,0,0,0,10,0,0,0'], // Fear
    ['PublicTest', '10,0,0,0,0,0,0,0,0,0'], // Neutral
    ['PublicTest', '0,0,0,0,0,0,0,0,0,10'], // no face
  ];
  const text = (rows = VOTES): string =>
    `${HEAD}\n${rows.map(([usage, votes], i) => `${usage},fer000000${i}.png,${votes}\n`).join('')}`;
  const withVotes = (
    options: Partial<FerplusOptions> = {},
    files: Record<string, string> = {},
    more: (at: (name: string) => string) => LoadOptions = () => ({}),
  ) =>
    load({ 'fer2013new.csv': text(), ...files }, (at) => ({
      ferplus: { file: at('fer2013new.csv'), targets: 'majority', keep: [], ...options },
      ...more(at),
    }));

  it('gives the class with most votes, and drops what is none of the seven', async () => {
    const { splits, name } = await withVotes();
    expect([...splits.train.labels]).toEqual([HAPPY, SAD, FEAR]);
    expect(splits.train.images[2 * 2304]).toBe(5);
    expect([...splits.validation.labels]).toEqual([NEUTRAL]);
    expect(splits.train.targets).toBeUndefined();
    expect(name).toBe('FER-2013, majority labels of fer2013new.csv, 4 dropped');
  });

  it('decides kept images by their other votes, and by the label where there are none', async () => {
    const { splits } = await withVotes({ keep: ['contempt', 'unknown', 'nf'] });
    expect([...splits.train.labels]).toEqual([HAPPY, SAD, ANGRY, SAD, ANGRY, FEAR]);
    expect([...(await withVotes({ keep: ['contempt'] })).splits.train.labels]).toEqual([
      HAPPY,
      SAD,
      ANGRY,
      FEAR,
    ]);
    expect([...(await withVotes({ keep: ['nf'] })).splits.validation.labels]).toEqual([NEUTRAL, HAPPY]);
  });

  it('gives distributions of votes over the seven classes', async () => {
    const { splits, name } = await withVotes({ targets: 'votes', keep: ['contempt', 'nf'] });
    const { targets = new Float32Array(0), labels } = splits.train;
    expect([...labels]).toEqual([HAPPY, SAD, ANGRY, SAD, FEAR]);
    const rowOf = (i: number): number[] => [...targets.subarray(7 * i, 7 * i + 7)];
    expect(rowOf(0)).toEqual([0, 0, 0, 0.6, 0.4, 0, 0].map((v) => expect.closeTo(v, 6)));
    expect(rowOf(2)).toEqual([2 / 3, 0, 0, 0, 0, 1 / 3, 0].map((v) => expect.closeTo(v, 6)));
    expect(rowOf(3)).toEqual([0, 0, 0, 0, 0, 1, 0]); // no votes: the label
    expect(name).toContain('distributions of votes of fer2013new.csv, 1 dropped');
    expect([...(limitSplit(splits.train, 2).targets ?? [])]).toEqual([...targets.subarray(0, 14)]);
  });

  it('counts less than corrections by hand', async () => {
    const labels = labelsCsv(correction('train', 0, 'relabel', FEAR), correction('train', 5, 'drop'));
    const { splits } = await withVotes({ targets: 'votes' }, { 'labels.csv': labels }, (at) => ({
      labels: at('labels.csv'),
    }));
    expect([...splits.train.labels]).toEqual([FEAR, SAD]);
    expect([...(splits.train.targets ?? []).slice(0, 7)]).toEqual([0, 0, 1, 0, 0, 0, 0]);
  });

  it.each([
    [text(VOTES.slice(1)), 'votes for 5 images of train'],
    [text().replace('sadness', 'sorrow'), ':1: no column "sadness"'],
    [text().replace('4,6,0', '4,x,0'), ':2: found "Training,fer0000000.png,4,x,0'],
    [text().replace('PublicTest', 'Public'), ':8: found "Public,'],
  ])('is refused when it does not fit: %#', async (file, message) => {
    const loading = withVotes({}, { 'fer2013new.csv': file });
    await expect(loading).rejects.toThrow(DataError);
    await expect(withVotes({}, { 'fer2013new.csv': file })).rejects.toThrow(message);
  });

  it('gives the votes for each training image that is not held out', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => i);
    const data = csv(rows.map((i) => [i % 2 === 0 ? 3 : 4, 'Training', pixels(i)] as const));
    const file = text(rows.map((i) => ['Training', `${i},0,0,0,0,0,0,0,0,0`]));
    const root = folderWith({ 'fer2013.csv': data, 'fer2013new.csv': file });
    const dataset = await loadDataset(join(root, 'fer2013.csv'), { cacheDir: false });
    const { images } = dataset.splits.train;
    const votes = votesOfTraining(dataset, join(root, 'fer2013new.csv')).map((face) => face.classes[4]);
    expect(votes).toHaveLength(36);
    expect(votes).toEqual(votes.map((_, row) => images[row * 2304]));
    const plainVotes = votesOfTraining(plain, join(folderWith({ 'f.csv': text() }), 'f.csv'));
    expect(plainVotes.map((face) => face.others.nf)).toEqual([0, 0, 0, 10, 0, 0]);
    const short = join(folderWith({ 'f.csv': text(VOTES.slice(1)) }), 'f.csv');
    expect(() => votesOfTraining(plain, short)).toThrow('votes for 5 images of train');
  });

  it('takes a class before a kind with as many votes, and of classes the label first', () => {
    const votes = { classes: [1, 4, 4], others: { contempt: 0, unknown: 4, nf: 0 } };
    expect([0, 1, 2].map((label) => majorityOf(votes, label))).toEqual([1, 1, 2]);
    expect(majorityOf({ ...votes, others: { ...votes.others, nf: 5 } }, 2)).toBe('nf');
  });

  it('keeps kinds by name', () => {
    expect(parseFerplusKeep('none')).toEqual([]);
    expect(parseFerplusKeep('NF, contempt')).toEqual(['nf', 'contempt']);
    expect(() => parseFerplusKeep('happy')).toThrow(UsageError);
  });
});

describe('a run with corrections', () => {
  it('keeps its own copy of them', async () => {
    const { dataOptions } = await import('../../src/train/data_options.js');
    const run = folderWith({});
    const copy = join(run, 'labels.csv');
    const config = { labels: 'mine.csv', seed: 3 };
    expect(dataOptions(config, run).labels).toBe('mine.csv');
    writeFileSync(copy, '');
    expect(dataOptions(config, run).labels).toBe(copy);
    expect(dataOptions({ seed: 3 }, run).labels).toBeUndefined();
  });
});
