import type { Shape } from '../gpu/shape.js';
import type { Layer } from '../nn/layer.js';
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
  type Extent,
  Flatten,
  GlobalAveragePooling2D,
  LeakyReLU,
  MaxPooling2D,
  pairOf,
  ReLU,
  SeparableConv2D,
  Softmax,
  SpatialDropout2D,
  ZeroPadding2D,
} from '../nn/layers.js';
import type { ActivationName } from '../nn/ops/activation.js';
import { ConfigReader, type KerasObject } from './keras_config.js';

/**
 * Every layer class that we read and write, once: `read` looks at all its options, in the words of Keras 2 and 3, and
 * `write` gives those that both understand.
 */
interface KerasClass {
  /** The layer, and the one that its activation is, where that is a layer of its own. */
  readonly read: (r: ConfigReader, input: Shape) => Layer | [Layer, KerasObject];
  readonly write: (layer: Layer, output: Shape) => Record<string, unknown>;
}

const initializer = (class_name: string): KerasObject => ({ class_name, config: {} });
const INITIALIZERS: Readonly<Record<string, KerasObject>> = {
  glorot_uniform: { class_name: 'GlorotUniform', config: { seed: null } },
  he_normal: { class_name: 'HeNormal', config: { seed: null } },
  zeros: initializer('Zeros'),
  ones: initializer('Ones'),
};
const CHANNELS_LAST = { data_format: 'channels_last' };
const PADDINGS = ['same', 'valid'] as const;

/** What a convolution's window and end are, in our words. */
function readWindow(r: ConfigReader, kernel: string) {
  r.must('data_format', 'channels_last');
  r.must('dilation_rate', [1, 1], 1);
  r.must('groups', 1);
  const activation = r.activation();
  return {
    inside: activation,
    options: {
      kernelSize: r.extent('kernel_size'),
      strides: r.square('strides', 1),
      padding: r.text('padding', PADDINGS, 'valid'),
      useBias: r.boolean('use_bias', true),
      kernelInitializer: r.initializer(`${kernel}_initializer`),
      activation: typeof activation === 'string' ? activation : ('linear' as const),
    },
  };
}

const withInside = (layer: Layer, inside: ActivationName | KerasObject): Layer | [Layer, KerasObject] =>
  typeof inside === 'string' ? layer : [layer, inside];

/** The settings that all layers with weights share, for each of their kernels. */
function writeWeights({ config: c }: Layer, kernels: readonly string[]): Record<string, unknown> {
  return {
    activation: c['activation'],
    use_bias: c['useBias'],
    ...Object.fromEntries(
      kernels.flatMap((kernel) => [
        [`${kernel}_initializer`, INITIALIZERS[String(c['kernelInitializer'])]],
        [`${kernel}_regularizer`, null],
        [`${kernel}_constraint`, null],
      ]),
    ),
    bias_initializer: INITIALIZERS['zeros'],
    bias_regularizer: null,
    bias_constraint: null,
    activity_regularizer: null,
  };
}

function writeWindow({ config: c }: Layer): Record<string, unknown> {
  return {
    kernel_size: [...pairOf(c['kernelSize'] as Extent)],
    strides: [c['strides'], c['strides']],
    padding: c['padding'],
    ...CHANNELS_LAST,
    dilation_rate: [1, 1],
  };
}

function readPool(r: ConfigReader) {
  r.must('data_format', 'channels_last');
  const poolSize = r.square('pool_size', 2);
  return { poolSize, strides: r.square('strides', poolSize), padding: r.text('padding', PADDINGS, 'valid') };
}

const writePool = ({ config: c }: Layer): Record<string, unknown> => ({
  pool_size: [c['poolSize'], c['poolSize']],
  padding: c['padding'],
  strides: [c['strides'], c['strides']],
  ...CHANNELS_LAST,
});

/** Axis of the channels, counted with the batch axis: -1 for the last. */
function readAxis(r: ConfigReader, input: Shape): number {
  const axis = r.number('axis', -1);
  if (axis === -1 || axis === input.length) return -1;
  return axis > 0 && axis < input.length ? axis : r.fail('axis', `only -1 or 1 to ${input.length}`);
}

/** [[top, bottom], [left, right]] in files. */
function readMargins(r: ConfigReader): [number, number, number, number] {
  const raw = r.raw('padding') ?? 1;
  const pairs = Array.isArray(raw) ? (raw as unknown[]) : [raw, raw];
  const flat = pairs.flatMap((n) => (Array.isArray(n) ? (n as unknown[]) : [n, n]));
  const good = flat.length === 4 && flat.every((n) => Number.isInteger(n) && (n as number) >= 0);
  return good ? (flat as [number, number, number, number]) : r.fail('padding', 'expected rows and columns');
}

const CLASSES: Readonly<Record<string, KerasClass>> = {
  Conv2D: {
    read: (r) => {
      const { options, inside } = readWindow(r, 'kernel');
      return withInside(Conv2D({ filters: r.number('filters'), ...options }), inside);
    },
    write: (layer) => ({
      filters: layer.config['filters'],
      ...writeWindow(layer),
      groups: 1,
      ...writeWeights(layer, ['kernel']),
    }),
  },
  // Keras 3 refuses `groups` and a plain `kernel_initializer` in these two, which Keras 2 wrote.
  SeparableConv2D: {
    read: (r) => {
      const { options, inside } = readWindow(r, 'depthwise');
      const depthMultiplier = r.number('depth_multiplier', 1);
      return withInside(
        SeparableConv2D({ filters: r.number('filters'), depthMultiplier, ...options }),
        inside,
      );
    },
    write: (layer) => ({
      filters: layer.config['filters'],
      ...writeWindow(layer),
      depth_multiplier: layer.config['depthMultiplier'],
      ...writeWeights(layer, ['depthwise', 'pointwise']),
    }),
  },
  DepthwiseConv2D: {
    read: (r) => {
      const { options, inside } = readWindow(r, 'depthwise');
      return withInside(
        DepthwiseConv2D({ depthMultiplier: r.number('depth_multiplier', 1), ...options }),
        inside,
      );
    },
    write: (layer) => ({
      ...writeWindow(layer),
      depth_multiplier: layer.config['depthMultiplier'],
      ...writeWeights(layer, ['depthwise']),
    }),
  },
  Dense: {
    read: (r) => {
      const inside = r.activation();
      const activation = typeof inside === 'string' ? inside : 'linear';
      const options = { units: r.number('units'), useBias: r.boolean('use_bias', true), activation };
      return withInside(
        Dense({ ...options, kernelInitializer: r.initializer('kernel_initializer') }),
        inside,
      );
    },
    write: (layer) => ({ units: layer.config['units'], ...writeWeights(layer, ['kernel']) }),
  },
  BatchNormalization: {
    read: (r, input) => {
      r.must('renorm', false);
      return BatchNormalization({
        axis: readAxis(r, input),
        momentum: r.number('momentum', 0.99),
        epsilon: r.number('epsilon', 1e-3),
        center: r.boolean('center', true),
        scale: r.boolean('scale', true),
      });
    },
    write: ({ config: c }, output) => ({
      axis: c['axis'] === -1 ? output.length : c['axis'],
      momentum: c['momentum'],
      epsilon: c['epsilon'],
      center: c['center'],
      scale: c['scale'],
      beta_initializer: INITIALIZERS['zeros'],
      gamma_initializer: INITIALIZERS['ones'],
      moving_mean_initializer: INITIALIZERS['zeros'],
      moving_variance_initializer: INITIALIZERS['ones'],
      beta_regularizer: null,
      gamma_regularizer: null,
      beta_constraint: null,
      gamma_constraint: null,
    }),
  },
  Activation: {
    read: (r) => {
      const inside = r.activation();
      return typeof inside === 'string'
        ? Activation({ activation: inside })
        : [Activation({ activation: 'linear' }), inside];
    },
    write: ({ config: c }) => ({ activation: c['activation'] }),
  },
  ELU: {
    read: (r) => ELU({ alpha: r.number('alpha', 1) }),
    write: ({ config: c }) => ({ alpha: c['alpha'] }),
  },
  ReLU: {
    read: (r) => {
      r.must('threshold', 0, [0]);
      const most = r.raw('max_value') ?? undefined;
      const negativeSlope = r.number('negative_slope', 0);
      return ReLU({ negativeSlope, ...(most !== undefined && { maxValue: r.number('max_value') }) });
    },
    write: ({ config: c }) => ({
      max_value: c['maxValue'] ?? null,
      negative_slope: c['negativeSlope'] ?? 0,
      threshold: 0,
    }),
  },
  LeakyReLU: {
    // `alpha` in Keras 2, which Keras 3 still takes.
    read: (r) => LeakyReLU({ negativeSlope: r.number('negative_slope', r.number('alpha', 0.3)) }),
    write: ({ config: c }) => ({ alpha: c['negativeSlope'] }),
  },
  Softmax: {
    read: (r, input) => {
      r.must('axis', -1, [-1], input.length, [input.length]);
      return Softmax();
    },
    write: () => ({ axis: -1 }),
  },
  MaxPooling2D: { read: (r) => MaxPooling2D(readPool(r)), write: writePool },
  AveragePooling2D: { read: (r) => AveragePooling2D(readPool(r)), write: writePool },
  GlobalAveragePooling2D: {
    read: (r) => {
      r.must('data_format', 'channels_last');
      r.must('keepdims', false);
      return GlobalAveragePooling2D();
    },
    write: () => CHANNELS_LAST,
  },
  Dropout: {
    read: (r) => {
      r.must('noise_shape');
      return Dropout({ rate: r.number('rate') });
    },
    write: ({ config: c }) => ({ rate: c['rate'], noise_shape: null, seed: null }),
  },
  SpatialDropout2D: {
    read: (r) => {
      r.must('noise_shape');
      r.must('data_format', 'channels_last');
      return SpatialDropout2D({ rate: r.number('rate') });
    },
    write: ({ config: c }) => ({ rate: c['rate'], ...CHANNELS_LAST }),
  },
  Flatten: {
    read: (r) => {
      r.must('data_format', 'channels_last');
      return Flatten();
    },
    write: () => CHANNELS_LAST,
  },
  Add: { read: () => Add(), write: () => ({}) },
  ZeroPadding2D: {
    read: (r) => {
      r.must('data_format', 'channels_last');
      return ZeroPadding2D({ padding: readMargins(r) });
    },
    write: ({ config: c }) => {
      const [top, bottom, left, right] = c['padding'] as readonly number[];
      return {
        padding: [
          [top, bottom],
          [left, right],
        ],
        ...CHANNELS_LAST,
      };
    },
  },
};

const SUPPORTED = ['InputLayer', ...Object.keys(CLASSES)].join(', ');

/** Keras 3's spatial dropout takes no `trainable`, alone of all layers. */
const WITHOUT_TRAINABLE = 'SpatialDropout2D';

/** A layer in Keras's words. */
export function writeLayer(name: string, layer: Layer, output: Shape): KerasObject {
  const { kind } = layer;
  const common = {
    name,
    ...(kind !== WITHOUT_TRAINABLE && { trainable: layer.config['trainable'] ?? true }),
  };
  const own = CLASSES[kind]?.write(layer, output);
  if (own === undefined) throw new Error(`layer "${name}" (${kind}): Keras files with it are not written`);
  return { class_name: kind, config: { ...common, dtype: 'float32', ...own } };
}

/** A layer that a file holds, and its name; two where an activation is a layer of its own. */
export interface ReadLayer {
  readonly name: string;
  readonly layer: Layer;
}

/**
 * One layer of a file as ours. Throws RunError that names layer, class and option of what is not supported.
 * @param source what to call the file in messages
 */
export function readLayer(
  { class_name: kind, config }: KerasObject,
  input: Shape,
  source: string,
): ReadLayer[] {
  const r = new ConfigReader(kind, config, source);
  const own = CLASSES[kind]?.read(r, input) ?? r.fail('name', `its class is not; there are ${SUPPORTED}`);
  const [layer, inside] = Array.isArray(own) ? own : [own, undefined];
  const { name } = r;
  const read = { name, layer: r.trainable ? layer : frozen(layer) };
  r.finish();
  if (inside === undefined) return [read];
  const suffixed = { ...inside, config: { ...inside.config, name: `${name}_activation` } };
  return [read, ...readLayer(suffixed, layer.outputShape(input), source)];
}

/** The layer with weights that no training moves; batch normalisation then keeps to its moving averages, as in Keras. */
function frozen(layer: Layer): Layer {
  return {
    ...layer,
    config: { ...layer.config, trainable: false },
    weights: (input) => layer.weights(input).map((spec) => ({ ...spec, trainable: false })),
    call: (ctx, inputs, place) => {
      const still = layer.kind === 'BatchNormalization';
      return layer.call(still ? { ...ctx, training: false } : ctx, inputs, place);
    },
  };
}
