import { ShapeError } from '../gpu/errors.js';
import { type Shape, sizeOf } from '../gpu/shape.js';
import type { Context, TensorVar } from './context.js';
import { fusedBlock } from './fusion.js';
import type { Layer, LayerInputs, WeightSpec } from './layer.js';

/** The position that stands for the network's input images in a list of layer positions. */
export const IMAGES = -1;

/** A layer to build a network of. */
export interface GraphNode {
  /** The layer. */
  readonly layer: Layer;
  /** Default: as Keras names it (`conv2d`, `conv2d_1`, ...). */
  readonly name?: string | undefined;
  /** Positions of its input layers, all before this one; default: the preceding layer. */
  readonly inputs?: readonly number[] | undefined;
}

/** A layer of a network, with its shapes and weights. */
export interface PlacedLayer {
  /** Unique in its network. */
  readonly name: string;
  /** The layer. */
  readonly layer: Layer;
  /** Positions of its input layers; IMAGES is the network's input. */
  readonly inputs: readonly [number, ...number[]];
  /** Shape of its first input, without the batch axis. */
  readonly inputShape: Shape;
  /** Without the batch axis. */
  readonly outputShape: Shape;
  /** Weights with full names such as `conv2d_1/kernel`. */
  readonly weights: readonly WeightSpec[];
}

/** One row of a summary. */
export interface SummaryRow {
  /** Name of the layer. */
  readonly layer: string;
  /** Keras's class name. */
  readonly type: string;
  /** Shape of the output, with null for the batch axis. */
  readonly output: readonly (number | null)[];
  /** Number of parameters. */
  readonly params: number;
  /** Names of its input layers; empty if it reads the images. */
  readonly from: readonly string[];
}

/** The result of `Network.summary`. */
export interface ModelSummary {
  /** The network's name. */
  readonly name: string;
  /** One row per layer, in order. */
  readonly rows: readonly SummaryRow[];
  /** Number of parameters that training changes. */
  readonly trainable: number;
  /** Number of other parameters, such as moving averages. */
  readonly nonTrainable: number;
}

/** Called for each layer when it is recorded. */
export type OnLayer = (name: string, inputs: LayerInputs, output: TensorVar) => void;

/**
 * A network: an acyclic graph of layers. Its input is a batch of images, its output that of the last layer. A value may be
 * used more than once (skip connections). It is a description without weights; `Learner` puts it on a device.
 */
export class Network {
  /** All layers in order, with shapes and weights. */
  readonly layers: readonly PlacedLayer[];
  /** Shape of the output, without the batch axis. */
  readonly outputShape: Shape;
  /** How many layers use the output of the layer at a position. */
  readonly #uses = new Map<number, number>();

  /**
   * Throws ShapeError for a layer that does not accept its input, a duplicate name, and an unused output.
   * @param inputShape shape of one image, without the batch axis
   */
  constructor(
    /** Name in messages and files. */
    readonly name: string,
    readonly inputShape: Shape,
    nodes: readonly GraphNode[],
  ) {
    const counts = new Map<string, number>();
    const layers: PlacedLayer[] = [];
    for (const [position, node] of nodes.entries()) {
      const { layer } = node;
      const base = snakeCase(layer.kind);
      const seen = counts.get(base) ?? 0;
      counts.set(base, seen + 1);
      const own = node.name ?? (seen === 0 ? base : `${base}_${seen}`);
      if (layers.some((other) => other.name === own))
        throw new ShapeError(name, 'layer names are unique', 'another name', own);
      const [first, ...rest] = node.inputs ?? [position - 1];
      if (first === undefined) throw new ShapeError(name, `layer ${own} has inputs`, 'one or more', 'none');
      const inputs = [first, ...rest] as const;
      const inputShape = this.#shapeAt(layers, first, own);
      const others = rest.map((from) => this.#shapeAt(layers, from, own));
      for (const from of inputs) this.#uses.set(from, (this.#uses.get(from) ?? 0) + 1);
      layers.push({
        ...{ name: own, layer, inputs, inputShape, outputShape: layer.outputShape(inputShape, ...others) },
        weights: layer.weights(inputShape).map((spec) => ({ ...spec, name: `${own}/${spec.name}` })),
      });
    }
    const idle = layers.findIndex((_, i) => i < layers.length - 1 && !this.#uses.has(i));
    if (idle >= 0)
      throw new ShapeError(
        name,
        `the output of ${layers[idle]?.name} is used`,
        'a layer that uses it',
        'none',
      );
    this.layers = layers;
    this.outputShape = layers.at(-1)?.outputShape ?? inputShape;
  }

  #shapeAt(before: readonly PlacedLayer[], from: number, user: string): Shape {
    const shape = from === IMAGES ? this.inputShape : before[from]?.outputShape;
    if (shape === undefined) {
      throw new ShapeError(
        this.name,
        `layer ${user} uses only layers before it`,
        `a position from 0 to ${before.length - 1}`,
        `${from}`,
      );
    }
    return shape;
  }

  /** All weights in layer order. */
  get weights(): readonly WeightSpec[] {
    return this.layers.flatMap((placed) => placed.weights);
  }

  /** Whether it is a plain stack: every layer's only input is the preceding layer. */
  get isChain(): boolean {
    return this.layers.every(({ inputs }, i) => inputs.length === 1 && inputs[0] === i - 1);
  }

  /**
   * Records the whole network and returns its output. Layers are fused where possible, except with `onLayer`, which is
   * called for every single layer.
   */
  call(ctx: Context, images: TensorVar, onLayer?: OnLayer): TensorVar {
    const values = new Map([[IMAGES, images]]);
    const valueAt = (position: number): TensorVar => {
      const value = values.get(position);
      if (value === undefined) throw new Error(`${this.name}: no output of layer ${position} was recorded`);
      return value;
    };
    const covered = new Set<number>();
    for (const [index, { name, layer, inputs: from }] of this.layers.entries()) {
      if (covered.has(index)) continue;
      const [first, ...rest] = from;
      const inputs: LayerInputs = [valueAt(first), ...rest.map(valueAt)];
      const chain = onLayer ? [] : this.#chainFrom(index);
      const channels = inputs[0].value.shape.at(-1) ?? 1;
      const block = fusedBlock(chain, channels, ctx.softmaxed !== undefined);
      if (block === undefined) {
        const get = (weight: string) => ctx.weight(`${name}/${weight}`);
        const place = { get, index, last: index === this.layers.length - 1 };
        const value = ctx.rec.scope(name, () => layer.call(ctx, inputs, place));
        onLayer?.(name, inputs, value);
        values.set(index, value);
      } else {
        const at = (offset: number, weight: string) => ctx.weight(`${chain[offset]?.name}/${weight}`);
        const links = chain.slice(0, block.length);
        for (const link of links) covered.add(link.index);
        values.set(
          links.at(-1)?.index ?? index,
          ctx.rec.scope(name, () => block.call(ctx, inputs[0], at)),
        );
      }
    }
    return values.get(this.layers.length - 1) ?? images;
  }

  /** The layer at a position, and those that follow it in a row, as long as no other layer uses a value in between. */
  #chainFrom(index: number): (PlacedLayer & { readonly index: number })[] {
    const chain: (PlacedLayer & { readonly index: number })[] = [];
    for (let at = index; ; ) {
      const placed = this.layers[at];
      if (placed === undefined || (at !== index && placed.inputs.length > 1)) return chain;
      chain.push({ ...placed, index: at });
      if (this.#uses.get(at) !== 1) return chain;
      const before = at;
      at = this.layers.findIndex(({ inputs }) => inputs.includes(before));
    }
  }

  /** The same network with other initial values for some weights. @param values by the weights' full names, e.g. `dense/kernel` */
  withInitialValues(values: ReadonlyMap<string, { readonly data: Float32Array }>): Network {
    const nodes = this.layers.map(({ name, layer, inputs }): GraphNode => {
      const weights = (input: Shape): WeightSpec[] =>
        layer.weights(input).map((spec) => {
          const given = values.get(`${name}/${spec.name}`);
          return given === undefined ? spec : { ...spec, initializer: given.data };
        });
      return { name, inputs, layer: { ...layer, weights } };
    });
    return new Network(this.name, this.inputShape, nodes);
  }

  /** Layers, shapes and numbers of parameters. */
  summary(): ModelSummary {
    const count = (trainable: boolean): number =>
      this.weights.filter((w) => w.trainable === trainable).reduce((sum, w) => sum + sizeOf(w.shape), 0);
    return {
      name: this.name,
      rows: this.layers.map(({ name, layer, outputShape, weights, inputs }) => ({
        layer: name,
        type: layer.kind,
        output: [null, ...outputShape],
        params: weights.reduce((sum, w) => sum + sizeOf(w.shape), 0),
        from: inputs.flatMap((i) => this.layers[i]?.name ?? []),
      })),
      trainable: count(true),
      nonTrainable: count(false),
    };
  }
}

/** A network without branches: each layer's input is the output of the preceding one. */
export class Sequential extends Network {
  constructor(name: string, inputShape: Shape, layers: readonly Layer[]) {
    super(
      name,
      inputShape,
      layers.map((layer) => ({ layer })),
    );
  }
}

/** Keras's rule for automatic names: `MaxPooling2D` -> `max_pooling2d`, `LeakyReLU` -> `leaky_re_lu`. */
export function snakeCase(kind: string): string {
  return kind
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
