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

/** What becomes of a layer's output in the file. */
interface Result {
  /** Default: those of a vector. */
  readonly dims?: readonly number[];
  /** Default: that of the first input. */
  readonly order?: Order;
  /** Default: whether no number of the inputs is below 0. */
  readonly positive?: boolean;
}

/** Values that a layer may give for one image. */
const MOST_VALUES = 2 ** 28;
/** Channels of an image at most. */
export const MOST_CHANNELS = 65_536;
/** Numbers that a network may have beside those of its file. */
const SPARE = 1_000_000;

/** Builds a network layer by layer. */
export class Building {
  readonly #built: Built[] = [];
  readonly #names = new Set<string>();
  /** The names in the graph of the output of each layer. */
  readonly #outputs = new Map<number, readonly string[]>();

  #numbers = 0;

  /**
   * @param images [H, W, C] of the images that the network takes
   * @param uses how often each value of the graph is taken; as its output, too
   * @param bytes those of the files: a network has no more numbers, but where a few stand for many
   */
  constructor(
    private images: Shape,
    private readonly uses: ReadonlyMap<string, number>,
    private readonly bytes: () => number,
  ) {}

  /** Counts numbers that are kept. Throws RunError for more than a file of the size should become. */
  count(node: Node, numbers: number): void {
    this.#numbers += numbers;
    if (this.#numbers > this.bytes() + SPARE)
      node.refuse(`up to it, ${this.#numbers} numbers come of a file of ${this.bytes()} bytes`);
  }

  /** Adds a layer. Returns its output. Throws RunError that names the node, where shapes do not fit. */
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

  /** Takes note of a name that stands for the output of a layer. */
  name(name: string, { position }: Activations): void {
    this.#outputs.set(position, [...(this.#outputs.get(position) ?? []), name]);
  }

  /** The layer that gives a value, if nothing else takes that. */
  before(value: Activations): Built | undefined {
    return this.isTakenOnce(value) ? this.#built[value.position] : undefined;
  }

  /** Whether one node alone takes the output of a layer, or the images. */
  isTakenOnce({ position }: Activations): boolean {
    return (this.#outputs.get(position) ?? []).every((name) => this.uses.get(name) === 1);
  }

  /** Makes the network one for images of another size. */
  resizeImages(shape: Shape): void {
    this.images = shape;
  }

  /** [H, W, C] of the images that the network takes. */
  get imageShape(): Shape {
    return this.images;
  }

  /** Puts a layer in place of another that takes and gives the same. */
  replace({ position }: Activations, layer: Layer, weights: Given): void {
    this.#built[position] = { ...(this.#built[position] as Built), layer, weights };
  }

  /** Takes the first layer away, if it is the only one that takes the images. */
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
