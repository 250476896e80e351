import { IMAGES, type Network, type PlacedLayer } from './network.js';
import type { NamedArray, NamedArrays } from './parameters.js';

/** Layers whose output grows by the same positive factor as their input. */
const HOMOGENEOUS: ReadonlySet<string> = new Set([
  'AveragePooling2D',
  'Dropout',
  'Flatten',
  'GlobalAveragePooling2D',
  'MaxPooling2D',
  'SpatialDropout2D',
]);

/** Layers whose output is linear in two weights: a factor and a summand. */
const LINEAR: Readonly<Record<string, readonly [factor: string, summand: string]>> = {
  BatchNormalization: ['gamma', 'beta'],
  Conv2D: ['kernel', 'bias'],
  Dense: ['kernel', 'bias'],
  DepthwiseConv2D: ['depthwise_kernel', 'bias'],
  SeparableConv2D: ['pointwise_kernel', 'bias'],
};

/** A change of logits z to z * factor + offsets. */
export interface LogitChange {
  /** Above 0. */
  readonly factor: number;
  /** One for each output; default: none. */
  readonly offsets?: readonly number[] | undefined;
}

/**
 * Weights with which a network computes the changed logits. They differ from the given ones only in the last layer with weights.
 * @returns undefined if the logits are not linear in the weights of one layer, as in a network that ends in `Add`, or if there are
 * offsets and no bias to add them to
 */
export function changeLogits(
  network: Network,
  weights: NamedArrays,
  { factor, offsets }: LogitChange,
): NamedArrays | undefined {
  const layer = logitLayer(network);
  const parts = LINEAR[layer?.layer.kind ?? ''];
  if (layer === undefined || parts === undefined) return undefined;
  const [multiplied, added] = parts.map((part) => `${layer.name}/${part}`) as [string, string];
  // Batch normalisation without gamma, for example, cannot be scaled.
  if (!layer.weights.some(({ name }) => name === multiplied)) return undefined;
  if (offsets !== undefined && weights.get(added)?.data.length !== offsets.length) return undefined;
  const changed = (name: string, { shape, data }: NamedArray): NamedArray => {
    if (name === multiplied) return { shape, data: data.map((value) => value * factor) };
    if (name === added) return { shape, data: data.map((value, i) => value * factor + (offsets?.[i] ?? 0)) };
    return { shape, data };
  };
  return new Map([...weights].map(([name, array]) => [name, changed(name, array)]));
}

/** The layer in whose weights the logits are linear; a final softmax is skipped. Undefined if branches join or fork after it. */
function logitLayer({ layers }: Network): PlacedLayer | undefined {
  const last = layers.length - 1;
  const uses = (position: number): number => layers.filter(({ inputs }) => inputs.includes(position)).length;
  for (let position = last; position !== IMAGES; ) {
    const placed = layers[position];
    if (placed === undefined || placed.inputs.length > 1 || uses(position) > 1) return undefined;
    const { kind, config } = placed.layer;
    const { activation = 'linear' } = config;
    const ends = position === last;
    if (activation !== 'linear' && !(ends && activation === 'softmax')) return undefined;
    if (kind in LINEAR) return placed;
    const passes = kind === 'Activation' || HOMOGENEOUS.has(kind) || (ends && kind === 'Softmax');
    if (!passes) return undefined;
    position = placed.inputs[0];
  }
  return undefined;
}
