import type { KerasObject } from '../../src/formats/keras_config.js';

/** A layer of a Keras configuration. */
export const layer = (class_name: string, config: Record<string, unknown> = {}): KerasObject => ({
  class_name,
  config,
});

/** What the first layer has where no layer stands for the input. */
export const INPUT = { batch_input_shape: [null, 48, 48, 1] };

/** A small model as a public repository of 2018 has it: the bare list, activations inside, an input without a layer. */
export const OLD = [
  layer('Conv2D', {
    ...INPUT,
    name: 'conv2d_4',
    filters: 4,
    kernel_size: [3, 3],
    strides: [2, 2],
    padding: 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'relu',
    use_bias: true,
    kernel_initializer: { class_name: 'VarianceScaling', config: { scale: 1.0 } },
  }),
  layer('BatchNormalization', {
    name: 'batch_normalization_7',
    axis: 3,
    momentum: 0.9,
    epsilon: 0.01,
    center: true,
    scale: true,
  }),
  layer('MaxPooling2D', { name: 'max_pooling2d_4', pool_size: [2, 2], padding: 'valid', strides: [2, 2] }),
  layer('Activation', { name: 'activation_9', activation: 'elu' }),
  layer('Flatten', { name: 'flatten_2' }),
  layer('Dense', { name: 'dense_5', units: 7, activation: 'softmax', use_bias: true }),
];

/** A sequential model of layers, or of the configuration around them. */
export const sequential = (layers: unknown) => ({ class_name: 'Sequential', config: layers });
