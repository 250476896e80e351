import { appendFileSync, mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { augmentedFace, parseAugment } from '../../src/data/augment.js';
import { loadDataset } from '../../src/data/load.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import { HANDLERS } from '../../src/engine/handlers.js';
import type { Args, Progress, RequestName, Result } from '../../src/engine/requests.js';
import type { Gpu } from '../../src/gpu/device.js';
import { readPins, tablePath } from '../../src/gpu/tuning_table.js';
import { importanceOf } from '../../src/study/importance.js';
import { Journal } from '../../src/study/journal.js';
import { Study } from '../../src/study/study.js';
import { Classifier } from '../../src/train/classifier.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { csv, PIXELS, pixels, png } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';
import { fakeTrials, STUDY_SETTINGS } from '../helpers/studies.js';

/** The answer of a handler; `progress` and `signal` as the engine gives them. */
async function ask<K extends RequestName>(
  name: K,
  args: Args<K>,
  rest: {
    readonly gpu?: () => Promise<Gpu>;
    readonly progress?: (value: Progress<K>) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Result<K>> {
  const handler = await HANDLERS[name]();
  return handler(args, {
    progress: rest.progress ?? (() => undefined),
    signal: rest.signal ?? new AbortController().signal,
    gpu: rest.gpu ?? (() => Promise.reject(new Error('no device here'))),
  });
}
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-requests-'));
/** A fer2013.csv of these rows. */
function csvFile(rows: Parameters<typeof csv>[0]): string {
  const path = join(newFolder(), 'fer2013.csv');
  writeFileSync(path, csv(rows));
  return path;
}

it('opens a data set split by split, with its constant images', async () => {
  const gray = new Array(PIXELS).fill(7).join(' ');
  const path = csvFile([
    [0, 'Training'],
    [3, 'Training', gray],
    [1, 'PublicTest', pixels(1)],
    [2, 'PrivateTest', pixels(2)],
    [4, 'PrivateTest', pixels(3)],
  ]);
  const told: unknown[] = [];
  const { splits, ...about } = await ask('data.open', { path }, { progress: (value) => told.push(value) });
  expect(about).toMatchObject({ path, skipped: 0, bad: [] });
  // Angry, disgust, fear, happy and sad of the CSV, in the order of the classes.
  expect(Object.values(splits).map(({ labels, constant }) => [[...labels], constant])).toEqual([
    [[0, 3], [1]],
    [[1], []],
    [[2, 5], []],
  ]);
  expect(told.length).toBeGreaterThan(0);
  const faces = await ask('data.faces', { path, split: 'test', indices: [1, 0] });
  expect([faces.length, faces[0], faces[PIXELS], faces[PIXELS + 1]]).toEqual([2 * PIXELS, 3, 2, 1]);
});

it('leaves out one bad row in a hundred, and refuses more', async () => {
  const rows = (good: number, bad: number): string =>
    csvFile([
      ...Array.from({ length: good }, (_, i) => [i % 7, 'Training', pixels(i)] as const),
      ...Array.from({ length: bad }, () => [0, 'Training', '1 2 3'] as const),
    ]);
  const { skipped, bad, splits } = await ask('data.open', { path: rows(99, 1) });
  const count = Object.values(splits).reduce((sum, { labels }) => sum + labels.length, 0);
  expect([skipped, bad.length, count]).toEqual([1, 1, 99]);
  const path = rows(98, 1);
  await expect(ask('data.open', { path })).rejects.toThrow(
    `${path}: 1 of 99 rows cannot be read; expected at most 1 %: is this FER-2013? The first: `,
  );
  // What failed is not kept: the file may be another one now.
  writeFileSync(
    path,
    csv([
      [0, 'Training'],
      [1, 'PublicTest', pixels(1)],
      [2, 'PrivateTest', pixels(2)],
    ]),
  );
  expect((await ask('data.open', { path })).splits.train.labels).toHaveLength(1);
});

it('keeps one data set, by its place and classes', async () => {
  const folder = newFolder();
  for (const split of ['train', 'test']) {
    for (const [i, name] of ['a', 'b'].entries()) {
      mkdirSync(join(folder, split, name), { recursive: true });
      for (let k = 0; k < 3; k++)
        writeFileSync(join(folder, split, name, `${k}.png`), png([20 * i + k, 0, 99]));
    }
  }
  const open = async (classes?: string) => (await ask('data.open', { path: folder, classes })).classes;
  expect(await open()).toEqual(['a', 'b']);
  expect(await open('a,b,c')).toEqual(['a', 'b', 'c']);
  expect(await open()).toEqual(['a', 'b']);
});

it('augments a face as each epoch of training would', async () => {
  const place = { path: 'synthetic:70', split: 'train', index: 5 } as const;
  const { images } = syntheticFaces(7, 70).splits.train;
  const told = await ask('data.augment', { ...place, augment: 'flip,shift=0.2', seed: 3, epochs: 4 });
  const options = parseAugment('flip,shift=0.2');
  const wanted = [0, 1, 2, 3].map((epoch) => [...augmentedFace(images, 5, { options, seed: 3, epoch })]);
  expect(new Set(wanted.map(String)).size).toBe(4);
  expect([...told]).toEqual(wanted.flat());
});

it('lists the networks that ship, then those of runs, the newest first', async () => {
  const folder = newFolder();
  for (const [name, t] of [
    ['old', 100],
    ['new', 300],
    ['middle', 200],
    ['none', 400],
  ] as const) {
    mkdirSync(join(folder, name));
    const file = join(folder, name, name === 'none' ? 'last.safetensors' : 'best.safetensors');
    writeFileSync(file, '');
    utimesSync(file, t, t);
  }
  const labels = (await ask('weights.list', { folder })).map(({ label }) => label);
  const own = labels.filter((label) => label.endsWith('best epoch'));
  expect(own).toEqual(['new, best epoch', 'middle, best epoch', 'old, best epoch']);
  expect(labels.indexOf('new, best epoch')).toBe(labels.length - 3);
  expect(labels[0]).toMatch(/comes with fer-tui$/);
  const shipped = await ask('weights.list', { folder: join(folder, 'nowhere') });
  expect(shipped).toHaveLength(labels.length - 3);
});

it('describes a network, and gives the weights of one layer alone', async () => {
  const report = await ask('model.describe', { model: 'fer-vgg' });
  expect(report).toMatchObject({ trained: false, input: [48, 48, 1], notes: {} });
  const [first, second] = report.layers;
  expect([first?.from, second?.from]).toEqual([[], [first?.name]]);
  expect(report.layers.reduce((sum, { params }) => sum + params, 0)).toBe(
    report.trainable + report.nonTrainable,
  );
  const weighed = report.layers.filter(({ weights }) => weights.length > 0);
  for (const { name, weights, params } of weighed) {
    const own = await ask('model.weights', { model: 'fer-vgg', layer: name });
    expect(
      own.map(({ name: word, shape }) => ({ name: word, shape })),
      name,
    ).toEqual(weights);
    expect(own.reduce((sum, { data }) => sum + data.length, 0)).toBe(params);
  }
  // conv2d is the beginning of conv2d_1, which has weights of its own.
  expect(weighed.some(({ name }) => name.startsWith(`${weighed[0]?.name}_`))).toBe(true);
});

it('shows a study by its settled trials, with its damaged lines; studies that cannot be read come last', async () => {
  const folder = newFolder();
  const { path } = Study.create(join(folder, 's1'), STUDY_SETTINGS);
  const journal = new Journal(path);
  const trials = fakeTrials();
  for (const trial of trials) journal.append({ ...trial, run: join(path, 'trials', `t${trial.number}`) });
  appendFileSync(join(path, 'trials.ndjson'), 'no record\n');
  const report = await ask('studies.show', { path });
  expect(report).toMatchObject({ name: 's1', objective: 'val_acc', planned: 30, damagedLines: 1 });
  expect(report).not.toHaveProperty('cv');
  // The last one was being trained when its process ended: what it has so far counts for nothing.
  const settled = trials.filter(({ state }) => state !== 'running');
  expect(report.trials).toHaveLength(settled.length + 1);
  expect(report.importance).toEqual(importanceOf(settled, 'val_acc'));
  mkdirSync(join(folder, 'a-broken'));
  writeFileSync(join(folder, 'a-broken', 'study.yaml'), 'kind: nothing\n');
  Study.create(join(folder, 's2'), { ...STUDY_SETTINGS, created: '2027-01-01T00:00:00Z' });
  const names = (await ask('studies.list', { folder })).map((study) => basename(study));
  expect(names).toEqual(['s2', 's1', 'a-broken']);
});

describeGpu('the engine, with a device', (get) => {
  const gpu = async () => get();

  it('says of each image which class the model finds, how sure it is, and how far it has come', async () => {
    const told: unknown[] = [];
    const place = { path: 'synthetic:70', split: 'validation', weights: 'fer-cnn' } as const;
    const said = await ask('data.predict', place, { gpu, progress: (share) => told.push(share) });
    const { images, labels } = syntheticFaces(7, 70).splits.validation;
    expect(told).toEqual([{ done: labels.length, total: labels.length }]);
    const classifier = await Classifier.open(get(), 'fer-cnn');
    const probabilities = await classifier.classify(images, labels.length, 48, 48);
    const wanted = Array.from(labels, (_, i) => probabilities.subarray(7 * i, 7 * i + 7));
    expect([...said.predicted].map((c) => said.classes[c])).toEqual(
      wanted.map((row) => classifier.classes[row.indexOf(Math.max(...row))]),
    );
    for (const [i, row] of wanted.entries()) expect(said.confidence[i]).toBeCloseTo(Math.max(...row), 5);
    await classifier.dispose();
  });

  it('counts the classes of a model in the order of the data, and knows when it was told to stop', async () => {
    const folder = newFolder();
    const own = ['sad', 'happy', 'angry'];
    for (const [i, split] of ['train', 'validation', 'test'].entries()) {
      for (const [k, name] of own.entries()) {
        mkdirSync(join(folder, split, name), { recursive: true });
        writeFileSync(join(folder, split, name, 'a.png'), png([90 * k, 40 * i, 7]));
      }
    }
    const place = { path: folder, classes: own.join(), split: 'train', weights: 'fer-cnn' } as const;
    const { classes, predicted } = await ask('data.predict', place, { gpu });
    expect(classes.slice(0, 3)).toEqual(['Angry', 'Happy', 'Sad']); // then those that the model alone knows
    expect([...classes].sort()).toEqual([...CLASS_NAMES].sort());
    const classifier = await Classifier.open(get(), 'fer-cnn');
    const { images } = (await loadDataset(folder, { classes: place.classes })).splits.train;
    const probabilities = await classifier.classify(images, 3, 48, 48);
    const best = [0, 1, 2].map((i) => {
      const row = probabilities.subarray(7 * i, 7 * i + 7);
      return classifier.classes[row.indexOf(Math.max(...row))];
    });
    await classifier.dispose();
    expect([...predicted].map((c) => classes[c])).toEqual(best);
    const stop = ask('data.predict', place, { gpu, signal: AbortSignal.abort() });
    await expect(stop).rejects.toThrow('aborted');
    const strange = newFolder();
    for (const [i, name] of ['sad', 'bored'].entries()) {
      mkdirSync(join(strange, 'train', name), { recursive: true });
      for (let k = 0; k < 9; k++)
        writeFileSync(join(strange, 'train', name, `${k}.png`), png([20 * k, i, 7]));
    }
    const other = ask('data.predict', { path: strange, split: 'train', weights: 'fer-cnn' }, { gpu });
    await expect(other).rejects.toThrow('fer-cnn was trained on the classes ');
  });

  it('shows the kernels of a layer, or of the one that it is fused with', async () => {
    const { layers } = await ask('model.describe', { model: 'fer-vgg' });
    const first = layers.find(({ kind }) => kind === 'Conv2D')?.name as string;
    const own = await ask('model.kernels', { model: 'fer-vgg', layer: first }, { gpu });
    expect(own.owner).toBe(first);
    expect(own.files.length).toBeGreaterThan(0);
    for (const { entries, text } of own.files)
      for (const entry of entries) expect(text).toContain(`fn ${entry}(`);
    const owners = new Map<string, string>();
    for (const { name } of layers.slice(0, 6))
      owners.set(name, (await ask('model.kernels', { model: 'fer-vgg', layer: name }, { gpu })).owner);
    // The owner is the layer itself, or one before it.
    const order = layers.map(({ name }) => name);
    for (const [name, owner] of owners)
      expect(order.indexOf(owner), name).toBeLessThanOrEqual(order.indexOf(name));
    expect([...owners].some(([name, owner]) => name !== owner)).toBe(true);
    expect([...owners].filter(([name, owner]) => name === owner).length).toBeGreaterThan(1);
  });

  it('pins a way of a kernel, twice, and takes it back to what was measured', async () => {
    const cache = process.env['XDG_CACHE_HOME'];
    process.env['XDG_CACHE_HOME'] = newFolder();
    try {
      const { entries } = await ask('kernels.list', {}, { gpu });
      const variants = entries
        .filter(({ chosen }) => chosen)
        .map(({ group }) => entries.filter((entry) => entry.group === group))
        .find(({ length }) => length > 2) as typeof entries;
      const usual = variants.find(({ chosen }) => chosen)?.id;
      const [one, two] = variants.filter(({ chosen }) => !chosen).map(({ id }) => id) as [string, string];
      const now = async () => {
        const list = (await ask('kernels.list', {}, { gpu })).entries;
        const taken = list.find(({ group, chosen }) => group === variants[0]?.group && chosen);
        return [taken?.id, taken?.pinned];
      };
      const { keys, path } = await ask('kernels.pin', { id: one }, { gpu });
      expect(path).toBe(tablePath(get().info));
      expect(await now()).toEqual([one, true]);
      const before = readPins(path);
      expect([...before.keys()].sort()).toEqual([...keys].sort());
      await ask('kernels.pin', { id: two }, { gpu });
      expect(await now()).toEqual([two, true]);
      expect(readPins(path)).toEqual(before); // what was measured, not the first pin
      expect((await ask('kernels.unpin', { id: two }, { gpu })).keys.sort()).toEqual([...keys].sort());
      expect(await now()).toEqual([usual, false]);
      expect(readPins(path).size).toBe(0);
      expect((await ask('kernels.unpin', { id: two }, { gpu })).keys).toEqual([]);
      await expect(ask('kernels.pin', { id: 'no kernel' }, { gpu })).rejects.toThrow(
        'no kernel has no variants',
      );
    } finally {
      if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = cache;
    }
  });

  it('checks kernels, times them only where asked, and tells of each as it comes', async () => {
    const { entries } = await ask('kernels.list', {}, { gpu });
    const check = entries.find(({ group }) => group === undefined)?.id as string;
    const timed = entries.find(({ group, chosen }) => group !== undefined && chosen)?.id as string;
    const told: (Progress<'kernels.bench'> & { outcome?: object })[] = [];
    const ids = [check, timed, 'no kernel'];
    expect(
      await ask('kernels.bench', { ids, timed: false }, { progress: (p) => told.push(p as never) }),
    ).toBe(3);
    expect(told.map(({ id, outcome }) => [id, outcome !== undefined])).toEqual([
      [check, false],
      [check, true],
      [timed, false],
      [timed, true],
    ]);
    for (const { outcome } of told.filter((one) => one.outcome !== undefined)) {
      expect(outcome).toMatchObject({ ok: true });
      expect(outcome).not.toHaveProperty('ms');
    }
    const stop = ask('kernels.bench', { ids, timed: false }, { signal: AbortSignal.abort() });
    await expect(stop).rejects.toThrow('aborted');
    for (const id of [check, timed]) {
      const files = await ask('kernels.source', { id }, { gpu });
      expect(files.length).toBeGreaterThan(0);
    }
    expect(await ask('kernels.source', { id: 'no kernel' }, { gpu })).toEqual([]);
  });
});
