import { describe, expect, it } from 'vitest';
import { readKeras } from '../../src/formats/keras_architecture.js';
import { scalingOf } from '../../src/formats/keras_arithmetic.js';
import type { KerasObject } from '../../src/formats/keras_config.js';
import type { Network } from '../../src/nn/network.js';
import { randomWeights } from '../helpers/networks.js';
import { referenceNetwork } from '../helpers/reference_network.js';

/** What Keras computes without a layer of ours, and ends of models behind their softmax, each against its formula. */

const PIXELS = [0.5, -4, 2, 7, -1, 0.25];
const layer = (class_name: string, name: string, config: object = {}): KerasObject => ({
  class_name,
  config: { name, ...config },
});
const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { keras_history: [name, 0, 0] },
});

/** A model of images of 1 x 6: layers with their arguments as Keras 3 writes them, then a softmax of what the last one gives. */
function model(...layers: readonly (readonly [KerasObject, ...unknown[]])[]): Network {
  const last = layers.at(-1)?.[0].config['name'] as string;
  const all = [
    ...layers,
    [layer('Flatten', 'flat'), tensor(last)],
    [layer('Softmax', 'end'), tensor('flat')],
  ] as const;
  const json = {
    class_name: 'Functional',
    config: {
      name: 'm',
      layers: [
        { ...layer('InputLayer', 'i', { batch_shape: [null, 1, 6, 1] }), inbound_nodes: [] },
        ...all.map(([own, ...args]) => ({ ...own, inbound_nodes: [{ args, kwargs: {} }] })),
      ],
      input_layers: [['i', 0, 0]],
      output_layers: [['end', 0, 0]],
    },
  };
  return readKeras(json, 'x.keras', '3.15.0').network;
}

const softmax = (values: readonly number[]): number[] => {
  const sum = values.reduce((total, x) => total + Math.exp(x), 0);
  return values.map((x) => Math.exp(x) / sum);
};
function expectOutput(
  network: Network,
  wanted: readonly number[],
  weights = new Map<string, Float64Array>(),
) {
  const found = referenceNetwork(network, weights, Float64Array.from(PIXELS), 1);
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 12);
}

describe('arithmetic', () => {
  const i = tensor('i');
  it.each<[string, readonly unknown[], (x: number) => number]>([
    ['Add', [i, 3], (x) => x + 3],
    ['Add', [3, i], (x) => x + 3],
    ['Subtract', [i, 1.5], (x) => x - 1.5],
    ['Subtract', [1.5, i], (x) => 1.5 - x],
    ['Multiply', [i, -2], (x) => -2 * x],
    ['TrueDivide', [i, 127.5], (x) => x / 127.5],
    ['Divide', [i, 4], (x) => x / 4],
  ])('of %s and a number becomes Rescaling (%j)', (kind, args, formula) => {
    expectOutput(model([layer(kind, 'a'), ...args]), softmax(PIXELS.map(formula)));
  });

  it('of two tensors, or of two numbers, is none with a number', () => {
    const sum = model([layer('ReLU', 'r'), i], [layer('Add', 'a'), i, tensor('r')]);
    expectOutput(sum, softmax(PIXELS.map((x) => x + Math.max(x, 0))));
    expect(scalingOf('Add', { args: [i, 3] })).toEqual({ scale: 1, offset: 3 });
    for (const args of [[i, i], [3, 4], [i], [i, 3, 4]])
      expect(scalingOf('Add', { args }), JSON.stringify(args)).toBeUndefined();
    expect(scalingOf('toString', { args: [i, 3] })).toBeUndefined();
  });

  it('that no Rescaling does is refused by its number', () => {
    for (const [kind, args] of [
      ['TrueDivide', [2.5, i]],
      ['Power', [i, 2.5]],
    ] as const)
      expect(() => model([layer(kind, 'a'), ...args])).toThrow(
        `x.keras: layer "a" (${kind}): it calculates with the number 2.5, which is supported only in +, -, * and /; export the model to ONNX`,
      );
  });

  it('of an Average is a sum times a number; of what models say it is for --weights', () => {
    const mean = model(
      [layer('ReLU', 'r'), i],
      [layer('Multiply', 'twice'), i, 2],
      [layer('Average', 'a'), [i, tensor('r'), tensor('twice')]],
    );
    expectOutput(mean, softmax(PIXELS.map((x) => (x + Math.max(x, 0) + 2 * x) / 3)));
    const json = {
      class_name: 'Functional',
      config: {
        layers: [
          { ...layer('InputLayer', 'i', { batch_shape: [null, 1, 6, 1] }), inbound_nodes: [] },
          { ...layer('Average', 'a'), inbound_nodes: [{ args: [[i, i]], kwargs: {} }] },
        ],
        input_layers: [['i', 0, 0]],
        output_layers: [['a', 0, 0]],
      },
    };
    expect(() => readKeras(json, 'x.keras')).toThrow(
      'save each in a separate file, and give all of them to --weights',
    );
  });

  it('of hard_silu, under both its names, is x * clip(x / 6 + 0.5, 0, 1), behind a layer with weights too', () => {
    const hard = (x: number): number => x * Math.min(Math.max(x / 6 + 0.5, 0), 1);
    for (const activation of ['hard_silu', 'hard_swish'])
      expectOutput(model([layer('Activation', 'h', { activation }), i]), softmax(PIXELS.map(hard)));
    const conv = model([layer('Conv2D', 'c', { filters: 1, kernel_size: 1, activation: 'hard_silu' }), i]);
    const weights = new Map([
      ['c/kernel', Float64Array.of(2)],
      ['c/bias', Float64Array.of(-1)],
    ]);
    expectOutput(conv, softmax(PIXELS.map((x) => hard(2 * x - 1))), weights);
  });
});

describe('a softmax before the end', () => {
  const INPUT = layer('InputLayer', 'i', { batch_shape: [null, 1, 6, 1] });
  const read = (...layers: readonly KerasObject[]) =>
    readKeras({ class_name: 'Sequential', config: { name: 'm', layers: [INPUT, ...layers] } }, 'x.keras');
  const flat = layer('Flatten', 'f');
  const shapeOnly = [
    layer('Reshape', 's', { target_shape: [6] }),
    layer('Activation', 'l', { activation: 'linear' }),
    layer('Dropout', 'd', { rate: 0.2 }),
  ];

  it('is the end where only what changes nothing follows', () => {
    const { network, softmaxAdded } = read(flat, layer('Softmax', 'p'), ...shapeOnly);
    expect([network.layers.map(({ name }) => name), softmaxAdded]).toEqual([['f', 'p'], false]);
    expectOutput(network, softmax(PIXELS));
  });

  it('is needed: what changes nothing is no end behind plain numbers, nor alone', () => {
    const dropout = layer('Dropout', 'd', { rate: 0.2 });
    expect(() => read(flat, layer('Dense', 'n', { units: 4 }), dropout)).toThrow(
      'x.keras: the model ends in Dropout (linear) with 4 outputs, not in a softmax',
    );
    expect(() => read(flat)).toThrow('x.keras: the model ends in Flatten (linear) with 6 outputs');
  });

  it('of a map of 1 x 1 goes behind what makes that a vector', () => {
    const window = { filters: 3, kernel_size: [1, 6] };
    const inside = read(layer('Conv2D', 'c', { ...window, activation: 'softmax' }), flat);
    const apart = read(layer('Conv2D', 'c', window), layer('Softmax', 'p'), flat);
    const weights = new Map(
      [...randomWeights(inside.network)].map(([name, { data }]) => [name, Float64Array.from(data)]),
    );
    const kernel = weights.get('c/kernel') as Float64Array;
    const bias = weights.get('c/bias') as Float64Array;
    const sums = [0, 1, 2].map((k) =>
      PIXELS.reduce((sum, x, n) => sum + x * (kernel[3 * n + k] as number), bias[k] as number),
    );
    for (const { network, softmaxAdded } of [inside, apart]) {
      expect(softmaxAdded).toBe(false);
      expectOutput(network, softmax(sums), weights);
    }
    expect(() =>
      read(layer('Conv2D', 'c', { filters: 3, kernel_size: 1, activation: 'softmax' }), flat),
    ).toThrow('ends in Flatten (linear) with 18 outputs');
  });
});
