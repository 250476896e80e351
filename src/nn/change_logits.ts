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

/** The weights that a layer's output is linear in: what multiplies, and what is added. */
const LINEAR: Readonly<Record<string, readonly [factor: string, summand: string]>> = {
  BatchNormalization: ['gamma', 'beta'],
  Conv2D: ['kernel', 'bias'],
  Dense: ['kernel', 'bias'],
  DepthwiseConv2D: ['depthwise_kernel', 'bias'],
  SeparableConv2D: ['pointwise_kernel', 'bias'],
};

/** What is done to logits z: z * factor + offsets. */
export interface LogitChange {
  /** Above 0. */
  readonly factor: number;
  /** One for each output; without, nothing is added. */
  readonly offsets?: readonly number[] | undefined;
}

/**
 * Weights with which a network's logits are changed. Only those of its last layer with weights change.
 * @returns undefined where the logits are not linear in the weights of one layer, as in a network that ends in `Add`, and where
 * offsets have no bias to go into
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

/** The layer whose weights the logits are linear in, behind a final softmax; undefined where branches meet or part. */
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
