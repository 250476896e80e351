import { describe, expect, it } from 'vitest';
import { Conv2D, Dense, DepthwiseConv2D, Flatten, SeparableConv2D } from '../../src/nn/layers.js';
import { Sequential } from '../../src/nn/network.js';
import { firstFilters } from '../../src/train/filter_pictures.js';

describe('first filters', () => {
  it('are summed over the colours, on one scale', () => {
    const network = new Sequential(
      'rgb',
      [2, 2, 3],
      [Conv2D({ filters: 2, kernelSize: [1, 2] }), Flatten(), Dense({ units: 1 })],
    );
    // [KH, KW, IC, OC]: the first filter is 1 + 2 + 3 and 4 + 5 + 6, the second its negative half.
    const kernel = Float32Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? i / 2 + 1 : -(i + 1) / 4));
    const weights = new Map([['conv2d/kernel', { shape: [1, 2, 3, 2], data: kernel }]]);
    const filters = firstFilters({ network, weights });
    expect(filters).toMatchObject({ layer: 'conv2d', size: [1, 2], limit: 15, summed: true });
    const [full, half] = filters?.pictures ?? [];
    expect([...(full?.data.slice(3) ?? [])]).toEqual([230, 110, 20]);
    expect([...(half?.data.slice(3) ?? [])]).toEqual([140, 175, 224]);
  });

  it.each([
    ['a depthwise convolution', DepthwiseConv2D({ kernelSize: [1, 2] }), 'depthwise_conv2d'],
    [
      'the depthwise part of a separable one',
      SeparableConv2D({ filters: 3, kernelSize: [1, 2] }),
      'separable_conv2d',
    ],
  ])('are those of %s', (_, first, layer) => {
    const network = new Sequential('depthwise', [2, 2, 1], [first, Flatten(), Dense({ units: 1 })]);
    const kernel = { shape: [1, 2, 1, 1], data: Float32Array.of(-3, 6) };
    const filters = firstFilters({ network, weights: new Map([[`${layer}/depthwise_kernel`, kernel]]) });
    expect(filters).toMatchObject({ layer, size: [1, 2], limit: 6, summed: false });
    expect(filters?.pictures).toHaveLength(1);
  });

  it('are missing in a network without convolutions', () => {
    const network = new Sequential('flat', [2, 2, 1], [Flatten(), Dense({ units: 1 })]);
    expect(firstFilters({ network, weights: new Map() })).toBeUndefined();
  });
});
