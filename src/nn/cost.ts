import { type Extent, pairOf, type Shape, sizeOf } from '../gpu/shape.js';
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
  ...{
    Activation: 1,
    ELU: 1,
    ReLU: 1,
    LeakyReLU: 1,
    PReLU: 1,
    Softmax: 3,
    Rescaling: 2,
    Normalization: 2,
    LayerNormalization: 6,
  },
  BatchNormalization: 2, // a scale and an offset, in inference
};

function layerCost({ layer, weights, inputShape, outputShape, inputs }: PlacedLayer): LayerCost {
  const size = sizeOf(outputShape);
  const { poolSize, activation = 'linear' } = layer.config;
  let flop = size * (PER_VALUE[layer.kind] ?? 0);
  for (const { name, shape } of weights) flop += weightFlop(name, shape, outputShape);
  if (poolSize !== undefined) flop += size * sizeOf(pairOf(poolSize as Extent));
  if (layer.kind.startsWith('Global')) flop += sizeOf(inputShape);
  if (layer.kind === 'Add' || layer.kind === 'Multiply') flop += size * (inputs.length - 1);
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
    const { kernelSize, poolSize = 1, strides = 1, dilationRate = 1 } = config;
    const window = pairOf((kernelSize ?? poolSize) as Extent);
    const taps = pairOf(dilationRate as Extent).map((apart, axis) => ((window[axis] ?? 1) - 1) * apart);
    const seen = widest.seen + Math.max(...taps) * widest.jump;
    views.set(i, { seen, jump: widest.jump * Math.max(...pairOf(strides as Extent)) });
    return seen;
  });
}
