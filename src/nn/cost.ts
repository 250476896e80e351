import { type Shape, sizeOf } from '../gpu/shape.js';
import { type Extent, pairOf } from './layers.js';
import { IMAGES, type Network, type PlacedLayer } from './network.js';

/** The cost of a layer for one image in a forward pass. */
export interface LayerCost {
  /** Floating-point operations; a multiply-add counts as two. Layers that inference skips cost nothing. */
  readonly flop: number;
  /** Size of its output as float32. */
  readonly bytes: number;
}

/** The costs of all layers, in order. A training step needs about three times as many operations. */
export function networkCosts({ layers }: Network): LayerCost[] {
  return layers.map(layerCost);
}

/** Operations per output value of layers whose weights do not determine the cost. */
const PER_VALUE: Readonly<Record<string, number>> = {
  ...{ Activation: 1, ELU: 1, ReLU: 1, LeakyReLU: 1, Softmax: 3 },
  BatchNormalization: 2, // a scale and an offset, in inference
};

function layerCost({ layer, weights, inputShape, outputShape, inputs }: PlacedLayer): LayerCost {
  const size = sizeOf(outputShape);
  const { poolSize, activation = 'linear' } = layer.config;
  let flop = size * (PER_VALUE[layer.kind] ?? 0);
  for (const { name, shape } of weights) flop += weightFlop(name, shape, outputShape);
  if (typeof poolSize === 'number') flop += size * poolSize ** 2;
  if (layer.kind === 'GlobalAveragePooling2D') flop += sizeOf(inputShape);
  if (layer.kind === 'Add') flop += size * (inputs.length - 1);
  if (layer.kind !== 'Activation' && activation !== 'linear') flop += size;
  return { flop, bytes: 4 * size };
}

/** Each weight of a kernel is used once per output pixel. A bias is added to every output value. */
function weightFlop(name: string, shape: Shape, output: Shape): number {
  if (name.endsWith('kernel')) return 2 * sizeOf(shape) * (sizeOf(output) / (output.at(-1) ?? 1));
  return name.endsWith('bias') ? sizeOf(output) : 0;
}

/**
 * The receptive field of each layer: how many pixels of the image, along one edge, influence one output value. Where
 * branches meet, the widest counts. Undefined for layers whose output is not a map: their values depend on all pixels.
 */
export function receptiveFields({ layers }: Network): (number | undefined)[] {
  const views = new Map([[IMAGES, { seen: 1, jump: 1 }]]);
  return layers.map(({ layer: { config }, inputs, outputShape }, i) => {
    const [widest] = inputs.flatMap((from) => views.get(from) ?? []).sort((a, b) => b.seen - a.seen);
    if (outputShape.length < 3 || widest === undefined) return undefined;
    const { kernelSize, poolSize = 1, strides } = config;
    const window = Math.max(...pairOf((kernelSize ?? poolSize) as Extent));
    const seen = widest.seen + (window - 1) * widest.jump;
    views.set(i, { seen, jump: widest.jump * (typeof strides === 'number' ? strides : 1) });
    return seen;
  });
}
