import { convGeometry } from '../gpu/kernels/conv2d_geometry.js';
import { poolGeometry } from '../gpu/kernels/max_pool2d.js';
import type { Padding, Shape } from '../gpu/shape.js';
import type { NamedArrays } from '../nn/parameters.js';
import type { PlacedLayer, Sequential } from '../nn/sequential.js';
import { RunError } from '../util/errors.js';

/**
 * Networks as ONNX files (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3), in the few fields that they need:
 * protocol buffers are pairs of a field's number with its wire type, and a value.
 * The input stays what ours is, `images` [batch, H, W, C], preprocessed; the output is `probabilities` [batch, classes].
 * ONNX convolves in NCHW, so there is a transposition at the beginning and one before Flatten.
 */
const IR_VERSION = 8;
const OPERATOR_SET = 13;
const FLOAT = 1;
/** Kinds of attributes. */
const KIND = { float: 1, int: 2, ints: 7 } as const;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const integer = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);

function bytes(field: number, value: string | Uint8Array): Buffer {
  const data = Buffer.from(value as string);
  return Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);
}

const message = (field: number, ...parts: Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

function float(field: number, value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), data]);
}

type Attributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

function attribute([name, value]: [string, Attributes[string]]): Buffer {
  if (typeof value === 'number') return message(5, bytes(1, name), integer(3, value), integer(20, KIND.int));
  if ('float' in value) return message(5, bytes(1, name), float(2, value.float), integer(20, KIND.float));
  return message(5, bytes(1, name), ...value.map((n) => integer(8, n)), integer(20, KIND.ints));
}

function node(type: string, inputs: readonly string[], output: string, attributes: Attributes): Buffer {
  return message(
    1,
    ...inputs.map((name) => bytes(1, name)),
    bytes(2, output),
    bytes(3, output),
    bytes(4, type),
    ...Object.entries(attributes).map(attribute),
  );
}

function value(field: number, name: string, dims: readonly (number | string)[]): Buffer {
  const shape = dims.map((d) => message(1, typeof d === 'string' ? bytes(2, d) : integer(1, d)));
  return message(field, bytes(1, name), message(2, message(1, integer(1, FLOAT), message(2, ...shape))));
}

function tensor(name: string, dims: Shape, data: Float32Array): Buffer {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, ...dims.map((d) => integer(1, d)), integer(2, FLOAT), bytes(8, name), bytes(9, raw));
}

/** The graph while it is written: what was made last is what the next node takes. */
class Graph {
  readonly nodes: Buffer[] = [];
  readonly tensors: Buffer[] = [];
  last = 'images';

  add(type: string, output: string, weights: readonly string[] = [], attributes: Attributes = {}): void {
    this.nodes.push(node(type, [this.last, ...weights], output, attributes));
    this.last = output;
  }

  weight(name: string, dims: Shape, data: Float32Array): string {
    this.tensors.push(tensor(name, dims, data));
    return name;
  }
}

/** @param notes go into the file as metadata: classes, preprocessing. Throws RunError for a layer without a counterpart. */
export function toOnnx(
  network: Sequential,
  weights: NamedArrays,
  notes: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = new Graph();
  if (network.inputShape.length === 3) graph.add('Transpose', 'nchw', [], { perm: [0, 3, 1, 2] });
  let shape = network.inputShape;
  for (const placed of network.layers) {
    addLayer(graph, placed, shape, weights);
    shape = placed.outputShape;
  }
  const parts = [
    ...graph.nodes,
    bytes(2, network.name),
    ...graph.tensors,
    value(11, 'images', ['batch', ...network.inputShape]),
    value(12, graph.last, ['batch', ...network.outputShape]),
  ];
  return Buffer.concat([
    integer(1, IR_VERSION),
    bytes(2, 'fer-tui'),
    message(7, ...parts),
    message(8, integer(2, OPERATOR_SET)),
    ...Object.entries(notes).map(([key, text]) => message(14, bytes(1, key), bytes(2, text))),
  ]);
}

function addLayer(
  graph: Graph,
  { name, layer, weights: specs }: PlacedLayer,
  input: Shape,
  all: NamedArrays,
): void {
  const { kind, config } = layer;
  const data = (word: string): Float32Array => {
    const array = all.get(`${name}/${word}`);
    if (array === undefined) throw new RunError(`weights of ${name}/${word} are missing`);
    return array.data;
  };
  const vector = (word: string): string => graph.weight(`${name}/${word}`, [data(word).length], data(word));
  switch (kind) {
    case 'Conv2D': {
      const kernel = specs[0]?.shape ?? [];
      const options = { stride: Number(config['strides']), padding: config['padding'] as Padding };
      const g = convGeometry([1, ...input], kernel, options);
      const pads = padsOf(g.h, g.oh, g.kh, options.stride, g.pad_top, g.w, g.ow, g.kw, g.pad_left);
      const turned = toOihw(data('kernel'), g.kh, g.kw, g.ic, g.oc);
      const own = [graph.weight(`${name}/kernel`, [g.oc, g.ic, g.kh, g.kw], turned)];
      if (config['useBias']) own.push(vector('bias'));
      graph.add('Conv', name, own, { kernel_shape: [g.kh, g.kw], strides: [g.stride, g.stride], pads });
      return;
    }
    case 'MaxPooling2D': {
      const [size, stride] = [Number(config['poolSize']), Number(config['strides'])];
      const g = poolGeometry([1, ...input], { size, stride, padding: config['padding'] as Padding });
      const pads = padsOf(g.h, g.oh, size, stride, g.pad_top, g.w, g.ow, size, g.pad_left);
      graph.add('MaxPool', name, [], { kernel_shape: [size, size], strides: [stride, stride], pads });
      return;
    }
    case 'BatchNormalization': {
      if (config['axis'] !== -1)
        throw new RunError(`layer "${name}": ONNX export knows batch norm of the last axis only`);
      const own = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(vector);
      graph.add('BatchNormalization', name, own, { epsilon: { float: Number(config['epsilon']) } });
      return;
    }
    case 'ELU':
      graph.add('Elu', name, [], { alpha: { float: Number(config['alpha']) } });
      return;
    case 'ReLU':
      graph.add('Relu', name);
      return;
    case 'Flatten':
      graph.add('Transpose', `${name}/nhwc`, [], { perm: [0, 2, 3, 1] });
      graph.add('Flatten', name);
      return;
    case 'Dense':
      graph.add('Gemm', name, [
        graph.weight(`${name}/kernel`, specs[0]?.shape ?? [], data('kernel')),
        vector('bias'),
      ]);
      return;
    case 'Softmax':
      graph.add('Softmax', 'probabilities', [], { axis: 1 });
      return;
    case 'Dropout':
      return; // does nothing in inference
    default:
      throw new RunError(`layer "${name}" (${kind}): it cannot be written as ONNX`);
  }
}

/** ONNX's [top, left, bottom, right]; the part after the image is what is left of the whole. */
function padsOf(
  h: number,
  oh: number,
  kh: number,
  stride: number,
  top: number,
  w: number,
  ow: number,
  kw: number,
  left: number,
): number[] {
  const after = (extent: number, out: number, k: number, before: number): number =>
    Math.max(0, (out - 1) * stride + k - extent - before);
  return [top, left, after(h, oh, kh, top), after(w, ow, kw, left)];
}

/** [KH, KW, IC, OC] -> [OC, IC, KH, KW]. */
function toOihw(kernel: Float32Array, kh: number, kw: number, ic: number, oc: number): Float32Array {
  const taps = kh * kw;
  const out = new Float32Array(kernel.length);
  for (let t = 0; t < taps; t++) {
    for (let c = 0; c < ic; c++) {
      for (let o = 0; o < oc; o++) out[(o * ic + c) * taps + t] = kernel[(t * ic + c) * oc + o] as number;
    }
  }
  return out;
}
