import { ShapeError } from '../../gpu/errors.js';
import { type Shape, sizeOf } from '../../gpu/shape.js';
import type { Layer } from '../../nn/layer.js';
import type { GraphNode } from '../../nn/network.js';
import type { NamedArray } from '../../nn/parameters.js';
import { isFeature } from '../keras_features.js';
import type { Node } from './node.js';
import { type Activations, type Order, PLAIN } from './values.js';

/** Weights of a layer by their short names, in the order of the layer. */
export type Given = Readonly<Record<string, Float32Array>>;

/** A layer that has been built, with its weights. */
interface Built {
  readonly name: string;
  readonly layer: Layer;
  readonly inputs: readonly number[];
  readonly inputShape: Shape;
  readonly weights: Given;
}

/** Facts about the output of a layer. */
interface Result {
  /** Extents in the file; default: those of a vector. */
  readonly dims?: readonly number[];
  /** Order of the values in the file; default: that of the first input. */
  readonly order?: Order;
  /** Whether all values are at least 0; default: whether those of all inputs are. */
  readonly positive?: boolean;
}

/** Most output values of a layer for one image. */
const MOST_VALUES = 2 ** 28;
/** Most channels of an image. */
export const MOST_CHANNELS = 65_536;
/** How many more numbers a network may have than its file. */
const SPARE = 1_000_000;

/** Builds a network layer by layer. */
export class Building {
  readonly #built: Built[] = [];
  readonly #names = new Set<string>();
  /** The names in the graph that refer to the output of each layer. */
  readonly #outputs = new Map<number, readonly string[]>();

  #numbers = 0;

  /**
   * @param images shape of the input images, [H, W, C]
   * @param uses how often each value is an input of a node or the output of the graph
   * @param bytes size of the files; a network may have only a little more numbers than these hold
   */
  constructor(
    private images: Shape,
    private readonly uses: ReadonlyMap<string, number>,
    private readonly bytes: () => number,
  ) {}

  /** Counts numbers that are kept. Throws RunError if they are too many for the size of the files. */
  count(node: Node, numbers: number): void {
    this.#numbers += numbers;
    if (this.#numbers > this.bytes() + SPARE)
      node.refuse(
        `up to this node, a file of ${this.bytes()} bytes becomes ${this.#numbers} numbers, which is too many`,
      );
  }

  /** Adds a layer. Returns its output. Throws RunError that names the node if shapes do not fit. */
  add(
    node: Node,
    layer: Layer,
    inputs: readonly [Activations, ...Activations[]],
    result: Result = {},
    weights: Given = {},
  ): Activations {
    const [first] = inputs;
    const shape = shapeWith(node, layer, inputs);
    if (sizeOf(shape) > MOST_VALUES || (shape.length > 1 && (shape.at(-1) ?? 0) > MOST_CHANNELS))
      node.refuse(`its output would be [${shape.join(', ')}], which is too large`);
    for (const { name, shape: wanted } of layer.weights(first.shape)) {
      const found = weights[name]?.length ?? 0;
      if (found !== sizeOf(wanted))
        node.refuse(`its ${name} has ${found} numbers; expected [${wanted.join(', ')}]`);
    }
    this.count(
      node,
      Object.values(weights).reduce((sum, { length }) => sum + length, 0),
    );
    const name = this.#nameOf(node.label);
    const positions = inputs.map(({ position }) => position);
    this.#built.push({ name, layer, inputs: positions, inputShape: first.shape, weights });
    return {
      ...{ kind: 'activations', position: this.#built.length - 1, shape },
      dims: result.dims ?? shape,
      order: result.order ?? first.order,
      positive: result.positive ?? inputs.every(({ positive }) => positive),
    };
  }

  /** Adds the layer that computes an input of designed features from the images. Its weights follow from the preprocessing. */
  addFeature(name: string, layer: Layer, images: Activations): Activations {
    const shape = layer.outputShape(images.shape);
    this.#built.push({
      ...{ name: this.#nameOf(name), layer, inputs: [images.position] },
      ...{ inputShape: images.shape, weights: {} },
    });
    const position = this.#built.length - 1;
    return { kind: 'activations', position, shape, dims: shape, order: PLAIN, positive: true };
  }

  /** Records a name that refers to the output of a layer. */
  name(name: string, { position }: Activations): void {
    this.#outputs.set(position, [...(this.#outputs.get(position) ?? []), name]);
  }

  /** The layer that computes a value, if the value is used only once. */
  before(value: Activations): Built | undefined {
    return this.isTakenOnce(value) ? this.#built[value.position] : undefined;
  }

  /** Whether the output of a layer, or the images, are used by only one node. */
  isTakenOnce({ position }: Activations): boolean {
    return (this.#outputs.get(position) ?? []).every((name) => this.uses.get(name) === 1);
  }

  /** Changes the size of the input images. */
  resizeImages(shape: Shape): void {
    this.images = shape;
  }

  /** Shape of the input images, [H, W, C]. */
  get imageShape(): Shape {
    return this.images;
  }

  /** Replaces a layer by one with the same inputs and the same output shape. */
  replace({ position }: Activations, layer: Layer, weights: Given): void {
    this.#built[position] = { ...(this.#built[position] as Built), layer, weights };
  }

  /** Removes the first layer, if it is the only one whose input is the images. */
  withoutFirst(): void {
    this.#built.shift();
    for (const [i, built] of this.#built.entries())
      this.#built[i] = { ...built, inputs: built.inputs.map((position) => position - 1) };
  }

  get built(): readonly Built[] {
    return this.#built;
  }

  get nodes(): GraphNode[] {
    return this.#built.map(({ name, layer, inputs }) => ({ name, layer, inputs }));
  }

  get weights(): Map<string, NamedArray> {
    const all = new Map<string, NamedArray>();
    for (const { name, layer, inputShape, weights } of this.#built) {
      if (isFeature({ layer })) continue;
      for (const { name: own, shape } of layer.weights(inputShape))
        all.set(`${name}/${own}`, { shape, data: weights[own] as Float32Array });
    }
    return all;
  }

  #nameOf(label: string): string {
    let name = label;
    for (let i = 1; this.#names.has(name); i++) name = `${label}_${i}`;
    this.#names.add(name);
    return name;
  }
}

function shapeWith(node: Node, layer: Layer, inputs: readonly Activations[]): Shape {
  const [first, ...others] = inputs.map(({ shape }) => shape) as [Shape, ...Shape[]];
  try {
    return layer.outputShape(first, ...others);
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause;
    return node.refuse(cause.message);
  }
}
