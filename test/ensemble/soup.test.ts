import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSoup } from '../../src/ensemble/soup.js';
import type { Layer } from '../../src/nn/layer.js';
import { BatchNormalization, Conv2D, Dense, Flatten } from '../../src/nn/layers.js';
import { Sequential } from '../../src/nn/network.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { resolveConfig } from '../../src/train/config.js';
import { Control } from '../../src/train/control.js';
import { loadModel, saveModel } from '../../src/train/model_file.js';
import { scheduleFactor } from '../../src/train/schedules.js';
import { runTraining } from '../../src/train/session.js';
import { CLASS_NAMES } from '../../src/util/classes.js';
import { describeGpu } from '../helpers/gpu.js';
import { newFolder } from '../helpers/keras_files.js';
import { randomWeights } from '../helpers/networks.js';

const folder = newFolder();
const DATA = 'synthetic:140';

function network(dense: readonly Layer[] = [Dense({ units: 8, activation: 'elu' })], edge = 12) {
  const layers = [Conv2D({ filters: 4, strides: 3 }), BatchNormalization(), Flatten(), ...dense];
  return new Sequential('tiny', [edge, edge, 1], [...layers, Dense({ units: 7, activation: 'softmax' })]);
}

function file(name: string, seed: number, of = network(), classes: readonly string[] = CLASS_NAMES): string {
  const path = join(folder, `${name}.safetensors`);
  const weights = randomWeights(of, seed);
  saveModel(path, { network: of, weights, classes, preprocess: { name: 'scale255' }, notes: {} });
  return path;
}

const out = join(folder, 'soup.safetensors');
const soup = (weights: readonly string[], method: 'greedy' | 'uniform') =>
  makeSoup({ weights, method, out, data: DATA });
const isStatistic = (name: string): boolean => name.includes('moving');

describeGpu('a soup', () => {
  const paths = [3, 4, 5].map((seed) => file(`m${seed}`, seed));

  it.each(['uniform', 'greedy'] as const)('of equal files is that file, bit for bit (%s)', async (method) => {
    const [path = ''] = paths;
    const copies = ['c1', 'c2'].map((name) => join(folder, `${name}.safetensors`));
    for (const copy of copies) copyFileSync(path, copy);
    const { soup: found, members } = await soup([path, ...copies], method);
    expect(loadModel(out).weights).toEqual(loadModel(path).weights);
    expect(found).toEqual({ loss: members[0]?.loss, accuracy: members[0]?.accuracy });
    // A soup that is no less accurate keeps the member.
    expect(members.map(({ used }) => used)).toEqual([true, true, true]);
  });

  it('of all is the mean of the weights, with batch norm statistics of its own', async () => {
    await soup(paths, 'uniform');
    const members = paths.map((path) => loadModel(path).weights);
    const mean = (name: string, i: number): number =>
      members.reduce((sum, weights) => sum + ((weights.get(name) as NamedArray).data[i] as number), 0) / 3;
    for (const [name, { data }] of loadModel(out).weights) {
      const wants = data.map((_, i) => mean(name, i));
      if (isStatistic(name)) expect(data.every((value, i) => value !== wants[i])).toBe(true);
      else expect(data).toEqual(wants);
    }
  });

  it('that is greedy is never less accurate on the validation images than its best member', async () => {
    const { soup: found, members, count } = await soup(paths, 'greedy');
    const best = members.reduce((most, member) => (member.accuracy > most.accuracy ? member : most));
    expect(found.accuracy).toBeGreaterThanOrEqual(best.accuracy);
    expect(members.filter(({ used }) => used).length).toBeGreaterThanOrEqual(1);
    expect(best.used).toBe(true);
    expect(count).toBeGreaterThan(10);
  });

  it('that is greedy leaves out a member that it would be worse with', async () => {
    const { members } = await soup(paths, 'greedy');
    const { weights: path = '', accuracy } = members.find(({ used }) => used) ?? {};
    const saved = loadModel(path);
    // With its opposite, all kernels of the last layer cancel, and every face gets the same answer: right in 1 of 7.
    const opposite = new Map(
      [...saved.weights].map(([name, { shape, data }]) => [
        name,
        { shape, data: name === 'dense/kernel' ? data.map((w) => -w) : data },
      ]),
    );
    const bad = join(folder, 'opposite.safetensors');
    saveModel(bad, { ...saved, weights: opposite });
    const { soup: found, members: both } = await soup([path, bad], 'greedy');
    const best = Math.max(...both.map((member) => member.accuracy));
    expect(best).toBeGreaterThan(1 / 7);
    expect(best).toBeGreaterThanOrEqual(accuracy ?? 1);
    expect(both.filter(({ used }) => used)).toHaveLength(1);
    expect(found.accuracy).toBe(best);
  });

  it.each([
    ['inputs of another size', file('edge', 3, network([], 15)), 'their inputs differ in size'],
    [
      'a layer with other options',
      file('wide', 3, network([Dense({ units: 9, activation: 'relu' })])),
      'they differ in layer 4: units 9 and 8, activation relu and elu;',
    ],
    ['another layer', file('flat', 3, network([Flatten()])), 'they differ in layer 4: Flatten and Dense;'],
    [
      'more layers',
      file('more', 3, network([Dense({ units: 8, activation: 'elu' }), Flatten(), Flatten()])),
      'they differ in layer 5: Flatten and Dense;',
    ],
    ['other classes', file('classes', 3, network(), [...CLASS_NAMES].reverse()), 'their classes differ'],
  ])('is refused for %s', async (_, other, why) => {
    await expect(soup([paths[0] ?? '', other], 'greedy')).rejects.toThrow(why);
  });
});

describe('cosine cycles', () => {
  it('begin again at the full rate, and end at the last one', () => {
    const at = (epoch: number): number =>
      scheduleFactor(
        { name: 'cosine-cycles', epochs: 8, stepsPerEpoch: 10, warmupEpochs: 2, cycles: 3, final: 0.1 },
        epoch,
      );
    expect([2, 4, 6].map(at)).toEqual([1, 1, 1]);
    expect([3, 5, 7].map(at)).toEqual([0.55, 0.55, 0.55].map((factor) => expect.closeTo(factor, 12)));
    expect(at(3.9)).toBeLessThan(0.12);
    expect(at(7.9)).toBeLessThan(0.12);
  });

  it('must end with epochs', () => {
    const schedule = 'cosine-cycles';
    expect(() => resolveConfig({ schedule, epochs: 10, cycles: 3 })).toThrow('cycles = 3: expected');
    expect(() => resolveConfig({ schedule, epochs: 10, cycles: 4, 'warmup-epochs': 1.5 })).toThrow('whole');
    expect(resolveConfig({ schedule, epochs: 10, cycles: 3, 'warmup-epochs': 1 }).cycles).toBe(3);
  });
});

describeGpu('a snapshot ensemble', () => {
  it('is the weights at the ends of the cycles', async () => {
    const path = join(folder, 'run');
    mkdirSync(folder, { recursive: true });
    const config = resolveConfig({
      ...{ data: DATA, model: 'fer-shallow', filters: '4', dense: 'none', out: path },
      ...{ epochs: 5, 'warmup-epochs': 1, schedule: 'cosine-cycles', cycles: 2, batch: 70 },
    });
    await runTraining(config, { emit: () => undefined, control: new Control() });
    expect(existsSync(join(path, 'best.safetensors'))).toBe(true);
    expect(readdirSync(join(path, 'epochs')).sort()).toEqual([
      'epoch-0003.safetensors',
      'epoch-0005.safetensors',
    ]);
  });
});
