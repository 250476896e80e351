import type { Shape } from '../../gpu/shape.js';
import type { Layer } from '../../nn/layer.js';
import type { PlacedLayer } from '../../nn/network.js';
import type { ConfigReader, KerasObject } from '../keras_config.js';
import type { OnnxGraph } from '../onnx_graph.js';

/** How the files of Keras and ONNX represent one layer class. */
export interface FileLayer {
  /** The supported options, for docs/keras.md. Classes of one source file with the same text share a row of the table. */
  readonly options: string;
  /**
   * Reads the layer from Keras's JSON, and the JSON of its activation if that is a layer. Handles every option in the
   * spelling of Keras 2 and Keras 3. Throws RunError for what is not supported.
   */
  readonly read: (r: ConfigReader, input: Shape) => Layer | [Layer, KerasObject];
  /** Writes its options in the spelling that both Keras 2 and Keras 3 read. */
  readonly write: (layer: Layer, output: Shape) => Record<string, unknown>;
  /** Adds its inference operators to the ONNX graph. Returns the name of the output. Maps are in NCHW. */
  readonly onnx: (graph: OnnxGraph, placed: PlacedLayer, inputs: readonly string[]) => string;
}

/** Layer classes by Keras's name. */
export type FileLayers = Readonly<Record<string, FileLayer>>;

/** Keras's initialisers as files store them, by their names here. */
export const INITIALIZERS: Readonly<Record<string, KerasObject>> = {
  glorot_uniform: { class_name: 'GlorotUniform', config: { seed: null } },
  he_normal: { class_name: 'HeNormal', config: { seed: null } },
  zeros: { class_name: 'Zeros', config: {} },
  ones: { class_name: 'Ones', config: {} },
};
export const CHANNELS_LAST = { data_format: 'channels_last' };
export const PADDINGS = ['same', 'valid'] as const;

/** A layer, and the JSON of its activation unless that is a name. */
export const withInside = (layer: Layer, inside: string | KerasObject): Layer | [Layer, KerasObject] =>
  typeof inside === 'string' ? layer : [layer, inside];

/** Writes the options that all layers with kernels share, for each of their kernels. */
export function writeWeights({ config: c }: Layer, kernels: readonly string[]): Record<string, unknown> {
  return {
    activation: c['activation'],
    use_bias: c['useBias'],
    ...Object.fromEntries(
      kernels.flatMap((kernel) => [
        [`${kernel}_initializer`, INITIALIZERS[String(c['kernelInitializer'])]],
        [`${kernel}_regularizer`, null],
        [`${kernel}_constraint`, null],
      ]),
    ),
    bias_initializer: INITIALIZERS['zeros'],
    bias_regularizer: null,
    bias_constraint: null,
    activity_regularizer: null,
  };
}

/** The axis of the channels, counted with the batch axis; -1 is the last. */
export function readAxis(r: ConfigReader, input: Shape): number {
  const axis = r.number('axis', -1);
  if (axis === -1 || axis === input.length) return -1;
  return Number.isInteger(axis) && axis > 0 && axis < input.length
    ? axis
    : r.fail('axis', `only -1 or 1 to ${input.length}`);
}
