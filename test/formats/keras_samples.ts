/**
 * Architectures in the words of several versions of Keras, written down from their documentation and source: what each
 * puts around the same residual network of 10 x 12 gray images and 5 classes.
 */
const VARIANCE = {
  class_name: 'VarianceScaling',
  config: { scale: 1.0, mode: 'fan_avg', distribution: 'uniform', seed: null },
};
const L1L2 = { class_name: 'L1L2', config: { l1: 0.0, l2: 0.009999999776482582 } };
const zeros = { class_name: 'Zeros', config: {} };
const none = { activity_regularizer: null, bias_regularizer: null, bias_constraint: null };

/** Keras 2.0, 2017: class "Model", lists, axis -1, no `groups`, dtype or dilation of separable convolutions. */
export const KERAS_2_0 = {
  class_name: 'Model',
  keras_version: '2.0.5',
  backend: 'tensorflow',
  config: {
    name: 'model_1',
    layers: [
      {
        name: 'input_1',
        class_name: 'InputLayer',
        config: { batch_input_shape: [null, 10, 12, 1], dtype: 'float32', sparse: false, name: 'input_1' },
        inbound_nodes: [],
      },
      {
        name: 'conv2d_1',
        class_name: 'Conv2D',
        config: {
          ...{ name: 'conv2d_1', trainable: true, filters: 4, kernel_size: [3, 3], strides: [1, 1] },
          ...{ padding: 'valid', data_format: 'channels_last', dilation_rate: [1, 1], activation: 'linear' },
          ...{
            use_bias: false,
            kernel_initializer: VARIANCE,
            bias_initializer: zeros,
            kernel_regularizer: L1L2,
          },
          ...{ ...none, kernel_constraint: null },
        },
        inbound_nodes: [[['input_1', 0, 0, {}]]],
      },
      {
        name: 'batch_normalization_1',
        class_name: 'BatchNormalization',
        config: {
          ...{ name: 'batch_normalization_1', trainable: true, axis: -1, momentum: 0.99, epsilon: 0.001 },
          ...{ center: true, scale: true, beta_initializer: zeros, gamma_initializer: zeros },
          ...{ moving_mean_initializer: zeros, moving_variance_initializer: zeros, beta_regularizer: null },
          ...{ gamma_regularizer: null, beta_constraint: null, gamma_constraint: null },
        },
        inbound_nodes: [[['conv2d_1', 0, 0, {}]]],
      },
      {
        name: 'activation_1',
        class_name: 'Activation',
        config: { name: 'activation_1', trainable: true, activation: 'relu' },
        inbound_nodes: [[['batch_normalization_1', 0, 0, {}]]],
      },
      {
        name: 'separable_conv2d_1',
        class_name: 'SeparableConv2D',
        config: {
          ...{
            name: 'separable_conv2d_1',
            trainable: true,
            filters: 6,
            kernel_size: [3, 3],
            strides: [1, 1],
          },
          ...{ padding: 'same', data_format: 'channels_last', activation: 'linear', use_bias: true },
          ...{ bias_initializer: zeros, ...none, depth_multiplier: 1, depthwise_initializer: VARIANCE },
          ...{ pointwise_initializer: VARIANCE, depthwise_regularizer: L1L2, pointwise_regularizer: L1L2 },
          ...{ depthwise_constraint: null, pointwise_constraint: null },
        },
        inbound_nodes: [[['activation_1', 0, 0, {}]]],
      },
      {
        name: 'max_pooling2d_1',
        class_name: 'MaxPooling2D',
        config: {
          ...{ name: 'max_pooling2d_1', trainable: true, pool_size: [3, 3], padding: 'same' },
          ...{ strides: [2, 2], data_format: 'channels_last' },
        },
        inbound_nodes: [[['separable_conv2d_1', 0, 0, {}]]],
      },
      {
        name: 'conv2d_2',
        class_name: 'Conv2D',
        config: {
          ...{ name: 'conv2d_2', trainable: true, filters: 6, kernel_size: [1, 1], strides: [2, 2] },
          ...{ padding: 'same', data_format: 'channels_last', dilation_rate: [1, 1], activation: 'linear' },
          ...{
            use_bias: true,
            kernel_initializer: VARIANCE,
            bias_initializer: zeros,
            kernel_regularizer: null,
          },
          ...{ ...none, kernel_constraint: null },
        },
        inbound_nodes: [[['activation_1', 0, 0, {}]]],
      },
      {
        name: 'add_1',
        class_name: 'Add',
        config: { name: 'add_1', trainable: true },
        inbound_nodes: [
          [
            ['max_pooling2d_1', 0, 0, {}],
            ['conv2d_2', 0, 0, {}],
          ],
        ],
      },
      {
        name: 'global_average_pooling2d_1',
        class_name: 'GlobalAveragePooling2D',
        config: { name: 'global_average_pooling2d_1', trainable: true, data_format: 'channels_last' },
        inbound_nodes: [[['add_1', 0, 0, {}]]],
      },
      {
        name: 'dense_1',
        class_name: 'Dense',
        config: {
          ...{ name: 'dense_1', trainable: true, units: 5, activation: 'softmax', use_bias: true },
          ...{ kernel_initializer: VARIANCE, bias_initializer: zeros, kernel_regularizer: null, ...none },
          kernel_constraint: null,
        },
        inbound_nodes: [[['global_average_pooling2d_1', 0, 0, {}]]],
      },
    ],
    input_layers: [['input_1', 0, 0]],
    output_layers: [['dense_1', 0, 0]],
  },
};

/** What KERAS_2_9 writes otherwise. */
interface KerasOptions {
  readonly kernel_size?: readonly number[];
  readonly strides?: readonly number[];
  readonly batch_input_shape?: readonly (number | null)[];
  readonly axis?: number;
}

const tuple = (...items: unknown[]) => ({ class_name: '__tuple__', items });

/** `to_json()` of TensorFlow 2.4 to 2.9: marked tuples and shapes, `groups`, one list less around a single input. */
export const KERAS_2_9 = {
  class_name: 'Functional',
  keras_version: '2.9.0',
  backend: 'tensorflow',
  config: {
    ...KERAS_2_0.config,
    layers: KERAS_2_0.config.layers.map(({ name, class_name, config, inbound_nodes }) => {
      const { kernel_size: size, strides, batch_input_shape: shape, axis }: KerasOptions = config;
      const [call = []] = inbound_nodes as unknown[][];
      return {
        class_name,
        name,
        config: {
          ...{ ...config, name: class_name === 'Add' ? null : name, dtype: 'float32' },
          ...(size && { kernel_size: tuple(...size), groups: 1 }),
          ...(strides && { strides: tuple(...strides) }),
          ...(shape && { batch_input_shape: { class_name: 'TensorShape', items: shape }, ragged: false }),
          ...(axis && { axis: [3] }),
        },
        inbound_nodes: call.length === 1 ? call : inbound_nodes,
      };
    }),
  },
};

const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 1], dtype: 'float32', keras_history: [name, 0, 0] },
});
const FLOAT32 = {
  ...{ module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
};
const glorot = {
  ...{
    module: 'keras.initializers',
    class_name: 'GlorotUniform',
    config: { seed: null },
    registered_name: null,
  },
};

/** `config.json` of a `.keras` file of Keras 3: calls with arguments, dtype policies, flat ends. */
export const KERAS_3 = {
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  config: {
    name: 'functional_1',
    trainable: true,
    layers: KERAS_2_9.config.layers.map(({ name, class_name, config, inbound_nodes }) => {
      const names = inbound_nodes.flat(2).filter((part): part is string => typeof part === 'string');
      const [one = ''] = names;
      const {
        batch_input_shape: shape,
        kernel_initializer: first,
        ...rest
      } = config as Record<string, unknown>;
      const input = { batch_shape: [null, 10, 12, 1], dtype: 'float32', sparse: false, ragged: false, name };
      const norm = {
        axis: -1,
        renorm: false,
        renorm_clipping: null,
        renorm_momentum: 0.99,
        synchronized: false,
      };
      return {
        module: 'keras.layers',
        class_name,
        config: shape
          ? { ...input, optional: false }
          : {
              ...{ ...plain(rest), name, dtype: FLOAT32, quantization_config: null },
              ...(first !== undefined && { kernel_initializer: glorot }),
              ...(class_name === 'BatchNormalization' && norm),
              ...(class_name === 'GlobalAveragePooling2D' && { keepdims: false }),
            },
        registered_name: null,
        build_config: { input_shape: [null, 10, 12, 1] },
        name,
        inbound_nodes:
          names.length === 0
            ? []
            : [{ args: names.length === 1 ? [tensor(one)] : [names.map(tensor)], kwargs: {} }],
      };
    }),
    input_layers: ['input_1', 0, 0],
    output_layers: ['dense_1', 0, 0],
  },
  registered_name: 'Functional',
  build_config: { input_shape: null },
};

/** Keras 3 writes plain lists. */
function plain(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      (value as { items?: unknown } | null)?.items ?? value,
    ]),
  );
}
