import { RunError } from '../util/errors.js';
import { type Call, type FileGraph, nameOf } from './keras_graph.js';

/**
 * Models with `data_format: channels_first`, whose maps are [C, H, W]. Here maps are [H, W, C], so options that name axes are
 * converted. Kernels are stored in one way for both.
 */

/** Layers whose options do not depend on where the channels are. */
const SAME = new Set(
  'InputLayer Conv2D DepthwiseConv2D SeparableConv2D MaxPooling2D AveragePooling2D GlobalAveragePooling2D GlobalMaxPooling2D ZeroPadding2D Cropping2D CenterCrop Dense Dropout SpatialDropout2D Activation ELU ReLU LeakyReLU Softmax Add Multiply'.split(
    ' ',
  ),
);

/** Whether the layers of a graph have their channels first. Throws RunError if only some of them do. */
function isChannelsFirst({ calls }: FileGraph, source: string): boolean {
  const formats = calls.flatMap(({ layer: { class_name: kind, config } }) => {
    const { data_format: format } = config;
    return kind === 'Flatten' || format === undefined ? [] : [String(format)];
  });
  if (!formats.includes('channels_first')) return false;
  if (formats.every((format) => format === 'channels_first')) return true;
  throw new RunError(
    `${source}: some of its layers have data_format channels_first, others channels_last; expected one for all`,
  );
}

/** A graph with channels last. */
export interface ChannelsLast {
  readonly graph: FileGraph;
  /** Whether the channels are first in the file. */
  readonly turned: boolean;
}

/** Converts a graph with channels first. Throws RunError for a layer that would compute something else. */
export function withChannelsLast(graph: FileGraph, source: string): ChannelsLast {
  if (!isChannelsFirst(graph, source)) return { graph, turned: false };
  const calls = graph.calls.flatMap((call) => turnedCall(call, source));
  return { graph: { ...graph, calls }, turned: true };
}

function turnedCall({ layer, from }: Call, source: string): Call[] {
  const { class_name: kind, config } = layer;
  const name = nameOf(layer);
  const plain = { ...config, ...('data_format' in config && { data_format: 'channels_last' }) };
  const changed = (options: object): Call[] => [
    { layer: { ...layer, config: { ...plain, ...options } }, from },
  ];
  if (SAME.has(kind)) return changed({});
  const axis = [config['axis']].flat()[0];
  if (kind === 'BatchNormalization' || kind === 'Concatenate') {
    if (axis === 1 || axis === -3) return changed({ axis: -1 });
  } else if (kind === 'PReLU') {
    const shared = [config['shared_axes']].flat().join();
    if (shared === '2,3') return changed({ shared_axes: [1, 2] });
  } else if (kind === 'Flatten') {
    // With channels_first, Keras's Flatten itself moves the channels to the end. Otherwise it flattens [C, H, W] as it is.
    if (config['data_format'] === 'channels_first') return changed({});
    const before = `${name}_channels_first`;
    const permute = { class_name: 'Permute', config: { name: before, dims: [3, 1, 2] } };
    return [
      { layer: permute, from },
      { layer: { ...layer, config: plain }, from: [before] },
    ];
  }
  throw new RunError(
    `${source}: layer "${name}" (${kind}): with these options it is not supported in a model with data_format channels_first; save the model with channels_last`,
  );
}
