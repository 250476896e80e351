import { RunError } from '../../util/errors.js';
import type { ProtoMessage } from '../protobuf_reader.js';
import { isPlain, type OnnxNode } from './file.js';
import type { Constant, Tensors } from './tensors.js';
import type { Activations, Value } from './values.js';

/** The graph that a node is part of. */
export interface Around {
  /** Names the file. */
  readonly path: string;
  readonly operatorSet: number;
  readonly tensors: Tensors;
  /** The value of a name, if it is already known. */
  readonly named: (name: string) => Value | undefined;
  /** The name of the graph's output. */
  readonly output: string;
}

/** Names that exporters number automatically. */
const NUMBERED = /^(onnx::|val_|_?\d+$)/;

/** Reads one node: its inputs and attributes. It records which attributes were read, so that unknown ones can be refused. */
export class Node {
  readonly op: string;
  readonly #seen = new Set<string>();

  constructor(
    private readonly node: OnnxNode,
    private readonly around: Around,
  ) {
    this.op = isPlain(node.domain) ? node.op : `${node.domain}.${node.op}`;
  }

  /** Version of the operators. */
  get operatorSet(): number {
    return this.around.operatorSet;
  }

  /** Refuses the node. @param why completes "FILE: node NAME (OP): ...". Throws RunError. */
  refuse(why: string): never {
    const name = this.node.name === '' ? (this.node.outputs[0] ?? '') : this.node.name;
    throw new RunError(`${this.around.path}: node "${name}" (${this.op}): ${why}`);
  }

  /**
   * The name of the layer that is made from this node: the module's name in the program that wrote the file, if the weights have
   * it, else the node's name.
   */
  get label(): string {
    const { name, op, inputs, outputs } = this.node;
    const weight = /^(.+)\.weight$/.exec(inputs[1] ?? '')?.[1];
    const own = name === '' ? (outputs[0] ?? '') : name.replace(new RegExp(`/${op}$`, 'i'), '');
    const label = weight !== undefined && !NUMBERED.test(weight) ? weight : own;
    const plain = label.replaceAll(/[^A-Za-z0-9.-]+/g, '_').replace(/^[_.-]+/, '');
    return plain === '' ? op.toLowerCase() : plain;
  }

  isOutput(name: string): boolean {
    return name === this.around.output;
  }

  /** Names of its inputs; empty: left out. */
  get inputs(): readonly string[] {
    return this.node.inputs;
  }

  /** The name of the only output that is used. */
  get output(): string {
    return this.node.outputs[0] ?? '';
  }

  get outputs(): readonly string[] {
    return this.node.outputs;
  }

  /** The value of an input; undefined if it is left out. Throws RunError if it is not known. */
  given(i: number): Value | undefined {
    const name = this.node.inputs[i] ?? '';
    if (name === '') return undefined;
    return (
      this.around.named(name) ?? this.refuse(`its input "${name}" is not the output of a node before it`)
    );
  }

  /** The value of an input that must not be left out. */
  value(i: number): Value {
    return this.given(i) ?? this.refuse(`its input ${i} is missing`);
  }

  /** The value of an input that must be the output of a layer. */
  activations(i = 0): Activations {
    const value = this.value(i);
    return value.kind === 'activations'
      ? value
      : this.refuse(`its input ${i} is stored in the file; expected the output of a node`);
  }

  /** The value of an input that must be an image. */
  image(i = 0): Activations {
    const value = this.activations(i);
    if (value.order.axes !== undefined) return value;
    return this.refuse(
      `its input is a vector [batch, ${value.dims.join(', ')}]; expected [batch, channels, height, width]`,
    );
  }

  /** All inputs, which must be outputs of layers. */
  get branches(): [Activations, ...Activations[]] {
    return this.node.inputs.map((_, i) => this.activations(i)) as [Activations, ...Activations[]];
  }

  /** An input that must be stored in the file; undefined if it is left out. */
  constant(i: number): Constant | undefined {
    const value = this.given(i);
    if (value === undefined || value.kind === 'constant') return value;
    return this.refuse(`its input ${i} is computed; only numbers stored in the file are supported there`);
  }

  /** An input that must be an array in the file, with this number of axes. */
  weight(i: number, axes: number): Constant {
    const value = this.constant(i) ?? this.refuse(`its input ${i} is missing`);
    if (value.dims.length === axes) return value;
    return this.refuse(`its input ${i} is [${value.dims.join(', ')}]; expected ${axes} axes`);
  }

  /** A list of whole numbers, which is an attribute in older versions of the operators, and an input in newer ones. */
  list(attribute: string, input: number): readonly number[] | undefined {
    const own = this.integers(attribute);
    if (own.length > 0) return own;
    const given = this.constant(input);
    return given && Array.from(given.data);
  }

  integer<T extends number | undefined>(name: string, otherwise: T): number | T {
    return this.#attribute(name)?.integer(3) ?? otherwise;
  }

  integers(name: string): number[] {
    return this.#attribute(name)?.integers(8) ?? [];
  }

  float(name: string, otherwise: number): number {
    const value = this.#attribute(name)?.float(2) ?? otherwise;
    return Number.isFinite(value) ? value : this.refuse(`${name} = ${value}; expected a number`);
  }

  floats(name: string): Float32Array {
    return this.#attribute(name)?.floats(7) ?? new Float32Array();
  }

  text(name: string, otherwise: string): string {
    return this.#attribute(name)?.text(4) ?? otherwise;
  }

  array(name: string): Constant | undefined {
    const tensor = this.#attribute(name)?.message(5, 'array');
    return tensor && this.around.tensors.read(tensor);
  }

  /** Checks an attribute that must have one of the supported values, or be left out. */
  must(name: string, ...allowed: readonly number[]): void {
    const value = this.integer(name, undefined);
    if (value !== undefined && !allowed.includes(value))
      this.refuse(`${name} = ${value} is not supported; only ${allowed.join(' or ')}`);
  }

  #attribute(name: string): ProtoMessage | undefined {
    this.#seen.add(name);
    return this.node.attributes.get(name);
  }

  /** Throws RunError for an attribute that was not read. */
  finish(): void {
    for (const name of this.node.attributes.keys())
      if (!this.#seen.has(name)) this.refuse(`${name} is not supported`);
  }
}
