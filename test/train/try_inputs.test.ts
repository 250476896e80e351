import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PREPROCESS } from '../../src/data/preprocess.js';
import { toKeras } from '../../src/formats/keras_architecture.js';
import { Dense, Flatten } from '../../src/nn/layers.js';
import { Sequential } from '../../src/nn/network.js';
import { bestAssignment, knownOrders, orderOf } from '../../src/train/class_orders.js';
import { mcNemar, tryInputs } from '../../src/train/try_inputs.js';
import { CLASS_NAMES, CSV_CLASS_NAMES } from '../../src/util/classes.js';
import { Rng } from '../../src/util/random.js';
import { csv, folderWith } from '../data/fixtures.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder, writeKeras2 } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';

describe('the order of classes', () => {
  it('in which most are right is found among all orders', () => {
    const rng = new Rng(3);
    for (const n of [1, 2, 5, 6]) {
      const counts = Array.from({ length: n }, () => Array.from({ length: n }, () => rng.int(50)));
      const right = (order: readonly number[]) =>
        order.reduce((sum, c, output) => sum + (counts[c]?.[output] as number), 0);
      const all = (rest: number[]): number[][] =>
        rest.length === 0
          ? [[]]
          : rest.flatMap((c) => all(rest.filter((o) => o !== c)).map((o) => [c, ...o]));
      const most = Math.max(...all([...counts.keys()]).map(right));
      const found = bestAssignment(counts);
      expect([...found].sort()).toEqual([...counts.keys()]);
      expect(right(found)).toBe(most);
    }
  });

  it('is a known one of the seven expressions, or alphabetical', () => {
    expect(knownOrders(CLASS_NAMES).map(({ name, option }) => [name, option])).toEqual([
      ['alphabetical', CLASS_NAMES.join(',')],
      ['fer2013.csv', 'csv'],
      ['FER+', 'Neutral,Happy,Surprise,Sad,Angry,Disgust,Fear'],
      ['RAF-DB', 'Surprise,Fear,Disgust,Happy,Sad,Angry,Neutral'],
    ]);
    for (const { classes } of knownOrders(CLASS_NAMES)) expect([...classes].sort()).toEqual([...CLASS_NAMES]);
    expect(knownOrders(['a', 'b'])).toEqual([orderOf('alphabetical', ['a', 'b'])]);
  });
});

it("McNemar's test counts the images that only one of two has right", () => {
  const [a, b] = [new Uint8Array(100).fill(1), new Uint8Array(100).fill(1)];
  expect(mcNemar(a, b)).toBe(1);
  b.fill(0, 0, 20);
  a.fill(0, 20, 25);
  // (|20 - 5| - 1)^2 / 25 = 7.84, of the chi-squared distribution with one degree of freedom
  expect(mcNemar(a, b)).toBeCloseTo(0.00511, 5);
  expect(mcNemar(b, a)).toBe(mcNemar(a, b));
});

describeGpu('a model of others', () => {
  /** The gray level that pictures of a class have, by the number of fer2013.csv. */
  const level = (label: number): number => 20 + 35 * label;

  /** Pictures of one gray level each, and a few of another class's. */
  function data(usage: readonly string[] = ['Training', 'PublicTest']): string {
    const rows = usage.flatMap((split) =>
      Array.from({ length: 70 }, (_, i): [number, string, string] => {
        const gray = level((i < 5 ? i + 1 : i) % 7) + (i % 3) - 1;
        return [i % 7, split, new Array(48 * 48).fill(gray).join(' ')];
      }),
    );
    return join(folderWith({ 'fer2013.csv': csv(rows) }), 'fer2013.csv');
  }

  /**
   * A file that does not say what it expects: its outputs, in the order of `classes`, tell the nearest gray level
   * x of pixels (x - shift) / scale. The squared distance to level m is x^2 - 2 x m + m^2, of which softmax ignores the first.
   */
  async function fileOf(shift: number, scale: number, classes: readonly string[]) {
    const network = new Sequential('theirs', [48, 48, 1], [Flatten(), Dense({ units: 7 })]);
    const levels = classes.map(
      (name) => (level((CSV_CLASS_NAMES as readonly string[]).indexOf(name)) - shift) / scale,
    );
    const sharpness = 0.05 * scale ** 2;
    const kernel = Float32Array.from(
      { length: 7 * 48 * 48 },
      (_, i) => (2 * sharpness * (levels[i % 7] as number)) / (48 * 48),
    );
    const bias = Float32Array.from(levels, (m) => -sharpness * m * m);
    const [kernelName = '', biasName = ''] = network.weights.map(({ name }) => name);
    const weights = new Map([
      [kernelName, { shape: [48 * 48, 7], data: kernel }],
      [biasName, { shape: [7], data: bias }],
    ]);
    const folder = newFolder();
    const [path, json] = [join(folder, 'theirs.h5'), join(folder, 'theirs.json')];
    writeFileSync(json, JSON.stringify(toKeras(network)));
    await writeKeras2(path, network, weights);
    return { weights: path, foreign: { architecture: json } };
  }
  const common = { split: 'validation', load: { cacheDir: false } } as const;
  const MEAN = level(3); // of the training pictures, near enough

  it.each([
    ['none', 0, 1, CLASS_NAMES, 'alphabetical'],
    ['scale255', 0, 255, CSV_CLASS_NAMES, 'fer2013.csv'],
    ['minus1to1', 127.5, 127.5, [...CLASS_NAMES].reverse(), 'best of all orders'],
    ['mean', MEAN, 255, CSV_CLASS_NAMES, 'fer2013.csv'],
  ] as const)('is found to expect %s', async (name, shift, scale, classes, order) => {
    const found = await tryInputs({ ...common, data: data(), ...(await fileOf(shift, scale, classes)) });
    const [best, next] = found.trials;
    expect(best).toMatchObject({ preprocess: name, order: { name: order, classes: [...classes] } });
    expect(best.accuracy).toBeCloseTo(65 / 70, 12);
    expect(next?.accuracy).toBeLessThan(0.7);
    expect(found).toMatchObject({ count: 70, guess: 1 / 7, untried: [] });
    expect(found.pValue).toBeLessThan(0.01);
    expect(found.trials.map(({ preprocess }) => preprocess)).toEqual(expect.arrayContaining([...PREPROCESS]));
  });

  it('is tried with what is given, and without what the data cannot supply', async () => {
    const { weights, foreign } = await fileOf(0, 255, CSV_CLASS_NAMES);
    const order = {
      ...common,
      weights,
      data: data(),
      limit: 35,
      foreign: { ...foreign, preprocess: 'scale255' },
    } as const;
    const { trials, count } = await tryInputs(order);
    expect(count).toBe(35);
    expect(new Set(trials.map(({ preprocess }) => preprocess))).toEqual(new Set(['scale255']));
    expect(trials[0].order.option).toBe('csv');
    const classes = { ...foreign, classes: CSV_CLASS_NAMES };
    const without = await tryInputs({ ...common, weights, data: data(['PublicTest']), foreign: classes });
    expect(without.untried).toEqual(['mean', 'standardize', 'standardize-global']);
    expect(without.trials.map(({ preprocess, order: { name } }) => [preprocess, name])[0]).toEqual([
      'scale255',
      'given',
    ]);
    expect(without.trials).toHaveLength(4);
    expect(
      await tryInputs({ ...common, weights, data: data(), foreign: { ...classes, preprocess: 'scale255' } }),
    ).toMatchObject({
      pValue: 0,
      trials: { length: 1 },
    });
  });

  it('that is not better than guessing is not called found', async () => {
    const { weights, foreign } = await fileOf(0, 1e-3, CLASS_NAMES);
    const found = await tryInputs({
      ...common,
      weights,
      data: data(),
      foreign: { ...foreign, classes: CLASS_NAMES },
    });
    expect(found.trials[0].accuracy).toBeLessThanOrEqual(1 / 7);
    expect(found.pValue).toBe(1);
  });

  it('with another number of outputs than classes needs their names', async () => {
    const network = new Sequential('five', [48, 48, 1], [Flatten(), Dense({ units: 5 })]);
    const folder = newFolder();
    const [path, json] = [join(folder, 'five.h5'), join(folder, 'five.json')];
    writeFileSync(json, JSON.stringify(toKeras(network)));
    await writeKeras2(path, network, randomWeights(network));
    const foreign = { architecture: json };
    await expect(tryInputs({ ...common, weights: path, data: data(), foreign })).rejects.toThrow(
      '--classes a,b,c',
    );
  });
});
