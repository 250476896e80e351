import { type AveragePoolGeometry, averagePoolGeometry } from '../gpu/kernels/avg_pool2d.js';
import { convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import { depthwiseGeometry } from '../gpu/kernels/depthwise_conv2d.js';
import type { Padding, Shape } from '../gpu/shape.js';
import { IMAGES, type Network, type PlacedLayer } from '../nn/network.js';
import type { ActivationName } from '../nn/ops/activation.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { type Attributes, model, node, tensor, value } from './onnx_proto.js';

/**
 * Networks as ONNX files.
 * The input stays what ours is, `images` [batch, H, W, C], preprocessed; the output is `probabilities` [batch, classes].
 * ONNX convolves in NCHW, so there is a transposition at the beginning and one before Flatten.
 */
const [INPUT, OUTPUT] = ['images', 'probabilities'];

/** The graph while it is written. */
class Graph {
  readonly parts: Buffer[] = [];

  constructor(private readonly weights: NamedArrays) {}

  /** Adds an operator; returns its output, which has its name. */
  add(type: string, output: string, inputs: readonly string[], attributes: Attributes = {}): string {
    this.parts.push(node(type, inputs, output, attributes));
    return output;
  }

  constant(name: string, dims: Shape, data: Float32Array | BigInt64Array): string {
    this.parts.push(tensor(name, dims, data));
    return name;
  }

  /** A weight's numbers, by its full name. */
  data(name: string): Float32Array {
    const array = this.weights.get(name);
    if (array === undefined) throw new RunError(`weights of ${name} are missing`);
    return array.data;
  }

  vector(name: string): string {
    const data = this.data(name);
    return this.constant(name, [data.length], data);
  }
}

/** @param notes go into the file as metadata: classes, preprocessing. Throws RunError for a layer without a counterpart. */
export function toOnnx(
  network: Network,
  weights: NamedArrays,
  notes: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = new Graph(weights);
  const image = network.inputShape.length === 3;
  const start = image ? graph.add('Transpose', 'nchw', [INPUT], { perm: [0, 3, 1, 2] }) : INPUT;
  const outputs = new Map([[IMAGES, start]]);
  network.layers.forEach((placed, i) => {
    const inputs = placed.inputs.map((from) => outputs.get(from) as string);
    outputs.set(i, addLayer(graph, placed, inputs));
  });
  const last = outputs.get(network.layers.length - 1) as string;
  graph.add('Identity', OUTPUT, [last]);
  return model(
    network.name,
    [
      ...graph.parts,
      value(11, INPUT, ['batch', ...network.inputShape]),
      value(12, OUTPUT, ['batch', ...network.outputShape]),
    ],
    notes,
  );
}

/** Adds one layer, and its activation; returns the name of what comes out. */
function addLayer(graph: Graph, placed: PlacedLayer, inputs: readonly string[]): string {
  const { name, layer, inputShape: input } = placed;
  const { kind, config } = layer;
  const [x = INPUT] = inputs;
  const active = (y: string): string => addActivation(graph, name, y, config['activation'] as ActivationName);
  switch (kind) {
    case 'Conv2D':
      return active(addConvolution(graph, placed, x, 'kernel', name));
    case 'DepthwiseConv2D':
      return active(addDepthwise(graph, placed, x, name, true));
    case 'SeparableConv2D': {
      const apart = addDepthwise(graph, placed, x, `${name}/depthwise`, false);
      return active(addConvolution(graph, placed, apart, 'pointwise_kernel', name));
    }
    case 'Dense': {
      const kernel = `${name}/kernel`;
      const operands = [x, graph.constant(kernel, placed.weights[0]?.shape ?? [], graph.data(kernel))];
      if (config['useBias']) operands.push(graph.vector(`${name}/bias`));
      return active(graph.add('Gemm', name, operands));
    }
    case 'MaxPooling2D':
    case 'AveragePooling2D': {
      const size = Number(config['poolSize']);
      const options = { stride: Number(config['strides']), padding: config['padding'] as Padding };
      const g = averagePoolGeometry([1, ...input], { size: [size, size], ...options });
      return graph.add(kind === 'MaxPooling2D' ? 'MaxPool' : 'AveragePool', name, [x], windowOf(g));
    }
    case 'GlobalAveragePooling2D':
      return graph.add('Flatten', name, [graph.add('GlobalAveragePool', `${name}/mean`, [x])]);
    case 'BatchNormalization':
      return addNorm(graph, placed, x);
    case 'ELU':
      return graph.add('Elu', name, [x], { alpha: { float: Number(config['alpha']) } });
    case 'LeakyReLU':
      return graph.add('LeakyRelu', name, [x], { alpha: { float: Number(config['negativeSlope']) } });
    case 'ReLU': {
      const alpha = { float: Number(config['negativeSlope'] ?? 0) };
      const y = graph.add('LeakyRelu', `${name}/unbounded`, [x], { alpha });
      return atMost(graph, name, y, config['maxValue'] as number | undefined);
    }
    case 'Activation':
      return active(x);
    case 'Softmax':
      return addActivation(graph, name, x, 'softmax');
    case 'Flatten':
      return graph.add('Flatten', name, [
        input.length === 3 ? graph.add('Transpose', `${name}/nhwc`, [x], { perm: [0, 2, 3, 1] }) : x,
      ]);
    case 'Add':
      return graph.add('Sum', name, inputs);
    case 'ZeroPadding2D': {
      const [top = 0, bottom = 0, left = 0, right = 0] = config['padding'] as readonly number[];
      const pads = BigInt64Array.from([0, 0, top, left, 0, 0, bottom, right].map(BigInt));
      return graph.add('Pad', name, [x, graph.constant(`${name}/pads`, [8], pads)]);
    }
    case 'Dropout':
    case 'SpatialDropout2D':
      return x; // does nothing in inference
    default:
      throw new RunError(`layer "${name}" (${kind}): it cannot be written as ONNX`);
  }
}

function addActivation(graph: Graph, name: string, x: string, activation: ActivationName): string {
  const output = `${name}/${activation}`;
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return graph.add('Relu', output, [x]);
    case 'elu':
      return graph.add('Elu', output, [x], { alpha: { float: 1 } });
    case 'leaky_relu':
      return graph.add('LeakyRelu', output, [x], { alpha: { float: 0.2 } });
    case 'relu6':
      return atMost(graph, output, graph.add('Relu', `${output}/unbounded`, [x]), 6);
    case 'sigmoid':
      return graph.add('Sigmoid', output, [x]);
    case 'tanh':
      return graph.add('Tanh', output, [x]);
    case 'softmax':
      return graph.add('Softmax', output, [x], { axis: 1 }); // the channels, in NCHW too
  }
}

function atMost(graph: Graph, name: string, x: string, ceiling: number | undefined): string {
  if (ceiling === undefined) return x;
  return graph.add('Clip', name, [x, '', graph.constant(`${name}/max`, [], Float32Array.of(ceiling))]);
}

/** A convolution with all channels; the second half of a separable one has no window and no step of its own. */
function addConvolution(
  graph: Graph,
  { name, layer: { config }, inputShape, outputShape, weights }: PlacedLayer,
  x: string,
  kernel: 'kernel' | 'pointwise_kernel',
  output: string,
): string {
  const shape = weights.find((spec) => spec.name === `${name}/${kernel}`)?.shape ?? [];
  const pointwise = kernel === 'pointwise_kernel';
  const [oh = 1, ow = 1] = outputShape;
  const g = pointwise
    ? convGeometry([1, oh, ow, shape[2] ?? 1], shape)
    : convGeometry([1, ...inputShape], shape, optionsOf(config));
  const turned = toOihw(graph.data(`${name}/${kernel}`), g.kh * g.kw, g.ic, g.oc);
  const operands = [x, graph.constant(`${name}/${kernel}`, [g.oc, g.ic, g.kh, g.kw], turned)];
  if (config['useBias']) operands.push(graph.vector(`${name}/bias`));
  return graph.add('Conv', output, operands, windowOf(g));
}

/** A window a channel: [KH, KW, C, M] is a kernel of C groups, [C * M, 1, KH, KW]. */
function addDepthwise(
  graph: Graph,
  { name, layer: { config }, inputShape, weights }: PlacedLayer,
  x: string,
  output: string,
  biased: boolean,
): string {
  const g = depthwiseGeometry([1, ...inputShape], weights[0]?.shape ?? [], optionsOf(config));
  const kernel = `${name}/depthwise_kernel`;
  const turned = toOihw(graph.data(kernel), g.kh * g.kw, 1, g.oc);
  const operands = [x, graph.constant(kernel, [g.oc, 1, g.kh, g.kw], turned)];
  if (biased && config['useBias']) operands.push(graph.vector(`${name}/bias`));
  return graph.add('Conv', output, operands, { ...windowOf(g), group: g.c });
}

function addNorm(graph: Graph, { name, layer: { config }, weights }: PlacedLayer, x: string): string {
  if (config['axis'] !== -1) {
    throw new RunError(`layer "${name}": ONNX export knows batch norm of the last axis only`);
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

const optionsOf = (config: PlacedLayer['layer']['config']) => ({
  stride: Number(config['strides']),
  padding: config['padding'] as Padding,
});

/** Where a window steps over an image. */
type Window = Omit<AveragePoolGeometry, 'b' | 'c'>;

/** Its attributes; of ONNX's pads [top, left, bottom, right] the last two are what is left of the whole. */
function windowOf({ h, w, oh, ow, kh, kw, stride, pad_top: top, pad_left: left }: Window): Attributes {
  const after = (extent: number, out: number, k: number, before: number): number =>
    Math.max(0, (out - 1) * stride + k - extent - before);
  const pads = [top, left, after(h, oh, kh, top), after(w, ow, kw, left)];
  return { kernel_shape: [kh, kw], strides: [stride, stride], pads };
}

/** [taps, IC, OC] -> [OC, IC, taps]. */
function toOihw(kernel: Float32Array, taps: number, ic: number, oc: number): Float32Array {
  const out = new Float32Array(kernel.length);
  for (let t = 0; t < taps; t++) {
    for (let c = 0; c < ic; c++) {
      for (let o = 0; o < oc; o++) out[(o * ic + c) * taps + t] = kernel[(t * ic + c) * oc + o] as number;
    }
  }
  return out;
}
