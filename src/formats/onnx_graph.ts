import type { Shape } from '../gpu/shape.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { type Attributes, node, tensor } from './onnx_proto.js';

/** Builds an ONNX graph from operators and constants. */
export class OnnxGraph {
  readonly parts: Buffer[] = [];
  readonly #types = new Map<string, string>();

  constructor(private readonly weights: NamedArrays) {}

  /** Adds an operator. Returns the name of its output, which is also the name of the operator. */
  add(type: string, output: string, inputs: readonly string[], attributes: Attributes = {}): string {
    this.parts.push(node(type, inputs, output, attributes));
    this.#types.set(output, type);
    return output;
  }

  /** The operator that computes a value; undefined for inputs and constants. */
  typeOf(output: string): string | undefined {
    return this.#types.get(output);
  }

  constant(name: string, dims: Shape, data: Float32Array | BigInt64Array): string {
    this.parts.push(tensor(name, dims, data));
    return name;
  }

  /** The values of a weight, by its full name. Throws RunError when they are missing. */
  data(name: string): Float32Array {
    const array = this.weights.get(name);
    if (array === undefined) throw new RunError(`weights of ${name} are missing`);
    return array.data;
  }

  vector(name: string): string {
    const data = this.data(name);
    return this.constant(name, [data.length], data);
  }
}
