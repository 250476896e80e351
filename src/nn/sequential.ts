import { type Shape, sizeOf } from '../gpu/shape.js';
import type { Context, TensorVar } from './context.js';
import { fusedBlockAt } from './fusion.js';
import type { Layer, WeightSpec } from './layers.js';

/** A layer in its place: named as Keras names it (`conv2d`, `conv2d_1`, ...), with its shapes and weights. */
export interface PlacedLayer {
  readonly name: string;
  readonly layer: Layer;
  readonly outputShape: Shape;
  /** Weights with full names such as `conv2d_1/kernel`. */
  readonly weights: readonly WeightSpec[];
}

/** One row of a summary. */
export interface SummaryRow {
  readonly layer: string;
  readonly type: string;
  /** With null for the batch axis. */
  readonly output: readonly (number | null)[];
  readonly params: number;
}

export interface ModelSummary {
  readonly name: string;
  readonly rows: readonly SummaryRow[];
  readonly trainable: number;
  readonly nonTrainable: number;
}

/** A stack of layers: a description only; `Learner` brings it to a device. */
export class Sequential {
  readonly layers: readonly PlacedLayer[];
  readonly outputShape: Shape;

  /**
   * @param inputShape one sample, without the batch axis @param names of the layers; default: as Keras names them
   * Throws ShapeError where a layer does not fit.
   */
  constructor(
    readonly name: string,
    readonly inputShape: Shape,
    layers: readonly Layer[],
    names?: readonly string[],
  ) {
    let shape = inputShape;
    const counts = new Map<string, number>();
    this.layers = layers.map((layer, i) => {
      const base = snakeCase(layer.kind);
      const seen = counts.get(base) ?? 0;
      counts.set(base, seen + 1);
      const name = names?.[i] ?? (seen === 0 ? base : `${base}_${seen}`);
      const weights = layer.weights(shape).map((spec) => ({ ...spec, name: `${name}/${spec.name}` }));
      shape = layer.outputShape(shape);
      return { name, layer, outputShape: shape, weights };
    });
    this.outputShape = shape;
  }

  /** All weights in layer order. */
  get weights(): readonly WeightSpec[] {
    return this.layers.flatMap((placed) => placed.weights);
  }

  /**
   * Records the whole stack, fused where that is possible. With `onLayer`, which sees what goes into and comes out of
   * each layer, nothing is fused.
   */
  call(
    ctx: Context,
    x: TensorVar,
    onLayer?: (name: string, input: TensorVar, output: TensorVar) => void,
  ): TensorVar {
    const kinds = this.layers.map(({ layer }) => layer);
    let value = x;
    for (let index = 0; index < this.layers.length; ) {
      const input = value;
      const placed = this.#at(index);
      const get = (name: string) => (weight: string) => ctx.weight(`${name}/${weight}`);
      const channels = input.value.shape.at(-1) ?? 1;
      const block = onLayer ? undefined : fusedBlockAt(kinds, index, channels);
      if (block !== undefined) {
        const first = index;
        const at = (offset: number, weight: string) => get(this.#at(first + offset).name)(weight);
        value = ctx.rec.scope(this.#at(index).name, () => block.call(ctx, input, at));
        index += block.length;
        continue;
      }
      const { name, layer } = placed;
      value = ctx.rec.scope(name, () => layer.call(ctx, input, get(name), index));
      onLayer?.(name, input, value);
      index++;
    }
    return value;
  }

  #at(index: number): PlacedLayer {
    const placed = this.layers[index];
    if (placed === undefined) throw new RangeError(`${this.name} has no layer ${index}`);
    return placed;
  }

  summary(): ModelSummary {
    const count = (trainable: boolean): number =>
      this.weights.filter((w) => w.trainable === trainable).reduce((sum, w) => sum + sizeOf(w.shape), 0);
    return {
      name: this.name,
      rows: this.layers.map(({ name, layer, outputShape, weights }) => ({
        layer: name,
        type: layer.kind,
        output: [null, ...outputShape],
        params: weights.reduce((sum, w) => sum + sizeOf(w.shape), 0),
      })),
      trainable: count(true),
      nonTrainable: count(false),
    };
  }
}

/** Keras's rule for automatic names: `MaxPooling2D` -> `max_pooling2d`, `Conv2D` -> `conv2d`. */
function snakeCase(kind: string): string {
  return kind
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
