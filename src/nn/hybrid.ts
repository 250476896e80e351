import type { Shape } from '../gpu/shape.js';
import { frozen, type Layer } from './layer.js';
import {
  BatchNormalization,
  Concatenate,
  LocalBinaryPatterns,
  type LocalBinaryPatternsOptions,
} from './layers.js';
import { type GraphNode, IMAGES, Network, Sequential } from './network.js';

/** Designed features of a network. */
export interface DesignedFeatures {
  /** The local binary patterns. */
  readonly lbp: LocalBinaryPatternsOptions;
  /** Whether the network also looks at the pixels. */
  readonly raw: boolean;
}

/** Names of the layers that make the features: the patterns, and their standardisation. */
export const [PATTERNS, STANDARDIZED] = ['lbp', 'lbp_standardized'];

/** Added to the variance of a share: a pattern that is nearly nowhere must not become a huge value where it is. */
const EPSILON = 1e-6;

/**
 * A network that looks at pixels, at designed features, or at both. The features are standardised with the statistics of the
 * training images: a frozen batch normalisation, whose moving averages are these statistics. Without `features`: the trunk
 * and the head alone.
 * @param trunk what looks at the pixels, and ends in a vector @param head what looks at the vector of all features
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
