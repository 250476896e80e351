import type { Shape } from '../gpu/shape.js';
import type { Context, TensorVar } from './context.js';
import type { Initializer } from './init.js';

/** A weight that a layer asks for: [shape], how it starts, whether an optimiser moves it. */
export interface WeightSpec {
  /** Name within the layer, e.g. `kernel`; in a network with the layer in front. */
  readonly name: string;
  /** Extents. */
  readonly shape: Shape;
  /** How it starts. */
  readonly initializer: Initializer;
  /** Whether an optimiser moves it. */
  readonly trainable: boolean;
}

/** The value of a layer's setting; two numbers are of height and width. */
export type LayerOption = string | number | boolean | readonly number[];

/** What flows into a layer: one value, or several where branches meet. */
export type LayerInputs = readonly [TensorVar, ...TensorVar[]];

/** A layer's place in the network that it is recorded for. */
export interface Place {
  /** The live weight of the layer by its own name, e.g. `kernel`. */
  readonly get: (weight: string) => TensorVar;
  /** Position among the network's layers. */
  readonly index: number;
  /** Whether the network ends here. Its softmax is then left to the loss, which needs the scores before it. */
  readonly last: boolean;
}

/**
 * One layer of a network: a description, without memory of its own. Shapes here leave out the batch axis.
 * Names and options are Keras's, and so are defaults, but for convolutions, which pad `same`.
 */
export interface Layer {
  /** Keras class name, e.g. `Conv2D`. */
  readonly kind: string;
  /** Its settings, defaults filled in. */
  readonly config: Readonly<Record<string, LayerOption>>;
  /** Throws ShapeError where the inputs do not fit. */
  outputShape(input: Shape, ...others: Shape[]): Shape;
  /** The weights that it asks for, given the shape of its (first) input. */
  weights(input: Shape): readonly WeightSpec[];
  /** Records the layer. */
  call(ctx: Context, inputs: LayerInputs, place: Place): TensorVar;
}

/** For layers without weights, and for those that keep the shape. */
export const noWeights = (): readonly WeightSpec[] => [];
export const sameShape = (input: Shape): Shape => input;
