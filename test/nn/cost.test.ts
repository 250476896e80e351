import { describe, expect, it } from 'vitest';
import { networkCosts, receptiveFields } from '../../src/nn/cost.js';
import {
  Activation,
  Add,
  AveragePooling2D,
  BatchNormalization,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  ELU,
  Flatten,
  GlobalAveragePooling2D,
  LeakyReLU,
  MaxPooling2D,
  ReLU,
  SeparableConv2D,
  Softmax,
} from '../../src/nn/layers.js';
import { buildModel } from '../../src/nn/models.js';
import { Network, Sequential } from '../../src/nn/network.js';
import { miniXception } from '../helpers/networks.js';

describe('networkCosts', () => {
  it('counts what each layer computes', () => {
    const network = new Sequential(
      'small',
      [8, 6, 2],
      [
        Conv2D({ filters: 4 }),
        ELU(),
        BatchNormalization(),
        MaxPooling2D(),
        Dropout({ rate: 0.5 }),
        Flatten(),
        Dense({ units: 5 }),
      ],
    );
    expect(networkCosts(network)).toEqual([
      { flop: 8 * 6 * 4 * (2 * 9 * 2 + 1), bytes: 8 * 6 * 4 * 4 },
      { flop: 8 * 6 * 4, bytes: 8 * 6 * 4 * 4 },
      { flop: 8 * 6 * 4 * 2, bytes: 8 * 6 * 4 * 4 },
      { flop: 4 * 3 * 4 * 4, bytes: 4 * 3 * 4 * 4 },
      { flop: 0, bytes: 4 * 3 * 4 * 4 },
      { flop: 0, bytes: 4 * 3 * 4 * 4 },
      { flop: 5 * (2 * 48 + 1), bytes: 5 * 4 },
    ]);
  });

  it('counts every other kind of layer too', () => {
    const network = new Network(
      'kinds',
      [8, 6, 2],
      [
        { layer: SeparableConv2D({ filters: 4, depthMultiplier: 3, activation: 'relu' }) },
        { layer: DepthwiseConv2D({ activation: 'tanh' }) },
        { layer: Add(), inputs: [0, 1, 0] },
        { layer: AveragePooling2D({ poolSize: 3, strides: 2, padding: 'same' }) },
        { layer: Activation({ activation: 'sigmoid' }) },
        { layer: ReLU() },
        { layer: LeakyReLU() },
        { layer: GlobalAveragePooling2D() },
        { layer: Dense({ units: 5, useBias: false }) },
        { layer: Softmax() },
      ],
    );
    const [whole, half] = [8 * 6, 4 * 3];
    expect(networkCosts(network).map(({ flop }) => flop)).toEqual([
      whole * (2 * 9 * 2 * 3 + 2 * 6 * 4 + 4 + 4), // apart, mixed, bias, activation
      whole * 4 * (2 * 9 + 1 + 1),
      whole * 4 * 2,
      half * 4 * 9,
      ...[half * 4, half * 4, half * 4],
      half * 4,
      2 * 4 * 5,
      3 * 5,
    ]);
    expect(networkCosts(network).map(({ bytes }) => bytes / 4)).toEqual([
      ...[whole * 4, whole * 4, whole * 4, half * 4, half * 4, half * 4, half * 4, 4, 5, 5],
    ]);
  });

  it('leaves the positions of a strided convolution out', () => {
    const network = new Sequential('s', [9, 9, 1], [Conv2D({ filters: 1, strides: 2, useBias: false })]);
    expect(networkCosts(network)).toEqual([{ flop: 5 * 5 * 2 * 9, bytes: 100 }]);
  });
});

describe('receptiveFields', () => {
  it('are those of maps: vectors and rows of numbers have none', () => {
    expect(receptiveFields(new Sequential('rows', [6, 4], [ELU()]))).toEqual([undefined]);
  });

  it('grow with every window and every step', () => {
    const layers = buildModel('fer-cnn').layers.map(({ name }) => name);
    const seen = receptiveFields(buildModel('fer-cnn'));
    const at = (name: string): number | undefined => seen[layers.indexOf(name)];
    expect([at('conv2d'), at('max_pooling2d'), at('conv2d_1'), at('max_pooling2d_1')]).toEqual([3, 4, 8, 10]);
    expect(at('conv2d_3')).toBe(38);
    expect(at('flatten')).toBeUndefined();
    expect(at('dense_2')).toBeUndefined();
  });

  it('grow by the longer edge of a window, and faster behind strides', () => {
    const network = new Sequential(
      's',
      [40, 40, 1],
      [
        Conv2D({ filters: 1, kernelSize: [1, 5], strides: 2 }),
        ELU(),
        Conv2D({ filters: 1, strides: 3 }),
        AveragePooling2D({ poolSize: 2 }),
      ],
    );
    expect(receptiveFields(network)).toEqual([5, 5, 5 + 2 * 2, 5 + 2 * 2 + 6]);
  });

  it('grow by as much as dilation spreads a window', () => {
    const layers = [Conv2D({ filters: 1, dilationRate: [2, 3] }), Conv2D({ filters: 1 })];
    expect(receptiveFields(new Sequential('s', [40, 40, 1], layers))).toEqual([1 + 2 * 3, 1 + 2 * 3 + 2]);
  });

  it('follow the widest of the branches that meet', () => {
    const network = miniXception([20, 20, 1], [4]);
    const at = network.layers.findIndex(({ name }) => name === 'add');
    expect(receptiveFields(network)[at]).toBe(3 + 2 + 2 + 2); // two separable windows and a pool of 3, behind one of 3
    expect(receptiveFields(network).at(-1)).toBeUndefined();
  });
});
