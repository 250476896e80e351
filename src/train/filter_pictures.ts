import type { Picture } from '../util/picture.js';
import { signedPicture } from '../util/signed_picture.js';
import type { SavedModel } from './model_file.js';

/** The filters of a convolution as pictures on one scale: blue below zero, white at zero, orange above. */
export interface FilterPictures {
  /** Name of the layer. */
  readonly layer: string;
  /** Height and width of a filter. */
  readonly size: readonly [height: number, width: number];
  /** One for each filter. */
  readonly pictures: readonly Picture[];
  /** The weight that has the full colour. */
  readonly limit: number;
  /** Whether each is the sum over several input channels. */
  readonly summed: boolean;
}

const CONVOLUTIONS = ['Conv2D', 'DepthwiseConv2D', 'SeparableConv2D'];

/**
 * The filters of the first convolution. Of a network for colours, the sum over the colours is shown: what the filter does to a
 * gray face. Undefined for a network without convolutions.
 */
export function firstFilters({
  network,
  weights,
}: Pick<SavedModel, 'network' | 'weights'>): FilterPictures | undefined {
  const place = network.layers.find(({ layer }) => CONVOLUTIONS.includes(layer.kind));
  const kernel = place?.weights.map(({ name }) => weights.get(name)).find((w) => w?.shape.length === 4);
  if (place === undefined || kernel === undefined) return undefined;
  const [height = 1, width = 1, channels = 1, filters = 1] = kernel.shape;
  const sums = Array.from({ length: filters }, (_, filter) =>
    Float32Array.from({ length: height * width }, (_, at) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += kernel.data[(at * channels + c) * filters + filter] as number;
      return sum;
    }),
  );
  const limit = sums
    .flatMap((values) => [...values])
    .reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const pictures = sums.map((values) => signedPicture(values, { width, height, limit }));
  return { layer: place.name, size: [height, width], pictures, limit, summed: channels > 1 };
}
