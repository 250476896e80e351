import type { Shape } from '../gpu/shape.js';
import type { Context, TensorVar } from './context.js';
import type { GivenValues, Initializer } from './init.js';
import type { ActivationName } from './ops/activation.js';

/** A weight that a layer needs. */
export interface WeightSpec {
  /** Name within the layer, e.g. `kernel`; in a network after the name of the layer. */
  readonly name: string;
  /** Shape without a batch axis. */
  readonly shape: Shape;
  /** Its initial values, or their distribution. */
  readonly initializer: Initializer | GivenValues;
  /** Whether the optimiser updates it. */
  readonly trainable: boolean;
}

/** The value of a layer's setting. A pair of numbers means height and width. */
export type LayerOption = string | number | boolean | readonly number[];

/** The inputs of a layer: one, or several where branches meet. */
export type LayerInputs = readonly [TensorVar, ...TensorVar[]];

/** A layer's place in the network that it is recorded for. */
export interface Place {
  /** The layer's weight by its short name, e.g. `kernel`. */
  readonly get: (weight: string) => TensorVar;
  /** Position among the network's layers. */
  readonly index: number;
  /** Whether it is the last layer. A last softmax is part of the loss instead, which needs the logits. */
  readonly last: boolean;
}

/**
 * One layer of a network: a description without state. Shapes do not include the batch axis. Names, options and defaults
 * are Keras's, except that convolutions pad `same`.
 */
export interface Layer {
  /** Keras class name, e.g. `Conv2D`. */
  readonly kind: string;
  /** Its settings, with defaults filled in. */
  readonly config: Readonly<Record<string, LayerOption>>;
  /** The shape of the output. Throws ShapeError for inputs of the wrong shape. */
  outputShape(input: Shape, ...others: Shape[]): Shape;
  /** The weights that it needs, given the shape of its (first) input. */
  weights(input: Shape): readonly WeightSpec[];
  /** The same layer with another activation. Present on layers whose activation an export or import may have to replace. */
  withActivation?(activation: ActivationName): Layer;
  /** Records the layer; returns its output. */
  call(ctx: Context, inputs: LayerInputs, place: Place): TensorVar;
}

/** `weights` of layers without weights, and `outputShape` of layers that keep the shape. */
export const noWeights = (): readonly WeightSpec[] => [];
export const sameShape = (input: Shape): Shape => input;

/** Makes the weights of a layer non-trainable. Batch normalisation then uses its moving averages, as in Keras. */
export function frozen(layer: Layer): Layer {
  const { withActivation } = layer;
  return {
    ...layer,
    ...(withActivation && { withActivation: (activation) => frozen(withActivation(activation)) }),
    config: { ...layer.config, trainable: false },
    weights: (input) => layer.weights(input).map((spec) => ({ ...spec, trainable: false })),
    call: (ctx, inputs, place) => {
      const isNorm = layer.kind === 'BatchNormalization';
      return layer.call(isNorm ? { ...ctx, training: false } : ctx, inputs, place);
    },
  };
}
