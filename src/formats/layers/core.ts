import type { Shape } from '../../gpu/shape.js';
import {
  Add,
  BatchNormalization,
  Concatenate,
  Dense,
  Dropout,
  Flatten,
  SpatialDropout2D,
  ZeroPadding2D,
} from '../../nn/layers.js';
import type { PlacedLayer } from '../../nn/network.js';
import { RunError } from '../../util/errors.js';
import type { ConfigReader } from '../keras_config.js';
import type { OnnxGraph } from '../onnx_graph.js';
import { addNamed } from './activations.js';
import { CHANNELS_LAST, type FileLayers, INITIALIZERS, withInside, writeWeights } from './file_layer.js';

/** The axis of the channels, counted with the batch axis; -1 is the last. */
function readAxis(r: ConfigReader, input: Shape): number {
  const axis = r.number('axis', -1);
  if (axis === -1 || axis === input.length) return -1;
  return Number.isInteger(axis) && axis > 0 && axis < input.length
    ? axis
    : r.fail('axis', `only -1 or 1 to ${input.length}`);
}

/** Files store [[top, bottom], [left, right]]. */
function readMargins(r: ConfigReader): [number, number, number, number] {
  const raw = r.raw('padding') ?? 1;
  const pairs = Array.isArray(raw) ? (raw as unknown[]) : [raw, raw];
  const flat = pairs.flatMap((n) => (Array.isArray(n) ? (n as unknown[]) : [n, n]));
  const good =
    flat.length === 4 &&
    flat.every((n) => Number.isInteger(n) && (n as number) >= 0 && (n as number) <= 1000);
  return good ? (flat as [number, number, number, number]) : r.fail('padding', 'expected rows and columns');
}

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

/** [rows, columns] to [columns, rows]. */
function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c] as number;
  }
  return out;
}

/** Layers that have no effect in inference. */
const pass = (_: OnnxGraph, __: PlacedLayer, [x = '']: readonly string[]): string => x;

/** Dense layers, normalisation, dropout, and layers that reshape or combine values. */
export const CORE: FileLayers = {
  Dense: {
    options: 'input is a vector',
    read: (r) => {
      const inside = r.activation();
      const activation = typeof inside === 'string' ? inside : 'linear';
      const options = { units: r.count('units'), useBias: r.boolean('use_bias', true), activation };
      return withInside(
        Dense({ ...options, kernelInitializer: r.initializer('kernel_initializer') }),
        inside,
      );
    },
    write: (layer) => ({ units: layer.config['units'], ...writeWeights(layer, ['kernel']) }),
    onnx: (graph, placed, [x = '']) => {
      const { name, layer, weights } = placed;
      const kernel = `${name}/kernel`;
      const [inputs = 0, units = 0] = weights[0]?.shape ?? [];
      // One row for each unit, as PyTorch writes it: OpenCV's dnn reads no other.
      const turned = transposed(graph.data(kernel), inputs, units);
      const operands = [x, graph.constant(kernel, [units, inputs], turned)];
      if (layer.config['useBias']) operands.push(graph.vector(`${name}/bias`));
      return addNamed(graph, placed, graph.add('Gemm', name, operands, { transB: 1 }));
    },
  },
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
  Dropout: {
    options: 'no `noise_shape`',
    read: (r) => {
      r.must('noise_shape');
      return Dropout({ rate: r.within('rate', [0, 1]) });
    },
    write: ({ config: c }) => ({ rate: c['rate'], noise_shape: null, seed: null }),
    onnx: pass,
  },
  SpatialDropout2D: {
    options: 'no `noise_shape`',
    read: (r) => {
      r.must('noise_shape');
      r.must('data_format', 'channels_last');
      return SpatialDropout2D({ rate: r.within('rate', [0, 1]) });
    },
    write: ({ config: c }) => ({ rate: c['rate'], ...CHANNELS_LAST }),
    onnx: pass,
  },
  Flatten: {
    options: 'all',
    read: (r) => {
      r.must('data_format', 'channels_last');
      return Flatten();
    },
    write: () => CHANNELS_LAST,
    onnx: (graph, { name, inputShape }, [x = '']) =>
      graph.add('Flatten', name, [
        inputShape.length === 3 ? graph.add('Transpose', `${name}/nhwc`, [x], { perm: [0, 2, 3, 1] }) : x,
      ]),
  },
  Add: {
    options: 'all',
    read: () => Add(),
    write: () => ({}),
    onnx: (graph, { name }, inputs) => graph.add('Sum', name, inputs),
  },
  Concatenate: {
    options: 'the last axis; of vectors or of maps',
    read: (r, input) => {
      if (readAxis(r, input) !== -1) r.fail('axis', 'only the last axis');
      return Concatenate();
    },
    write: () => ({ axis: -1 }),
    // Maps are in NCHW.
    onnx: (graph, { name }, inputs) => graph.add('Concat', name, inputs, { axis: 1 }),
  },
  ZeroPadding2D: {
    options: 'all',
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
    onnx: (graph, { name, layer: { config } }, [x = '']) => {
      const [top = 0, bottom = 0, left = 0, right = 0] = config['padding'] as readonly number[];
      const pads = BigInt64Array.from([0, 0, top, left, 0, 0, bottom, right].map(BigInt));
      return graph.add('Pad', name, [x, graph.constant(`${name}/pads`, [8], pads)]);
    },
  },
};
