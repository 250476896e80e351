import type { Shape } from '../../gpu/shape.js';
import type { Layer } from '../../nn/layer.js';
import type { PlacedLayer } from '../../nn/network.js';
import type { ConfigReader, KerasObject } from '../keras_config.js';
import type { OnnxGraph } from '../onnx_graph.js';

/** How one layer class stands in the files of Keras and ONNX. */
export interface FileLayer {
  /** What is supported of its options, for docs/keras.md. Classes of one file with the same text share a row. */
  readonly options: string;
  /**
   * The layer that a Keras file describes; with a second one, in Keras's words, where its activation is a layer.
   * Looks at every option, as Keras 2 and Keras 3 spell it. Throws RunError for what is not supported.
   */
  readonly read: (r: ConfigReader, input: Shape) => Layer | [Layer, KerasObject];
  /** Its options in the spelling that both Keras 2 and Keras 3 read. */
  readonly write: (layer: Layer, output: Shape) => Record<string, unknown>;
  /** Adds its operators for inference to the graph, and returns the name of their output. Maps are NCHW. */
  readonly onnx: (graph: OnnxGraph, placed: PlacedLayer, inputs: readonly string[]) => string;
}

/** Layer classes by Keras's name. */
export type FileLayers = Readonly<Record<string, FileLayer>>;

/** Keras's initialisers by our names, as files hold them. */
export const INITIALIZERS: Readonly<Record<string, KerasObject>> = {
  glorot_uniform: { class_name: 'GlorotUniform', config: { seed: null } },
  he_normal: { class_name: 'HeNormal', config: { seed: null } },
  zeros: { class_name: 'Zeros', config: {} },
  ones: { class_name: 'Ones', config: {} },
};
export const CHANNELS_LAST = { data_format: 'channels_last' };
export const PADDINGS = ['same', 'valid'] as const;

/** A layer, and the one that its activation is unless that has a name. */
export const withInside = (layer: Layer, inside: string | KerasObject): Layer | [Layer, KerasObject] =>
  typeof inside === 'string' ? layer : [layer, inside];

/** The options that all layers with kernels share, for each of their kernels. */
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
