import { type ActivationOp, NO_CEILING, type Settings } from '../../gpu/kernels/activations.js';
import type { Layer } from '../../nn/layer.js';
import { Activation, ELU, LeakyReLU, PReLU, ReLU, Rescaling, Softmax } from '../../nn/layers.js';
import type { PlacedLayer } from '../../nn/network.js';
import { ACTIVATION_NAMES, type ActivationName, pointwiseOf } from '../../nn/ops/activation.js';
import { type ConfigReader, HARD_SIGMOID, type KerasObject } from '../keras_config.js';
import type { OnnxGraph } from '../onnx_graph.js';
import { type FileLayers, INITIALIZERS } from './file_layer.js';

type AddActivation = (graph: OnnxGraph, output: string, x: string, settings: Settings) => string;

/** Each elementwise activation as ONNX operators. Returns the name of the output. */
const ONNX = {
  elu: (graph, output, x, { alpha = 1 }) => graph.add('Elu', output, [x], { alpha: { float: alpha } }),
  relu: (graph, output, x) => graph.add('Relu', output, [x]),
  leaky_relu: (graph, output, x, { slope = 0, ceiling = NO_CEILING }) => {
    const alpha = { float: slope };
    if (ceiling === NO_CEILING) return graph.add('LeakyRelu', output, [x], { alpha });
    const y = graph.add('LeakyRelu', `${output}/unbounded`, [x], { alpha });
    const most = graph.constant(`${output}/max`, [], Float32Array.of(ceiling));
    return graph.add('Clip', output, [y, '', most]);
  },
  sigmoid: (graph, output, x) => graph.add('Sigmoid', output, [x]),
  tanh: (graph, output, x) => graph.add('Tanh', output, [x]),
  silu: (graph, output, x) => graph.add('Mul', output, [x, graph.add('Sigmoid', `${output}/sigmoid`, [x])]),
  gelu: (graph, output, x) => {
    const number = (name: string, value: number): string =>
      graph.constant(`${output}/${name}`, [], Float32Array.of(value));
    const scaled = graph.add('Mul', `${output}/scaled`, [x, number('root', Math.SQRT1_2)]);
    const twice = graph.add('Add', `${output}/twice`, [
      graph.add('Erf', `${output}/erf`, [scaled]),
      number('one', 1),
    ]);
    return graph.add('Mul', output, [
      graph.add('Mul', `${output}/half`, [x, number('half_one', 0.5)]),
      twice,
    ]);
  },
  selu: (graph, output, x) => graph.add('Selu', output, [x]),
  log_sigmoid: (graph, output, x) =>
    graph.add('Log', output, [graph.add('Sigmoid', `${output}/sigmoid`, [x])]),
} satisfies Readonly<Record<ActivationOp, AddActivation>>;

/** Adds the `activation` of a layer, if it has one. */
export function addNamed(graph: OnnxGraph, { name, layer: { config } }: PlacedLayer, x: string): string {
  const activation = config['activation'] as ActivationName;
  const output = `${name}/${activation}`;
  if (activation === 'softmax') return graph.add('Softmax', output, [x], { axis: 1 }); // channels, in NCHW too
  const known = pointwiseOf(activation);
  if (known === undefined) return x;
  const add: AddActivation = ONNX[known.op];
  return add(graph, output, x, known.settings);
}

/** clip(slope * x + 0.5, 0, 1) as two layers. Keras 2 and Keras 3 use different slopes, so the name alone would be ambiguous. */
const hardSigmoid = ({ keras }: ConfigReader): [Layer, KerasObject] => [
  Rescaling({ scale: keras < 3 ? 0.2 : 1 / 6, offset: 0.5 }),
  { class_name: 'ReLU', config: { max_value: 1 } },
];

/** Activation layers. */
export const ACTIVATIONS: FileLayers = {
  Activation: {
    options: `${[...ACTIVATION_NAMES, HARD_SIGMOID].join(', ')}; in \`activation\` of other layers too, or there a layer of this table`,
    read: (r) => {
      if (r.raw('activation') === HARD_SIGMOID) return hardSigmoid(r);
      const inside = r.activation();
      return typeof inside === 'string'
        ? Activation({ activation: inside })
        : [Activation({ activation: 'linear' }), inside];
    },
    write: ({ config: c }) => ({ activation: c['activation'] }),
    onnx: (graph, placed, [x = '']) => addNamed(graph, placed, x),
  },
  ELU: {
    options: '`alpha`',
    read: (r) => ELU({ alpha: r.number('alpha', 1) }),
    write: ({ config: c }) => ({ alpha: c['alpha'] }),
    onnx: (graph, { name, layer: { config: c } }, [x = '']) =>
      ONNX.elu(graph, name, x, { alpha: Number(c['alpha']) }),
  },
  ReLU: {
    options: '`max_value`, `negative_slope`, no `threshold`',
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
    onnx: (graph, { name, layer: { config: c } }, [x = '']) =>
      ONNX.leaky_relu(graph, name, x, {
        slope: Number(c['negativeSlope'] ?? 0),
        ceiling: Number(c['maxValue'] ?? NO_CEILING),
      }),
  },
  LeakyReLU: {
    options: '`negative_slope`, which Keras 2 calls `alpha`',
    // Named `alpha` in Keras 2; Keras 3 accepts that, too.
    read: (r) => LeakyReLU({ negativeSlope: r.number('negative_slope', r.number('alpha', 0.3)) }),
    write: ({ config: c }) => ({ alpha: c['negativeSlope'] }),
    onnx: (graph, { name, layer: { config: c } }, [x = '']) =>
      ONNX.leaky_relu(graph, name, x, { slope: Number(c['negativeSlope']) }),
  },
  PReLU: {
    options: '`shared_axes` over the whole map, or none',
    read: (r, input) => {
      const axes = [r.raw('shared_axes') ?? []].flat();
      const inner = input.slice(1).map((_, i) => i + 1);
      const shared = axes.length > 0;
      if (shared && axes.join() !== inner.join())
        r.fail('shared_axes', `only [${inner.join(', ')}], or none`);
      return PReLU({ shared });
    },
    write: ({ config: c }, output) => ({
      alpha_initializer: INITIALIZERS['zeros'],
      alpha_regularizer: null,
      alpha_constraint: null,
      shared_axes: c['shared'] === true ? output.slice(1).map((_, i) => i + 1) : null,
    }),
    onnx: (graph, { name, weights }, [x = '']) => {
      const shape = weights[0]?.shape ?? [];
      const alpha = graph.data(`${name}/alpha`);
      const [h = 1, w = 1, c = 1] = shape;
      if (shape.length !== 3)
        return graph.add('PRelu', name, [x, graph.constant(`${name}/alpha`, shape, alpha)]);
      const turned = Float32Array.from(alpha, (_, i) => {
        const [channel, place] = [Math.floor(i / (h * w)), i % (h * w)];
        return alpha[place * c + channel] as number;
      });
      return graph.add('PRelu', name, [x, graph.constant(`${name}/alpha`, [c, h, w], turned)]);
    },
  },
  Softmax: {
    options: 'the last axis',
    read: (r, input) => {
      r.must('axis', -1, [-1], input.length, [input.length]);
      return Softmax();
    },
    write: () => ({ axis: -1 }),
    onnx: (graph, { name }, [x = '']) => graph.add('Softmax', `${name}/softmax`, [x], { axis: 1 }),
  },
};
