import { formatShape } from '../gpu/shape.js';
import type { Network, PlacedLayer } from '../nn/network.js';
import { UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { InapplicableError } from './method.js';

const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2D', 'SeparableConv2D']);
/** How many channels are shown unless some are chosen. */
const SHOWN = 8;

/** A layer whose output is an image of channels. */
export interface MapLayer {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Whether a layer convolves. */
const isConvolution = ({ layer }: PlacedLayer): boolean => CONVOLUTIONS.has(layer.kind);

function mapsOf({ name, outputShape }: PlacedLayer): MapLayer | undefined {
  const [height, width, channels] = outputShape;
  if (outputShape.length !== 3 || height === undefined || width === undefined || channels === undefined)
    return undefined;
  return { name, height, width, channels };
}

/**
 * The layer that a method of maps looks at. The default is the last one whose maps are as large as those of the last
 * convolution with maps of more than one pixel: after its activation and normalisation, before pooling.
 * Throws InapplicableError when there is none, UsageError for a layer that does not exist or has no maps.
 */
export function mapLayer(network: Network, wanted: string | undefined): MapLayer {
  if (wanted !== undefined) return wantedLayer(network, wanted);
  const large = (placed: PlacedLayer): boolean => {
    const maps = mapsOf(placed);
    return maps !== undefined && maps.height * maps.width > 1;
  };
  const convolution = network.layers.findLast((placed) => isConvolution(placed) && large(placed));
  if (convolution === undefined) {
    const why = network.layers.some(isConvolution)
      ? 'all its convolutions have maps of 1 x 1'
      : 'it has no convolution';
    throw new InapplicableError(
      `${network.name}: ${why}; expected a layer with maps of more than one pixel (Conv2D, SeparableConv2D, DepthwiseConv2D)`,
    );
  }
  const [height, width] = convolution.outputShape;
  const alike = network.layers.findLast(
    ({ outputShape: [h, w], outputShape }) => outputShape.length === 3 && h === height && w === width,
  );
  return mapsOf(alike ?? convolution) as MapLayer;
}

function wantedLayer(network: Network, name: string): MapLayer {
  const placed = network.layers.find((layer) => layer.name === name);
  if (placed === undefined) {
    const names = network.layers.map((layer) => layer.name);
    const similar = nearest(name, names);
    throw new UsageError(
      `--layer ${name}: ${network.name} has no such layer; ${similar === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${similar}?`}`,
    );
  }
  const maps = mapsOf(placed);
  if (maps !== undefined) return maps;
  const others = network.layers.filter((layer) => mapsOf(layer) !== undefined).map((layer) => layer.name);
  throw new UsageError(
    `--layer ${name}: its output is ${formatShape(placed.outputShape)}; expected maps [height, width, channels], such as those of ${others.join(', ') || 'a convolution'}`,
  );
}

/** The channels of a layer to show. Throws UsageError for one that it does not have. */
export function shownChannels({ name, channels }: MapLayer, wanted: readonly number[] | undefined): number[] {
  if (wanted === undefined) return [...Array(Math.min(SHOWN, channels)).keys()];
  const bad = wanted.find((channel) => !Number.isInteger(channel) || channel < 0 || channel >= channels);
  if (bad !== undefined)
    throw new UsageError(
      `--channels ${bad}: layer ${name} has ${channels} channels; expected 0 to ${channels - 1}`,
    );
  return [...wanted];
}

/** Layers that do nothing to an image in inference, or hand on the same values. */
const IDLE: ReadonlySet<string> = new Set(['Dropout', 'SpatialDropout2D', 'Flatten']);

/** The layers whose outputs differ from their inputs in inference. */
export const activeLayers = ({ layers }: Network): PlacedLayer[] =>
  layers.filter(({ layer, name }) => !IDLE.has(layer.kind) && name !== softmaxEnd(layers));

/** A layer of softmax alone at the end: it passes the logits through, as its input already shows them. */
function softmaxEnd(layers: readonly PlacedLayer[]): string | undefined {
  const last = layers.at(-1);
  if (last === undefined) return undefined;
  const { layer, name } = last;
  const soft =
    layer.kind === 'Softmax' || (layer.kind === 'Activation' && layer.config['activation'] === 'softmax');
  return soft ? name : undefined;
}

/**
 * The last hidden layer: what the layer reads that makes the class scores. Throws InapplicableError when that reads the
 * images.
 */
export function hiddenLayer(network: Network): string {
  const { layers } = network;
  const end = softmaxEnd(layers);
  const scores = end === undefined ? layers.at(-1) : layers[layers.at(-1)?.inputs[0] ?? -1];
  const hidden = layers[scores?.inputs[0] ?? -1];
  if (hidden !== undefined) return hidden.name;
  throw new InapplicableError(
    `${network.name}: its only layer reads the images; expected a hidden layer before the class scores`,
  );
}
