import type { Shape } from '../gpu/shape.js';
import { frozen, type Layer } from './layer.js';
import {
  BatchNormalization,
  Concatenate,
  LocalBinaryPatterns,
  type LocalBinaryPatternsOptions,
} from './layers.js';
import { type GraphNode, IMAGES, Network, Sequential } from './network.js';

/** Hand-designed features that a network uses. */
export interface DesignedFeatures {
  /** The local binary patterns. */
  readonly lbp: LocalBinaryPatternsOptions;
  /** Whether the network also has convolutions on the pixels. */
  readonly raw: boolean;
}

/** Names of the layers that make the features: the patterns, and their standardisation. */
export const [PATTERNS, STANDARDIZED] = ['lbp', 'lbp_standardized'];

/** Added to the variance of a feature, so that a very rare pattern does not become a huge value where it occurs. */
const EPSILON = 1e-6;

/**
 * A network that uses pixels, designed features, or both. The features are standardised with the statistics of the
 * training images: a frozen batch normalisation, whose moving averages are these statistics. Without `features`: the trunk
 * and the head alone.
 * @param trunk layers from the pixels to a vector @param head layers from the vector of all features to the classes
 */
export function buildHybrid(
  name: string,
  input: Shape,
  { trunk, head }: { readonly trunk: readonly Layer[]; readonly head: readonly Layer[] },
  features: DesignedFeatures | undefined,
): Network {
  if (features === undefined) return new Sequential(name, input, [...trunk, ...head]);
  const pixels = features.raw ? trunk : [];
  const designed: GraphNode[] = [
    { layer: LocalBinaryPatterns(features.lbp), name: PATTERNS, inputs: [IMAGES] },
    {
      layer: frozen(BatchNormalization({ center: false, scale: false, epsilon: EPSILON })),
      name: STANDARDIZED,
    },
  ];
  const joint = { layer: Concatenate(), inputs: [pixels.length - 1, pixels.length + 1] };
  return new Network(name, input, [
    ...pixels.map((layer) => ({ layer })),
    ...designed,
    ...(features.raw ? [joint] : []),
    ...head.map((layer) => ({ layer })),
  ]);
}
