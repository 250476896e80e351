import { BatchNormalization, Normalization, Rescaling } from '../../nn/layers.js';
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
  return graph.add('BatchNormalization', name, [x, ...own, ...moving], { epsilon });
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

/** One number for all channels, or a list with one for each. */
function numbersOf(r: ConfigReader, option: string, otherwise: number | undefined): number | number[] {
  const value = r.raw(option) ?? otherwise;
  const list = [value].flat(4);
  if (!list.every((n) => typeof n === 'number' && Number.isFinite(n))) r.fail(option, 'expected numbers');
  const numbers = list as number[];
  return numbers.length === 1 ? (numbers[0] as number) : numbers;
}

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
      beta_initializer: INITIALIZERS['zeros'],
      gamma_initializer: INITIALIZERS['ones'],
      moving_mean_initializer: INITIALIZERS['zeros'],
      moving_variance_initializer: INITIALIZERS['ones'],
      beta_regularizer: null,
      gamma_regularizer: null,
      beta_constraint: null,
      gamma_constraint: null,
    }),
    onnx: (graph, placed, [x = '']) => addNorm(graph, placed, x),
  },
  Rescaling: {
    options: 'all; right behind the input it may be a preprocessing (below)',
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
    options: 'of the last axis, with weights (after `adapt`, or of a file), no `invert`',
    read: (r, input) => {
      const axis = r.raw('axis');
      if ([axis ?? []].flat().some((one) => one !== -1 && one !== input.length) || axis === null)
        r.fail('axis', `only -1 or ${input.length}`);
      for (const option of ['mean', 'variance']) r.must(option);
      r.must('invert', false);
      return Normalization();
    },
    write: () => ({ axis: [-1], invert: false, mean: null, variance: null }),
    onnx: (graph, placed, [x = '']) => {
      const [mean, variance] = [graph.data(`${placed.name}/mean`), graph.data(`${placed.name}/variance`)];
      const scale = variance.map((v) => 1 / Math.max(Math.sqrt(v), 1e-7));
      return addAffine(graph, placed, x, [scale, mean.map((m, i) => -m * (scale[i] as number))]);
    },
  },
};
