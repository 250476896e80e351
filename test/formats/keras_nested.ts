import type { KerasObject } from '../../src/formats/keras_config.js';

/** A model with models as layers, one in the other: a base, used as its call 1, with a head of its own. */
export const NESTED: { class_name: string; config: { name: string; layers: KerasObject[] } } = {
  class_name: 'Sequential',
  config: {
    name: 'whole',
    layers: [
      { class_name: 'InputLayer', config: { name: 'i', batch_input_shape: [null, 8, 9, 1] } },
      {
        class_name: 'Functional',
        config: {
          name: 'base',
          layers: [
            { class_name: 'InputLayer', config: { name: 'i' }, name: 'i', inbound_nodes: [] },
            {
              class_name: 'Conv2D',
              config: { name: 'a', filters: 4, kernel_size: [3, 3], trainable: false },
              inbound_nodes: [[['i', 0, 0, {}]]],
            },
            {
              class_name: 'Sequential',
              config: {
                name: 'head',
                layers: [
                  { class_name: 'BatchNormalization', config: { name: 'n' } },
                  { class_name: 'ReLU', config: { name: 'r' } },
                ],
              },
              inbound_nodes: [[['a', 0, 0, {}]]],
            },
            {
              class_name: 'Add',
              config: { name: 'sum' },
              inbound_nodes: [
                [
                  ['head', 1, 0, {}],
                  ['a', 0, 0, {}],
                ],
              ],
            },
          ],
          input_layers: [['i', 0, 0]],
          output_layers: [['sum', 0, 0]],
        },
      },
      { class_name: 'GlobalAveragePooling2D', config: { name: 'g' } },
      { class_name: 'Dense', config: { name: 'd', units: 3, activation: 'softmax' } },
    ],
  },
};
