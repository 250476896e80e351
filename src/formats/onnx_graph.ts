import type { Shape } from '../gpu/shape.js';
import type { NamedArrays } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { type Attributes, node, tensor } from './onnx_proto.js';

/** An ONNX graph while it is written: operators and constants, encoded. */
export class OnnxGraph {
  readonly parts: Buffer[] = [];

  constructor(private readonly weights: NamedArrays) {}

  /** Adds an operator; returns its output, which has its name. */
  add(type: string, output: string, inputs: readonly string[], attributes: Attributes = {}): string {
    this.parts.push(node(type, inputs, output, attributes));
    return output;
  }

  constant(name: string, dims: Shape, data: Float32Array | BigInt64Array): string {
    this.parts.push(tensor(name, dims, data));
    return name;
  }

  /** A weight's numbers, by its full name. */
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
