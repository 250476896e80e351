import { expect, it } from 'vitest';
import { Conv2D, Sequential } from '../../../src/index.js';
import { buildModel } from '../../../src/nn/models.js';
import { pixelsSeen } from '../../../src/nn/receptive_field.js';

const ferCnn = buildModel('fer-cnn');

it.each([
  ['conv2d', [10, 20], [9, 11], [19, 21]],
  ['elu', [10, 20], [9, 11], [19, 21]],
  ['max_pooling2d', [5, 6], [9, 12], [11, 14]],
  ['max_pooling2d_3', [1, 1], [1, 46], [1, 46]],
] as const)('%s at %j: rows %j, columns %j', (layer, place, rows, columns) => {
  expect(pixelsSeen(ferCnn, layer, place)).toEqual({ rows, columns });
});

it('the border cuts off', () => {
  expect(pixelsSeen(ferCnn, 'conv2d', [0, 47])).toEqual({ rows: [0, 1], columns: [46, 47] });
  expect(pixelsSeen(ferCnn, 'max_pooling2d_3', [0, 2])).toEqual({ rows: [0, 30], columns: [17, 47] });
});

it('strides, windows that are no squares, and Keras’s padding after the last pixel', () => {
  const network = new Sequential('n', [48, 40, 1], [
    Conv2D({ filters: 1, kernelSize: [3, 5], strides: 2 }),
    Conv2D({ filters: 1, padding: 'valid' }),
  ]);
  expect(pixelsSeen(network, 'conv2d', [0, 0])).toEqual({ rows: [0, 2], columns: [0, 3] });
  expect(pixelsSeen(network, 'conv2d_1', [3, 4])).toEqual({ rows: [6, 12], columns: [7, 15] });
});
