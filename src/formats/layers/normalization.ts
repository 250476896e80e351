import type { Layer } from '../../nn/layer.js';
import { BatchNormalization, LayerNormalization, Normalization, Rescaling } from '../../nn/layers.js';
import type { PlacedLayer } from '../../nn/network.js';
import { RunError } from '../../util/errors.js';
import type { ConfigReader } from '../keras_config.js';
import type { OnnxGraph } from '../onnx_graph.js';
import { type FileLayers, INITIALIZERS, readAxis } from './file_layer.js';

function addNorm(graph: OnnxGraph, { name, layer: { config }, weights }: PlacedLayer, x: string): string {
  if (config['axis'] !== -1) {
    throw new RunError(`layer "${name}": ONNX export supports batch normalisation of the last axis only`);
  }
  const channels = weights[0]?.shape[0] ?? 1;
  const or = (word: string, used: unknown, otherwise: number): string => {
    const full = `${name}/${word}`;
    return used
      ? graph.vector(full)
      : graph.constant(full, [channels], new Float32Array(channels).fill(otherwise));
  };
  const own = [or('gamma', config['scale'], 1), or('beta', config['center'], 0)];
  const moving = ['moving_mean', 'moving_variance'].map((word) => graph.vector(`${name}/${word}`));
  const epsilon = { float: Number(config['epsilon']) };
  // For Conv, ELU, BatchNormalization, OpenCV 5.0 wrongly fuses the normalisation with the convolution, unless another operator
  // is in between.
  const input = graph.typeOf(x) === 'Conv' ? x : graph.add('Identity', `${name}/input`, [x]);
  return graph.add('BatchNormalization', name, [input, ...own, ...moving], { epsilon });
}

/** x * scale + offset for each channel; maps are in NCHW. */
function addAffine(
  graph: OnnxGraph,
  { name, inputShape }: PlacedLayer,
  x: string,
  [scale, offset]: readonly [Float32Array, Float32Array],
): string {
  const shape = inputShape.length === 3 ? [scale.length, 1, 1] : [scale.length];
  const scaled = graph.add('Mul', `${name}/scaled`, [x, graph.constant(`${name}/scale`, shape, scale)]);
  return graph.add('Add', name, [scaled, graph.constant(`${name}/offset`, shape, offset)]);
}

/**
 * Layer normalisation from basic operators, because operator set 13 has no LayerNormalization. Channels are axis 1, in maps too.
 */
function addLayerNorm(graph: OnnxGraph, placed: PlacedLayer, [x = '']: readonly string[]): string {
  const { name, inputShape, layer } = placed;
  const of = (type: string, part: string, inputs: readonly string[]): string =>
    graph.add(type, `${name}/${part}`, inputs);
  const mean = (part: string, input: string): string =>
    graph.add('ReduceMean', `${name}/${part}`, [input], { axes: [1], keepdims: 1 });
  const centered = of('Sub', 'centered', [x, mean('mean', x)]);
  const variance = mean('variance', of('Mul', 'squares', [centered, centered]));
  const epsilon = graph.constant(`${name}/epsilon`, [], Float32Array.of(Number(layer.config['epsilon'])));
  const normal = of('Div', 'normal', [
    centered,
    of('Sqrt', 'std', [of('Add', 'positive', [variance, epsilon])]),
  ]);
  const channels = inputShape.at(-1) ?? 1;
  const values = (word: 'gamma' | 'beta', otherwise: number): Float32Array =>
    layer.config[word === 'gamma' ? 'scale' : 'center'] === true
      ? graph.data(`${name}/${word}`)
      : new Float32Array(channels).fill(otherwise);
  return addAffine(graph, placed, normal, [values('gamma', 1), values('beta', 0)]);
}

/** One number for all channels, or a list with one for each. */
function numbersOf(r: ConfigReader, option: string, otherwise: number | undefined): number | number[] {
  const value = r.raw(option) ?? otherwise;
  const list = [value].flat(4);
  if (!list.every((n) => typeof n === 'number' && Number.isFinite(n))) r.fail(option, 'expected numbers');
  const numbers = list as number[];
  return numbers.length === 1 ? (numbers[0] as number) : numbers;
}

/** A Normalization with given mean and variance, which are options instead of weights. */
function givenNumbers(r: ConfigReader): Layer {
  const list = (option: string): number[] => [numbersOf(r, option, undefined)].flat();
  const [means, variances] = [list('mean'), list('variance')];
  const channels = Math.max(means.length, variances.length);
  const of = (values: readonly number[], i: number): number =>
    values[values.length === 1 ? 0 : i] ?? Number.NaN;
  const scale = Array.from({ length: channels }, (_, i) => 1 / Math.max(Math.sqrt(of(variances, i)), 1e-7));
  const offset = scale.map((factor, i) => -of(means, i) * factor);
  if (![...scale, ...offset].every(Number.isFinite))
    r.fail('variance', 'expected numbers from 0 on, as many as in mean');
  const one = (values: number[]): number | number[] => (values.length === 1 ? (values[0] as number) : values);
  return Rescaling({ scale: one(scale), offset: one(offset) });
}

/** The options of gamma and beta in files. */
const TRAINED = {
  beta_initializer: INITIALIZERS['zeros'],
  gamma_initializer: INITIALIZERS['ones'],
  beta_regularizer: null,
  gamma_regularizer: null,
  beta_constraint: null,
  gamma_constraint: null,
};

/** Layers that shift and scale values. */
export const NORMALIZATION: FileLayers = {
  BatchNormalization: {
    options: 'any axis, with and without `center` and `scale`',
    read: (r, input) => {
      r.must('renorm', false);
      return BatchNormalization({
        axis: readAxis(r, input),
        momentum: r.within('momentum', [0, 1.001], 0.99),
        epsilon: r.within('epsilon', [0, 1000], 1e-3),
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
      ...TRAINED,
      moving_mean_initializer: INITIALIZERS['zeros'],
      moving_variance_initializer: INITIALIZERS['ones'],
    }),
    onnx: (graph, placed, [x = '']) => addNorm(graph, placed, x),
  },
  LayerNormalization: {
    options: 'of the last axis, with and without `center` and `scale`, no `rms_scaling`',
    read: (r, input) => {
      if ([r.raw('axis') ?? -1].flat().join() !== '-1' && [r.raw('axis')].flat().join() !== `${input.length}`)
        r.fail('axis', `only -1 or ${input.length}`);
      r.must('rms_scaling', false);
      return LayerNormalization({
        epsilon: r.within('epsilon', [0, 1000], 1e-3),
        center: r.boolean('center', true),
        scale: r.boolean('scale', true),
      });
    },
    write: ({ config: c }) => ({
      axis: [-1],
      epsilon: c['epsilon'],
      center: c['center'],
      scale: c['scale'],
      ...TRAINED,
    }),
    onnx: addLayerNorm,
  },
  Rescaling: {
    options: 'all; directly after the input it may be a preprocessing (below)',
    read: (r) => Rescaling({ scale: numbersOf(r, 'scale', undefined), offset: numbersOf(r, 'offset', 0) }),
    write: ({ config: c }) => ({ scale: c['scale'], offset: c['offset'] }),
    onnx: (graph, placed, [x = '']) => {
      const channels = placed.inputShape.at(-1) ?? 1;
      const each = (option: string): Float32Array => {
        const value = placed.layer.config[option] as number | readonly number[];
        return typeof value === 'number' ? new Float32Array(channels).fill(value) : Float32Array.from(value);
      };
      return addAffine(graph, placed, x, [each('scale'), each('offset')]);
    },
  },
  Normalization: {
    options: 'of the last axis, after `adapt` or with `mean` and `variance`, no `invert`',
    read: (r, input) => {
      const axis = r.raw('axis');
      if ([axis ?? []].flat().some((one) => one !== -1 && one !== input.length) || axis === null)
        r.fail('axis', `only -1 or ${input.length}`);
      r.must('invert', false);
      return (r.raw('mean') ?? r.raw('variance') ?? null) === null ? Normalization() : givenNumbers(r);
    },
    write: () => ({ axis: [-1], invert: false, mean: null, variance: null }),
    onnx: (graph, placed, [x = '']) => {
      const [mean, variance] = [graph.data(`${placed.name}/mean`), graph.data(`${placed.name}/variance`)];
      const scale = variance.map((v) => 1 / Math.max(Math.sqrt(v), 1e-7));
      return addAffine(graph, placed, x, [scale, mean.map((m, i) => -m * (scale[i] as number))]);
    },
  },
};
