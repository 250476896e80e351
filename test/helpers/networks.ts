import { type Shape, sizeOf } from '../../src/gpu/shape.js';
import { buildHybrid } from '../../src/nn/hybrid.js';
import { fans } from '../../src/nn/init.js';
import {
  Activation,
  Add,
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Cropping2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  ELU,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  LayerNormalization,
  LeakyReLU,
  MaxPooling2D,
  Multiply,
  Normalization,
  Permute,
  PReLU,
  ReLU,
  Rescaling,
  Reshape,
  SeparableConv2D,
  Softmax,
  SpatialDropout2D,
  ZeroPadding2D,
} from '../../src/nn/layers.js';
import { type GraphNode, Network } from '../../src/nn/network.js';
import type { NamedArray } from '../../src/nn/parameters.js';
import { Rng } from '../../src/util/random.js';

/** Random weights of the size that trained ones have; variances above 0. */
export function randomWeights(network: Network, seed = 5): Map<string, NamedArray> {
  const rng = new Rng(seed);
  return new Map(
    network.weights.map(({ name, shape }) => [
      name,
      {
        shape,
        data: Float32Array.from({ length: sizeOf(shape) }, () =>
          name.endsWith('variance') ? rng.uniform(0.5, 2) : rng.normal() * sigma(shape),
        ),
      },
    ]),
  );
}

const sigma = (shape: Shape): number => Math.min(0.3, 1.5 / Math.sqrt(fans(shape).fanIn));

/**
 * The shape of public FER networks of the kind "mini-Xception" (Arriaga et al. 2017), smaller: separable convolutions with
 * a skip connection around each pair, and a global average at the end.
 */
export function miniXception(input: readonly number[] = [64, 64, 1], filters = [8, 16]): Network {
  const nodes: GraphNode[] = [
    { layer: Conv2D({ filters: 4, padding: 'valid', useBias: false }) },
    { layer: BatchNormalization() },
    { layer: Activation({ activation: 'relu' }) },
  ];
  for (const count of filters) {
    const start = nodes.length - 1;
    nodes.push(
      { layer: Conv2D({ filters: count, kernelSize: 1, strides: 2, useBias: false }), inputs: [start] },
      { layer: BatchNormalization() },
      { layer: SeparableConv2D({ filters: count, useBias: false }), inputs: [start] },
      { layer: BatchNormalization() },
      { layer: Activation({ activation: 'relu' }) },
      { layer: SeparableConv2D({ filters: count, useBias: false }) },
      { layer: BatchNormalization() },
      { layer: MaxPooling2D({ poolSize: 3, strides: 2, padding: 'same' }) },
      { layer: Add(), inputs: [start + 8, start + 2] },
    );
  }
  nodes.push(
    { layer: Conv2D({ filters: 7 }) },
    { layer: GlobalAveragePooling2D() },
    { layer: Activation({ activation: 'softmax' }), name: 'predictions' },
  );
  return new Network('mini_xception', input, nodes);
}

/**
 * Every layer and option that is not in the built-in networks, with branches, on odd extents; 5 classes.
 * @param axis of one batch norm: ONNX has the last alone
 */
export function everything(axis = 1): Network {
  return new Network(
    'everything',
    [11, 9, 3],
    [
      { layer: ZeroPadding2D({ padding: [1, 0, 2, 1] }) },
      { layer: Conv2D({ filters: 4, kernelSize: [3, 5], activation: 'leaky_relu' }) },
      { layer: SpatialDropout2D({ rate: 0 }) },
      { layer: DepthwiseConv2D({ depthMultiplier: 2, activation: 'elu' }) },
      { layer: BatchNormalization({ scale: false }) },
      { layer: AveragePooling2D({ poolSize: 3, strides: 1, padding: 'same' }) },
      {
        layer: SeparableConv2D({ filters: 8, kernelSize: 5, depthMultiplier: 2, activation: 'tanh' }),
        inputs: [3],
      },
      { layer: ReLU({ maxValue: 0.8, negativeSlope: 0.1 }), inputs: [4] },
      // The LeakyReLU's gradient comes back to layer 5 while layer 6 still waits for the one that both got of the sum.
      { layer: LeakyReLU(), inputs: [5] },
      { layer: Add(), inputs: [5, 6] },
      { layer: Add(), inputs: [9, 8, 7] },
      { layer: Concatenate(), inputs: [10, 5] },
      { layer: BatchNormalization({ center: false, axis }) },
      { layer: Activation({ activation: 'sigmoid' }) },
      { layer: MaxPooling2D({ poolSize: 2, strides: 2, padding: 'same' }) },
      { layer: Flatten() },
      { layer: Dense({ units: 6, useBias: false, activation: 'softmax' }) },
      { layer: Dropout({ rate: 0 }) },
      { layer: Dense({ units: 6, activation: 'relu6' }) },
      { layer: ELU({ alpha: 0.5 }) },
      { layer: Add(), inputs: [17, 19] },
      { layer: Concatenate(), inputs: [20, 18] },
      { layer: Dense({ units: 5, activation: 'softmax' }) },
    ],
  );
}

/** The layers that networks of others have besides, with branches, on odd extents; 4 classes. */
export function others(): Network {
  return new Network(
    'others',
    [10, 15, 3],
    [
      { layer: Rescaling({ scale: [0.5, 0.25, 2], offset: [0.1, -0.2, 0] }) },
      { layer: Cropping2D({ cropping: [1, 0, 2, 1] }) },
      { layer: Normalization() },
      { layer: Conv2D({ filters: 6, dilationRate: [2, 1], activation: 'silu' }) },
      { layer: Conv2D({ filters: 6, groups: 3, strides: [1, 2], useBias: false, padding: 'valid' }) },
      { layer: PReLU({ shared: true }) },
      { layer: LayerNormalization({ epsilon: 0.01 }) },
      { layer: DepthwiseConv2D({ dilationRate: [1, 2], kernelSize: [2, 3] }) },
      { layer: SeparableConv2D({ filters: 6, dilationRate: 2, padding: 'same', depthMultiplier: 2 }) },
      { layer: MaxPooling2D({ poolSize: [2, 3], strides: [1, 2] }) },
      // Squeeze and excitation.
      { layer: GlobalAveragePooling2D() },
      { layer: Reshape({ targetShape: [1, 1, -1] }) },
      { layer: Conv2D({ filters: 6, kernelSize: 1, activation: 'sigmoid' }) },
      { layer: Multiply(), inputs: [9, 12] },
      { layer: Permute({ dims: [3, 1, 2] }) },
      { layer: PReLU() },
      { layer: AveragePooling2D({ poolSize: [2, 1], padding: 'same' }) },
      { layer: GlobalMaxPooling2D({ keepdims: true }), inputs: [13] },
      { layer: Flatten() },
      { layer: Dense({ units: 5, activation: 'gelu' }), inputs: [18] },
      { layer: Flatten(), inputs: [16] },
      { layer: Dense({ units: 5, activation: 'selu' }) },
      { layer: LayerNormalization({ scale: false }) },
      { layer: Multiply(), inputs: [19, 22] },
      { layer: LayerNormalization({ center: false }) },
      { layer: Dense({ units: 4, activation: 'log_sigmoid' }) },
      { layer: Softmax() },
    ],
  );
}

/** A small network that looks at pixels, local binary patterns, or both. */
export function hybrid(raw = true, input: readonly number[] = [16, 14, 1]): Network {
  const trunk = [Conv2D({ filters: 4, strides: 2 }), ELU(), BatchNormalization(), Flatten()];
  const head = [Dense({ units: 6 }), ELU(), BatchNormalization(), Dense({ units: 7, activation: 'softmax' })];
  const bins = [0, 1, 5, 57, 58, 60, 117, 131, 175, 200, 235];
  return buildHybrid('hybrid', input, { trunk, head }, { raw, lbp: { radius: 1, cells: 2, bins } });
}

/** Images of normal values, and labels of three classes. */
export function randomBatch(network: Network, count: number, seed = 1): [Float32Array, Uint32Array] {
  const rng = new Rng(seed);
  const size = sizeOf(network.inputShape);
  return [
    Float32Array.from({ length: count * size }, () => rng.normal()),
    Uint32Array.from({ length: count }, () => rng.int(3)),
  ];
}
