import type { Shape } from '../gpu/shape.js';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  ELU,
  Flatten,
  type Layer,
  MaxPool2D,
  ReLU,
  Softmax,
} from '../nn/layers.js';
import { Sequential } from '../nn/sequential.js';
import { RunError } from '../util/errors.js';

/**
 * Networks as Keras writes them in JSON (`model.to_json()`, `model_config`): Sequential models of the layers that we
 * have. Every option of a layer is looked at: one that we cannot honour is an error, never a wrong number.
 */
export interface KerasLayer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface KerasModel {
  readonly class_name: 'Sequential';
  readonly config: { readonly name: string; readonly layers: readonly KerasLayer[] };
  readonly keras_version: string;
  readonly backend: string;
}

/** The version whose form we write: Keras 2's, which Keras 3 reads too. */
export const KERAS_VERSION = '2.15.0';
const BACKEND = 'tensorflow';

const SUPPORTED =
  'InputLayer, Conv2D, Dense, BatchNormalization, ELU, ReLU, Softmax, Activation, MaxPooling2D, Dropout, Flatten';

/** A model in Keras's words. */
export function toKeras(model: Sequential): KerasModel {
  const input: KerasLayer = {
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, ...model.inputShape], dtype: 'float32', name: `${model.name}_input` },
  };
  const layers = model.layers.map(({ name, layer, outputShape }) => ({
    class_name: layer.kind,
    config: { name, trainable: true, dtype: 'float32', ...settings(layer, outputShape) },
  }));
  return {
    class_name: 'Sequential',
    config: { name: model.name, layers: [input, ...layers] },
    keras_version: KERAS_VERSION,
    backend: BACKEND,
  };
}

const initializer = (class_name: string): KerasLayer => ({ class_name, config: {} });
const INITIALIZERS: Record<string, KerasLayer> = {
  glorot_uniform: { class_name: 'GlorotUniform', config: { seed: null } },
  he_normal: { class_name: 'HeNormal', config: { seed: null } },
  zeros: initializer('Zeros'),
  ones: initializer('Ones'),
};
const UNREGULARIZED = {
  kernel_regularizer: null,
  bias_regularizer: null,
  activity_regularizer: null,
  kernel_constraint: null,
  bias_constraint: null,
};

function settings({ kind, config: c }: Layer, output: Shape): Record<string, unknown> {
  const kernel = {
    activation: 'linear',
    use_bias: c['useBias'] ?? true,
    kernel_initializer: INITIALIZERS[String(c['kernelInitializer'])],
    bias_initializer: INITIALIZERS['zeros'],
    ...UNREGULARIZED,
  };
  switch (kind) {
    case 'Conv2D':
      return {
        filters: c['filters'],
        kernel_size: [c['kernelSize'], c['kernelSize']],
        strides: [c['strides'], c['strides']],
        padding: c['padding'],
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        groups: 1,
        ...kernel,
      };
    case 'Dense':
      return { units: c['units'], ...kernel };
    case 'BatchNormalization':
      return {
        axis: c['axis'] === -1 ? output.length : c['axis'],
        momentum: c['momentum'],
        epsilon: c['epsilon'],
        center: true,
        scale: true,
        beta_initializer: INITIALIZERS['zeros'],
        gamma_initializer: INITIALIZERS['ones'],
        moving_mean_initializer: INITIALIZERS['zeros'],
        moving_variance_initializer: INITIALIZERS['ones'],
        beta_regularizer: null,
        gamma_regularizer: null,
        beta_constraint: null,
        gamma_constraint: null,
      };
    case 'MaxPooling2D':
      return {
        pool_size: [c['poolSize'], c['poolSize']],
        padding: c['padding'],
        strides: [c['strides'], c['strides']],
        data_format: 'channels_last',
      };
    case 'ELU':
      return { alpha: c['alpha'] };
    case 'ReLU':
      return { max_value: null, negative_slope: 0, threshold: 0 };
    case 'Softmax':
      return { axis: -1 };
    case 'Dropout':
      return { rate: c['rate'], noise_shape: null, seed: null };
    case 'Flatten':
      return { data_format: 'channels_last' };
    default:
      throw new RunError(`layer ${kind}: Keras files with it are not written yet`);
  }
}

/** One layer of a file while it is read: every look at an option remembers it, so that none is overlooked. */
class Reader {
  readonly name: string;
  readonly #seen = new Set(['name', 'trainable', 'dtype', 'batch_input_shape', 'batch_shape']);

  constructor(
    readonly kind: string,
    private readonly config: Readonly<Record<string, unknown>>,
    private readonly source: string,
  ) {
    this.name = String(config['name'] ?? kind);
  }

  fail(option: string, supported: string): never {
    const value = JSON.stringify(this.config[option]);
    throw new RunError(
      `${this.source}: layer "${this.name}" (${this.kind}): ${option} = ${value} is not supported; ${supported}`,
    );
  }

  number(option: string, otherwise?: number): number {
    this.#seen.add(option);
    const value = this.config[option] ?? otherwise;
    return typeof value === 'number' ? value : this.fail(option, 'expected a number');
  }

  text(option: string, choices: readonly string[], otherwise?: string): string {
    this.#seen.add(option);
    const value = this.config[option] ?? otherwise;
    return choices.includes(value as string)
      ? (value as string)
      : this.fail(option, `only ${choices.join(', ')}`);
  }

  /** An extent that must be the same in both directions. */
  square(option: string, otherwise?: number): number {
    this.#seen.add(option);
    const value = this.config[option] ?? otherwise;
    const list = Array.isArray(value) ? value : [value, value];
    const same = list.length === 2 && list[0] === list[1] && typeof list[0] === 'number';
    return same ? (list[0] as number) : this.fail(option, 'only the same number in both directions');
  }

  boolean(option: string, otherwise: boolean): boolean {
    this.#seen.add(option);
    return Boolean(this.config[option] ?? otherwise);
  }

  /** An option that must be what it says here, or not be there. */
  must(option: string, ...allowed: readonly unknown[]): void {
    this.#seen.add(option);
    const value = this.config[option];
    if (value === undefined || value === null) return;
    const text = JSON.stringify(value);
    if (!allowed.some((one) => JSON.stringify(one) === text)) {
      this.fail(option, `only ${allowed.map((one) => JSON.stringify(one)).join(', ')}`);
    }
  }

  raw(option: string): unknown {
    this.#seen.add(option);
    return this.config[option];
  }

  /** Options of training alone, which do not change what a trained layer computes. */
  ignore(...options: readonly string[]): void {
    for (const option of options) this.#seen.add(option);
  }

  /** Throws for an option that nobody looked at and that says something. */
  finish(): void {
    for (const [option, value] of Object.entries(this.config)) {
      if (!this.#seen.has(option) && value !== null && value !== undefined)
        this.fail(option, 'it is unknown here');
    }
  }
}

const TRAINING_ONLY = [
  ...['kernel_initializer', 'bias_initializer', 'kernel_regularizer', 'bias_regularizer'],
  ...['activity_regularizer', 'kernel_constraint', 'bias_constraint', 'seed', 'noise_shape'],
  ...['beta_initializer', 'gamma_initializer', 'moving_mean_initializer', 'moving_variance_initializer'],
  ...['beta_regularizer', 'gamma_regularizer', 'beta_constraint', 'gamma_constraint', 'synchronized'],
  ...['renorm', 'fused', 'lora_rank', 'quantization_config', 'module', 'registered_name', 'build_config'],
];
const ACTIVATIONS = ['linear', 'relu', 'elu', 'softmax'];

/** The layer of an activation; none for linear. */
function activationLayer(name: string): Layer[] {
  if (name === 'relu') return [ReLU()];
  if (name === 'elu') return [ELU()];
  return name === 'softmax' ? [Softmax()] : [];
}

/** One layer of a file as ours: its own, and its built-in activation. */
function layersOf(r: Reader, input: Shape): Layer[] {
  r.ignore(...TRAINING_ONLY);
  switch (r.kind) {
    case 'Conv2D': {
      r.must('data_format', 'channels_last');
      r.must('dilation_rate', [1, 1], 1);
      r.must('groups', 1);
      const kernelSize = r.square('kernel_size');
      if (kernelSize % 2 === 0) r.fail('kernel_size', 'only odd sizes');
      const own = Conv2D({
        filters: r.number('filters'),
        kernelSize,
        strides: r.square('strides', 1),
        padding: r.text('padding', ['same', 'valid'], 'valid') as 'same' | 'valid',
        useBias: r.boolean('use_bias', true),
      });
      return [own, ...activationLayer(r.text('activation', ACTIVATIONS, 'linear'))];
    }
    case 'Dense': {
      r.must('use_bias', true);
      const own = Dense({ units: r.number('units') });
      return [own, ...activationLayer(r.text('activation', ACTIVATIONS, 'linear'))];
    }
    case 'BatchNormalization': {
      r.must('center', true);
      r.must('scale', true);
      const raw = r.raw('axis') ?? -1;
      const axis = Array.isArray(raw) && raw.length === 1 ? (raw[0] as unknown) : raw;
      if (axis !== -1 && axis !== input.length) r.fail('axis', `only the last one, -1 or ${input.length}`);
      return [
        BatchNormalization({ momentum: r.number('momentum', 0.99), epsilon: r.number('epsilon', 1e-3) }),
      ];
    }
    case 'MaxPooling2D': {
      r.must('data_format', 'channels_last');
      const poolSize = r.square('pool_size', 2);
      const padding = r.text('padding', ['same', 'valid'], 'valid') as 'same' | 'valid';
      return [MaxPool2D({ poolSize, strides: r.square('strides', poolSize), padding })];
    }
    case 'ELU':
      return [ELU({ alpha: alphaOf(r) })];
    case 'ReLU':
      r.must('max_value');
      r.must('negative_slope', 0, [0]);
      r.must('threshold', 0);
      return [ReLU()];
    case 'Softmax':
      r.must('axis', -1);
      return [Softmax()];
    case 'Activation':
      return activationLayer(r.text('activation', ACTIVATIONS));
    case 'Dropout':
      return [Dropout({ rate: r.number('rate') })];
    case 'Flatten':
      r.must('data_format', 'channels_last');
      return [Flatten()];
    default:
      return r.fail('name', `its class is not; there are ${SUPPORTED}`);
  }
}

/** Keras 2 saved ELU's alpha as a number, or as an array of one in some versions. */
function alphaOf(r: Reader): number {
  const value = r.raw('alpha') ?? 1;
  if (typeof value === 'number') return value;
  return Array.isArray(value) && typeof value[0] === 'number'
    ? value[0]
    : r.fail('alpha', 'expected a number');
}

/**
 * A model from Keras's words.
 * @param source what to call the file in messages
 * Throws RunError that names layer, class and option of whatever is not supported.
 */
export function fromKeras(json: unknown, source: string): Sequential {
  const { class_name: kind, config } = (json ?? {}) as { class_name?: string; config?: unknown };
  if (kind !== 'Sequential') {
    throw new RunError(
      `${source}: a ${kind ?? 'file without a'} model; only Sequential ones are supported so far`,
    );
  }
  // Old versions wrote the bare list of layers.
  const body = (Array.isArray(config) ? { layers: config } : config) as {
    name?: string;
    layers?: KerasLayer[];
  };
  const entries = body.layers ?? [];
  const input = inputShape(entries, source);
  const layers: Layer[] = [];
  const names: string[] = [];
  let shape = input;
  for (const { class_name, config: settingsOf } of entries) {
    if (class_name === 'InputLayer') continue;
    const reader = new Reader(class_name, settingsOf, source);
    const own = layersOf(reader, shape);
    reader.finish();
    own.forEach((layer, i) => {
      layers.push(layer);
      names.push(i === 0 ? reader.name : `${reader.name}_${layer.kind.toLowerCase()}`);
      shape = layer.outputShape(shape);
    });
  }
  if (layers.at(-1)?.kind !== 'Softmax') {
    throw new RunError(`${source}: the model does not end in a softmax; only classifiers are supported`);
  }
  return new Sequential(body.name ?? 'model', input, layers, names);
}

function inputShape(layers: readonly KerasLayer[], source: string): Shape {
  const config = layers[0]?.config ?? {};
  const batch = config['batch_input_shape'] ?? config['batch_shape'];
  const shape = Array.isArray(batch) ? batch.slice(1) : [];
  if (shape.length !== 3 || !shape.every((n) => Number.isInteger(n) && n > 0)) {
    throw new RunError(
      `${source}: input shape ${JSON.stringify(batch)}; expected [null, height, width, channels]`,
    );
  }
  return shape as number[];
}
