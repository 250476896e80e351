import type { Shape } from '../gpu/shape.js';
import { VERSION } from '../util/version.js';
import { bytes, float, integer, message } from './protobuf.js';

/** Encodes the part of the ONNX format that networks need (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). */
const IR_VERSION = 8;
const OPERATOR_SET = 13;
/** Type codes of values. */
export const TYPES = { float: 1, uint8: 2, int64: 7 } as const;
/** Type codes of attributes. */
const KIND = { float: 1, int: 2, ints: 7 } as const;

export type Attributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

function attribute([name, value]: [string, Attributes[string]]): Buffer {
  if (typeof value === 'number') return message(5, bytes(1, name), integer(3, value), integer(20, KIND.int));
  if ('float' in value) return message(5, bytes(1, name), float(2, value.float), integer(20, KIND.float));
  return message(5, bytes(1, name), ...value.map((n) => integer(8, n)), integer(20, KIND.ints));
}

export function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Attributes,
): Buffer {
  return message(
    1,
    ...inputs.map((name) => bytes(1, name)),
    bytes(2, output),
    bytes(3, output),
    bytes(4, type),
    ...Object.entries(attributes).map(attribute),
  );
}

/** Describes an input or output. @param field number of the field in the graph @param type type code; default float32 */
export function value(
  field: number,
  name: string,
  dims: readonly (number | string)[],
  type: number = TYPES.float,
): Buffer {
  const shape = dims.map((d) => message(1, typeof d === 'string' ? bytes(2, d) : integer(1, d)));
  return message(field, bytes(1, name), message(2, message(1, integer(1, type), message(2, ...shape))));
}

/** Encodes a constant: float32, or int64 where an operator needs whole numbers. */
export function tensor(name: string, dims: Shape, data: Float32Array | BigInt64Array): Buffer {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const type = data instanceof Float32Array ? TYPES.float : TYPES.int64;
  return message(5, ...dims.map((d) => integer(1, d)), integer(2, type), bytes(8, name), bytes(9, raw));
}

/**
 * Encodes the whole file.
 * @param graph encoded nodes, tensors and values @param notes stored as metadata @param about description of the model for people
 */
export function model(
  name: string,
  graph: readonly Buffer[],
  notes: Readonly<Record<string, string>>,
  about: string,
): Buffer {
  return Buffer.concat([
    integer(1, IR_VERSION),
    bytes(2, 'fer-tui'),
    bytes(3, VERSION),
    bytes(6, about),
    message(7, bytes(2, name), ...graph),
    message(8, integer(2, OPERATOR_SET)),
    ...Object.entries(notes).map(([key, text]) => message(14, bytes(1, key), bytes(2, text))),
  ]);
}
