import { ShapeError } from '../gpu/errors.js';
import { formatShape, type Shape } from '../gpu/shape.js';
import type { Layer } from '../nn/layer.js';
import { LOCAL_BINARY_PATTERNS, LocalBinaryPatterns, patternFeatures } from '../nn/layers.js';
import { IMAGES, type Network, type PlacedLayer } from '../nn/network.js';
import { RunError } from '../util/errors.js';

/**
 * Inputs of designed features. Neither Keras nor ONNX has a layer for local binary patterns. So in their files the layer becomes
 * a further input [K] with the name of the layer, and this description says how its values are computed.
 */
export type FeatureInputs = Readonly<Record<string, FeatureInput>>;

/** Local binary patterns of the gray image, before preprocessing; see shaders/local_binary_patterns.wgsl. */
export interface FeatureInput {
  /** Distance of the neighbours in pixels. */
  readonly radius: number;
  /** Cells along each edge. */
  readonly cells: number;
  /** Indices of the values, in order: (cell row * cells + cell column) * 59 + bin. */
  readonly bins: readonly number[];
  /** Shape of the images, [H, W, 1]. */
  readonly image: Shape;
}

/** Whether a layer becomes an input in files. */
export function isFeature({ layer }: Pick<PlacedLayer, 'layer'>): boolean {
  return layer.kind === LOCAL_BINARY_PATTERNS;
}

/** The name of the input of images. */
export const imageInput = (network: Network): string => `${network.name}_input`;

/** Whether the images themselves are an input of the network, not only features of them. */
export function looksAtImages({ layers }: Network): boolean {
  return layers.some((placed) => !isFeature(placed) && placed.inputs.includes(IMAGES));
}

/** The inputs of designed features of a network, by their names. */
export function featureInputs({ layers }: Network): FeatureInputs {
  return Object.fromEntries(
    layers.filter(isFeature).map(({ name, layer: { config }, inputShape }) => {
      const { radius, cells, bins } = config;
      const own = { radius: Number(radius), cells: Number(cells), bins: bins as readonly number[] };
      return [name, { ...own, image: inputShape }];
    }),
  );
}

/** Reads the description. @param own the field `fer_tui` of a file. Throws RunError when it is damaged. */
export function readFeatures(own: unknown, source: string): FeatureInputs {
  const { features = {} } = (own ?? {}) as { features?: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(features).map(([name, value]) => {
      const { radius, cells, bins, image } = (value ?? {}) as Partial<FeatureInput>;
      const whole = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
      const list = (numbers: unknown): numbers is number[] =>
        Array.isArray(numbers) && numbers.length > 0 && numbers.every(whole);
      const fits = whole(radius) && whole(cells) && list(bins) && list(image);
      if (!fits || bins.some((bin) => bin >= patternFeatures({ cells })))
        throw new RunError(`${source}: damaged: the features of its input "${name}" are not described`);
      return [name, { radius, cells, bins, image }];
    }),
  );
}

/** The layer in place of an input, and the shape of its output. Throws RunError when it does not fit the images. */
export function featureLayer(
  name: string,
  { image, ...options }: FeatureInput,
  input: Shape,
  source: string,
): { readonly layer: Layer; readonly shape: Shape } {
  const layer = LocalBinaryPatterns(options);
  try {
    if (formatShape(image) !== formatShape(input))
      throw new ShapeError(
        name,
        'features and network see the same images',
        formatShape(image),
        formatShape(input),
      );
    return { layer, shape: layer.outputShape(input) };
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause;
    throw new RunError(`${source}: input "${name}": ${cause.message}`, { cause });
  }
}
