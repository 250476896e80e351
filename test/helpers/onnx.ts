import { OPERATORS, sizeOf, type Values } from './onnx_operators.js';
import { Message } from './protobuf.js';

/**
 * Reads ONNX files and computes what they mean, in float64, by https://onnx.ai/onnx/operators/: only what this project
 * writes, and slowly. It shares no code with the writer, so that tests need no ONNX Runtime.
 */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly version: string;
  /** The doc string. */
  readonly about: string;
  readonly operatorSet: number;
  readonly name: string;
  readonly notes: Readonly<Record<string, string>>;
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, Values>;
  /** The first input. */
  readonly input: OnnxValue;
  /** All inputs. */
  readonly inputs: readonly OnnxValue[];
  readonly output: OnnxValue;
}

interface OnnxNode {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: ReadonlyMap<string, number | number[]>;
}

interface OnnxValue {
  readonly name: string;
  /** 1: float */
  readonly type: number;
  readonly dims: readonly (number | string)[];
}

/** Field numbers are those of onnx.proto3. */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model = new Message(Buffer.from(bytes));
  const graph = new Message(model.bytes(7));
  const [operatorSet] = model.messages(8);
  const notes = model.messages(14).map((entry) => [entry.text(1), entry.text(2)] as const);
  return {
    irVersion: model.number(1),
    producer: model.text(2),
    version: model.text(3),
    about: model.text(6),
    operatorSet: operatorSet?.number(2) ?? 0,
    name: graph.text(2),
    notes: Object.fromEntries(notes),
    nodes: graph.messages(1).map(nodeOf),
    constants: new Map(graph.messages(5).map((tensor) => [tensor.text(8), valuesOf(tensor)])),
    input: readValue(new Message(graph.bytes(11))),
    inputs: graph.messages(11).map(readValue),
    output: readValue(new Message(graph.bytes(12))),
  };
}

function nodeOf(node: Message): OnnxNode {
  const attributes = node.messages(5).map((attribute) => {
    const read: Record<number, () => number | number[]> = {
      1: () => attribute.number(2),
      2: () => attribute.number(3),
      7: () => attribute.numbersOf(8),
    };
    return [attribute.text(1), (read[attribute.number(20)] as () => number | number[])()] as const;
  });
  return {
    ...{ type: node.text(4), name: node.text(3), inputs: node.texts(1), output: node.text(2) },
    attributes: new Map(attributes),
  };
}

function valuesOf(tensor: Message): Values {
  const raw = tensor.bytes(9);
  const whole = tensor.number(2) === 7;
  const data = Array.from({ length: raw.length / (whole ? 8 : 4) }, (_, i) =>
    whole ? Number(raw.readBigInt64LE(8 * i)) : raw.readFloatLE(4 * i),
  );
  const dims = tensor.numbersOf(1);
  if (sizeOf(dims) !== data.length) throw new RangeError(`constant ${tensor.text(8)}: shape and data differ`);
  return { dims, data };
}

function readValue(info: Message): OnnxValue {
  const tensor = new Message(new Message(info.bytes(2)).bytes(1));
  const dims = new Message(tensor.bytes(2)).messages(1);
  return {
    ...{ name: info.text(1), type: tensor.number(1) },
    dims: dims.map((dim) => (dim.numbers.includes(2) ? dim.text(2) : dim.number(1))),
  };
}

/** What the model makes of its inputs, given in order. Throws where a node takes something that is not there yet. */
export function runOnnx(model: OnnxModel, ...inputs: readonly Values[]): Values {
  const given = model.inputs.map(({ name }, i) => [name, inputs[i] as Values] as const);
  const values = new Map<string, Values>([...model.constants, ...given]);
  for (const { type, inputs: names, output, attributes } of model.nodes) {
    const operator = OPERATORS[type];
    if (operator === undefined) throw new RangeError(`no operator ${type} here`);
    const taken = names.map((name) => {
      const value = values.get(name);
      if (value === undefined && name !== '') throw new RangeError(`${output}: there is no ${name} yet`);
      return value as Values;
    });
    if (values.has(output)) throw new RangeError(`${output} is there twice`);
    const ints = (name: string): number[] => [attributes.get(name) ?? []].flat();
    const float = (name: string, otherwise: number): number => Number(attributes.get(name) ?? otherwise);
    values.set(output, operator(taken, { ints, float }));
  }
  return values.get(model.output.name) as Values;
}
