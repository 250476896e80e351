import { describe, expect, it } from 'vitest';
import { chartPicture } from '../../src/inspect/charts.js';
import { overlay, tiles } from '../../src/inspect/color.js';
import { FEATURE_MAPS } from '../../src/inspect/feature_maps.js';
import { FILTERS } from '../../src/inspect/filters.js';
import { activeLayers, hiddenLayer, mapLayer } from '../../src/inspect/layers.js';
import { CHANNEL_IMAGES, CLASS_IMAGES, maximiseChannels } from '../../src/inspect/maximisation.js';
import type { Look } from '../../src/inspect/method.js';
import { checkSubject } from '../../src/inspect/subject.js';
import { Conv2D, Dense, Flatten, GlobalAveragePooling2D, Softmax } from '../../src/nn/layers.js';
import { buildModel } from '../../src/nn/models.js';
import { Sequential } from '../../src/nn/network.js';
import type { Picture } from '../../src/util/picture.js';
import { describeGpu } from '../helpers/gpu.js';
import { everything, miniXception } from '../helpers/networks.js';
import { chain, exactOutputs, pixels, subjectOf } from './subjects.js';

const colorAt = ({ width, data }: Picture, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

describe('the layer whose maps are looked at', () => {
  it.each([
    [buildModel('fer-cnn'), 'batch_normalization_3', 'dropout_5'],
    [buildModel('fer-vgg'), 'batch_normalization_7', 'dropout_4'],
    [miniXception(), 'conv2d_3', 'conv2d_3'],
    [everything(), 'activation', 'concatenate_1'],
  ])('of %#', (network, maps, hidden) => {
    expect(mapLayer(network, undefined).name).toBe(maps);
    expect(hiddenLayer(network)).toBe(hidden);
  });

  it('is one that was asked for, with its shape', () => {
    expect(mapLayer(chain(), 'elu')).toEqual({ name: 'elu', height: 12, width: 10, channels: 4 });
    expect(() => mapLayer(chain(), 'conv2')).toThrow(
      '--layer conv2: chain has no such layer; did you mean conv2d?',
    );
    expect(() => mapLayer(chain(), 'zzz')).toThrow('expected one of conv2d, elu');
    expect(() => mapLayer(chain(), 'dense')).toThrow('--layer dense: its output is [5]; expected maps');
  });

  it('does not exist without convolutions, or with maps of one pixel', () => {
    const flat = new Sequential('flat', [4, 4, 1], [Flatten(), Dense({ units: 2 }), Softmax()]);
    expect(() => mapLayer(flat, undefined)).toThrow('flat: it has no convolution');
    expect(hiddenLayer(flat)).toBe('flatten');
    const point = new Sequential(
      'point',
      [4, 4, 1],
      [Conv2D({ filters: 3, kernelSize: 4, padding: 'valid' }), GlobalAveragePooling2D()],
    );
    expect(() => mapLayer(point, undefined)).toThrow('point: all its convolutions have maps of 1 x 1');
    const single = new Sequential('single', [4, 4, 1], [GlobalAveragePooling2D()]);
    expect(() => hiddenLayer(single)).toThrow('single: its only layer reads the images');
  });

  it('layers that change nothing are not shown', () => {
    const shown = activeLayers(buildModel('fer-shallow')).map(({ name }) => name);
    expect(shown).toEqual([
      ...['conv2d', 'elu', 'batch_normalization', 'max_pooling2d'],
      ...['dense', 'elu_1', 'batch_normalization_1', 'dense_1'],
    ]);
  });
});

describe('pictures', () => {
  it('of channels are tiles with lines between them, on one scale', () => {
    // Three channels of 1 x 2; the second is negative, the third 0.
    const sheet = tiles(Float32Array.of(4, -2, 0, 2, -4, 0), { height: 1, width: 2, channels: 3 }, 4);
    expect([sheet.width, sheet.height]).toEqual([5, 3]);
    expect(colorAt(sheet, 0, 0)).toEqual([230, 110, 20]);
    expect(colorAt(sheet, 2, 0)).toEqual([120, 120, 120]);
    expect(colorAt(sheet, 4, 0)).toEqual([33, 102, 200]);
    expect(colorAt(sheet, 0, 1)).toEqual([120, 120, 120]);
    expect(colorAt(sheet, 1, 2)).toEqual([247, 247, 247]);
    expect(colorAt(sheet, 4, 2)).toEqual([120, 120, 120]); // no fourth channel
  });

  it('of single values touch each other', () => {
    const sheet = tiles(Float32Array.of(4, -4), { height: 1, width: 1, channels: 2 }, 4);
    expect([sheet.width, sheet.height]).toEqual([2, 1]);
    expect([colorAt(sheet, 0, 0), colorAt(sheet, 1, 0)]).toEqual([
      [230, 110, 20],
      [33, 102, 200],
    ]);
  });

  it('of a map over a face are brightest where the map is largest, and keep the face', () => {
    const face = { width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(100) } as const;
    const over = overlay(face, [0, 0, 0, 2], { height: 2, width: 2 }, 2);
    expect(colorAt(over, 0, 0)).toEqual([78, 77, 85]); // a quarter of the darkest colour
    expect(colorAt(over, 3, 3)).toEqual([216, 209, 153]); // three quarters of the lightest
    expect(overlay(face, [0, 0, 0, 0], { height: 2, width: 2 }, 0).data.subarray(0, 3)).toEqual(
      Uint8Array.of(78, 77, 85),
    );
  });

  it('of points: up is more, in the colour of the class', () => {
    const part = { kind: 'points', title: 't', axes: ['', ''] } as const;
    const chart = chartPicture({ ...part, x: [0, 10], y: [5, -5], labels: [0, 1] });
    expect(colorAt(chart, 4, 4)).toEqual([220, 60, 60]);
    expect(colorAt(chart, 379, 379)).toEqual([80, 160, 60]);
    expect(colorAt(chart, 4, 379)).toEqual([250, 250, 250]);
  });

  it('of a surface: the lowest dark, the highest light, up is more', () => {
    const part = { kind: 'surface', title: 't', at: [-1, 1], quantity: 'q' } as const;
    const chart = chartPicture({
      ...part,
      values: [
        [5, 1],
        [2, 3],
      ],
    });
    expect(colorAt(chart, 0, 1)).toEqual([255, 245, 170]);
    expect(colorAt(chart, 1, 1)).toEqual([10, 8, 40]);
  });

  it('of a reliability diagram: a bar as high as the accuracy, and a diagonal', () => {
    const bin = (from: number, accuracy: number, count = 1) => ({
      from,
      to: from + 0.5,
      confidence: 0.7,
      accuracy,
      count,
    });
    const chart = chartPicture({
      kind: 'reliability',
      title: 't',
      ece: 0,
      bins: [bin(0, 1, 0), bin(0.5, 0.25)],
    });
    expect(colorAt(chart, 100, 380)).toEqual([250, 250, 250]); // a bin without faces
    expect(colorAt(chart, 300, 380)).toEqual([90, 140, 220]);
    expect(colorAt(chart, 300, 280)).toEqual([250, 250, 250]);
    expect(colorAt(chart, 200, 183)).toEqual([120, 120, 120]);
  });
});

describeGpu('views of a network', (gpu) => {
  const lookOf = (subject: Look['subject']): Look => ({
    ...{ subject, layer: undefined, channels: undefined, seed: 7, progress: () => undefined },
  });

  it('filters are the kernels of the first convolution', async () => {
    const subject = subjectOf(gpu());
    if (FILTERS.needs !== 'network') throw new Error();
    const [part] = await FILTERS.run(lookOf(subject));
    if (part?.kind !== 'pictures') throw new Error();
    expect(part.pictures).toHaveLength(4);
    const kernel = subject.saved.weights.get('conv2d/kernel')?.data ?? new Float32Array();
    const strongest = kernel.reduce(
      (best, v, i) => (Math.abs(v) > Math.abs(kernel[best] ?? 0) ? i : best),
      0,
    );
    const { picture } = part.pictures[strongest % 4] ?? {};
    const [row, column] = [Math.floor(strongest / 12), Math.floor(strongest / 4) % 3];
    const full = (kernel[strongest] ?? 0) > 0 ? [230, 110, 20] : [33, 102, 200];
    expect(picture && colorAt(picture, column, row)).toEqual(full);
    await subject.dispose();
  });

  it('feature maps are the outputs of all layers that change something', async () => {
    const network = chain();
    const subject = subjectOf(gpu(), network);
    if (FEATURE_MAPS.needs !== 'face') throw new Error();
    const data = pixels(120);
    const picture = { width: 10, height: 12, channels: 1, data } as const;
    const input = subject.input(data, 1);
    const face = {
      name: 'a',
      picture,
      input,
      probabilities: new Float32Array(3),
      classes: [0, 1, 2],
      subject: 0,
    };
    const [part] = await FEATURE_MAPS.run({ ...lookOf(subject), face });
    if (part?.kind !== 'pictures') throw new Error();
    expect(part.pictures.map(({ name }) => name)).toEqual([
      ...['00-conv2d', '01-elu', '02-batch-normalization', '03-max-pooling2d', '04-conv2d-1', '05-elu-1'],
      ...['06-batch-normalization-1', '07-max-pooling2d-1', '08-dense', '09-elu-2', '10-dense-1'],
    ]);
    const exact = exactOutputs(subject, Float64Array.from(input));
    const most = (name: string) => Math.max(...(exact.get(name) ?? []).map(Math.abs));
    expect(part.pictures[4]?.caption).toBe(
      `conv2d_1 (Conv2D) [6, 5, 6], largest ${most('conv2d_1').toPrecision(3)}`,
    );
    expect(part.pictures[4]?.picture.width).toBe(3 * 6 - 1);
    await subject.dispose();
  });

  it.each([
    [CLASS_IMAGES, 3],
    [CHANNEL_IMAGES, 6],
  ])('images excite their class or channel more than noise, the same for a seed: %#', async (method, count) => {
    const subject = subjectOf(gpu());
    if (method.needs !== 'network') throw new Error();
    const look = { ...lookOf(subject), layer: 'conv2d_1' };
    const [part] = await method.run(look);
    if (part?.kind !== 'pictures') throw new Error();
    expect(part.pictures).toHaveLength(count);
    for (const { caption } of part.pictures) {
      const [, reached, noise] = /: (\S+) \(noise: (\S+)\)$/.exec(caption) ?? [];
      expect(Number(reached), caption).toBeGreaterThan(Number(noise) + 0.03);
    }
    expect(await method.run(look)).toEqual([part]);
    expect(await method.run({ ...look, seed: 8 })).not.toEqual([part]);
    await subject.dispose();
  });

  it('what an image reaches is the mean of its channel', async () => {
    const subject = subjectOf(gpu());
    const layer = mapLayer(subject.saved.network, 'conv2d_1');
    const one = await maximiseChannels(lookOf(subject), layer, [5]);
    const all = await maximiseChannels(lookOf(subject), layer, [0, 1, 2, 3, 4, 5, 0, 1, 5]); // two batches
    expect(one.pictures).toHaveLength(1);
    expect(all.reached[8]).toBeCloseTo(one.reached[0] ?? 0, 3);
    expect(all.before[8]).toBeCloseTo(one.before[0] ?? 0, 3);
    await subject.dispose();
  });
});

it('a network that takes vectors is no subject', () => {
  const network = new Sequential('vector', [9], [Dense({ units: 2 }), Softmax()]);
  const saved = {
    network,
    classes: ['a', 'b'],
    preprocess: { name: 'none' },
    weights: new Map(),
    notes: {},
  } as const;
  expect(() => checkSubject(saved, 'v.h5')).toThrow("v.h5: the network's input is [9]; expected images");
});
