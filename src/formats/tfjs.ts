import { sizeOf } from '../gpu/shape.js';
import type { Network, PlacedLayer } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { VERSION } from '../util/version.js';
import { KERAS_VERSION, toKeras } from './keras_architecture.js';
import { isFeature } from './keras_features.js';

/**
 * Writes networks for TensorFlow.js (`tf.loadLayersModel`): `model.json` with Keras's architecture and a list of the weights,
 * which are concatenated and split into files of 4 MiB, which browsers can cache (https://www.tensorflow.org/js/guide/save_load).
 */

/** The file that is loaded; the others lie beside it. */
export const TFJS_MODEL = 'model.json';
const SHARD_BYTES = 4 * 2 ** 20;

/** The limits of TensorFlow.js 4 by class of layer, for the table of docs/keras.md. Other classes have none. */
export const TFJS_LACKS: Readonly<Record<string, string>> = {
  Normalization: 'no',
  Conv2D: 'without groups',
  DepthwiseConv2D: 'without dilation',
  SpatialDropout2D: 'as Dropout',
  Rescaling: 'one `scale`, one `offset`',
  GlobalAveragePooling2D: 'without `keepdims`',
  GlobalMaxPooling2D: 'without `keepdims`',
  Activation: 'all but leaky_relu, log_sigmoid',
  ReLU: 'without `negative_slope`',
};

/** Why a layer cannot be written for TensorFlow.js 4, which has fewer options than Keras; undefined if it can. */
function objection({ layer: { kind, config } }: PlacedLayer): string | undefined {
  const { activation, dilationRate, groups = 1, negativeSlope = 0, keepdims = false, scale, offset } = config;
  if (kind === 'Normalization') return 'TensorFlow.js has no such layer';
  if (activation === 'leaky_relu' || activation === 'log_sigmoid')
    return `TensorFlow.js has no activation ${activation}`;
  if (kind === 'DepthwiseConv2D' && dilationRate !== undefined)
    return 'TensorFlow.js ignores its dilation_rate';
  if (groups !== 1) return 'TensorFlow.js has no groups of channels';
  if (kind === 'ReLU' && negativeSlope !== 0)
    return 'TensorFlow.js has no negative_slope there; use LeakyReLU';
  if (keepdims === true) return 'TensorFlow.js has no keepdims there';
  if (kind === 'Rescaling' && [scale, offset].some(Array.isArray))
    return 'TensorFlow.js rescales all channels alike';
  return undefined;
}

/** The first layer that cannot be written for TensorFlow.js, and why; undefined if all can. */
export function tfjsObjection(network: Network): string | undefined {
  for (const placed of network.layers) {
    const why = objection(placed);
    if (why !== undefined) return `layer "${placed.name}" (${placed.layer.kind}): ${why}`;
  }
  return undefined;
}

/** Options that TensorFlow.js names differently. */
const KINDS: Readonly<Record<string, string>> = { SpatialDropout2D: 'Dropout' };

/**
 * The files of a network by name, `model.json` last.
 * @param notes for the program that uses the model: classes, preprocessing; `userDefinedMetadata` in the file
 * Throws RunError for a layer that TensorFlow.js does not have.
 */
export function toTfjs(
  network: Network,
  weights: NamedArrays,
  notes: Readonly<Record<string, unknown>>,
): Map<string, Uint8Array> {
  const why = tfjsObjection(network);
  if (why !== undefined)
    throw new RunError(`${why}; export it --to onnx, which ONNX Runtime runs in browsers, too`);
  const specs = network.layers.filter((placed) => !isFeature(placed)).flatMap(({ weights: own }) => own);
  const data = Buffer.concat(
    specs.map(({ name, shape }) => {
      const array = weights.get(name)?.data;
      if (array?.length !== sizeOf(shape)) throw new RunError(`weights of ${name} are missing`);
      return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    }),
  );
  const count = Math.max(1, Math.ceil(data.length / SHARD_BYTES));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  const { class_name: kind, config } = toKeras(network);
  const layers = config.layers.map((layer) => ({
    ...layer,
    class_name: KINDS[layer.class_name] ?? layer.class_name,
    config: { ...layer.config, ...(layer.config['activation'] === 'silu' && { activation: 'swish' }) },
  }));
  const json = {
    format: 'layers-model',
    generatedBy: `fer-tui ${VERSION}`,
    convertedBy: null,
    modelTopology: {
      ...{ keras_version: KERAS_VERSION, backend: 'tensorflow' },
      model_config: { class_name: kind, config: { ...config, layers } },
    },
    weightsManifest: [
      { paths, weights: specs.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) },
    ],
    userDefinedMetadata: notes,
  };
  const files = new Map<string, Uint8Array>();
  for (const [i, path] of paths.entries())
    files.set(path, data.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES));
  return files.set(TFJS_MODEL, Buffer.from(JSON.stringify(json)));
}
