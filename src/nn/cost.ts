import { type Shape, sizeOf } from '../gpu/shape.js';
import type { PlacedLayer, Sequential } from './sequential.js';

/** What a layer costs for one image in a forward pass. */
export interface LayerCost {
  /** Floating-point operations; a multiplication with its addition is two. What inference leaves out is free. */
  readonly flop: number;
  /** Of its output, as float32. */
  readonly bytes: number;
}

/** The costs of all layers, in order. Training takes about three times as many operations. */
export function networkCosts({ layers, inputShape }: Sequential): LayerCost[] {
  return layers.map((placed, i) => layerCost(placed, layers[i - 1]?.outputShape ?? inputShape));
}

/** Operations for each value of the output, of layers that have no weights. */
const PER_VALUE: Readonly<Record<string, number>> = {
  ...{ Activation: 1, ELU: 1, ReLU: 1, LeakyReLU: 1, Softmax: 3, Add: 1 },
  BatchNormalization: 2, // a scale and an offset, in inference
};

function layerCost({ layer, weights, outputShape }: PlacedLayer, inputShape: Shape): LayerCost {
  const size = sizeOf(outputShape);
  const { poolSize, activation = 'linear' } = layer.config;
  let flop = size * (PER_VALUE[layer.kind] ?? 0);
  for (const { name, shape } of weights) flop += weightFlop(name, shape, outputShape);
  if (typeof poolSize === 'number') flop += size * poolSize ** 2;
  if (layer.kind === 'GlobalAveragePooling2D') flop += sizeOf(inputShape);
  if (layer.kind !== 'Activation' && activation !== 'linear') flop += size;
  return { flop, bytes: 4 * size };
}

/** A kernel's weights are used once for every place of the output; a bias is added to every value. */
function weightFlop(name: string, shape: Shape, output: Shape): number {
  if (name.endsWith('kernel')) return 2 * sizeOf(shape) * (sizeOf(output) / (output.at(-1) ?? 1));
  return name.endsWith('bias') ? sizeOf(output) : 0;
}

/**
 * How many pixels of the image, along an edge, one value of each layer's output can see; undefined from where maps
 * end: those values see all of it.
 */
export function receptiveFields({ layers }: Sequential): (number | undefined)[] {
  let seen: number | undefined = 1;
  let jump = 1;
  return layers.map(({ layer: { config }, outputShape }) => {
    if (outputShape.length < 3) seen = undefined;
    if (seen === undefined) return undefined;
    const { kernelSize, poolSize, strides } = config;
    const window = kernelSize ?? poolSize;
    if (typeof window === 'number') seen += (window - 1) * jump;
    if (typeof strides === 'number') jump *= strides;
    return seen;
  });
}
