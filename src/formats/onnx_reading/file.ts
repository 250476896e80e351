import { RunError } from '../../util/errors.js';
import { ProtoMessage } from '../protobuf_reader.js';

/**
 * The messages of an ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3), with the fields that networks need; the
 * field numbers are those of onnx.proto3.
 */
export interface OnnxFile {
  readonly producer: string;
  /** Version of the operators. */
  readonly operatorSet: number;
  /** Metadata. */
  readonly notes: Readonly<Record<string, string>>;
  readonly name: string;
  /** In topological order: the inputs of a node are computed before it. */
  readonly nodes: readonly OnnxNode[];
  /** Stored arrays by name. */
  readonly tensors: ReadonlyMap<string, ProtoMessage>;
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly string[];
}

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  /** An empty name is an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, ProtoMessage>;
}

export interface OnnxInput {
  readonly name: string;
  /** Type code. */
  readonly type: number;
  /** NaN: any extent; undefined: the file does not say. */
  readonly dims: readonly number[] | undefined;
}

/** Most nodes of a graph; networks of a thousand layers have a few thousand. */
const MOST_NODES = 5000;

/** Versions of the format. Files with others are not ONNX files. */
const VERSIONS = { from: 2, to: 127 };
/** The keys with which the second field of a model may begin. */
const SECOND = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72]);

/** Whether a file is ONNX, by its beginning: the rest may be damaged. */
export function isOnnx(bytes: Uint8Array): boolean {
  const [first, version = 0, key = 0] = bytes;
  if (first !== 0x08 || version < VERSIONS.from || version > VERSIONS.to || !SECOND.has(key)) return false;
  // The first bytes of a .safetensors file, its length, may look the same.
  return !(bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0x7b);
}

/** Reads the messages. Throws RunError where they are damaged. @param path names the file */
export function readFile(bytes: Uint8Array, path: string): OnnxFile {
  const model = new ProtoMessage(bytes, path);
  const graph = model.message(7, 'graph');
  if (graph === undefined) throw new RunError(`${path}: damaged: an ONNX file without a graph`);
  const nodes = graph.bytesOf(1).length;
  if (nodes > MOST_NODES) {
    throw new RunError(`${path}: it has ${nodes} nodes; at most ${MOST_NODES} are supported`);
  }
  const sets = model.messages(8, 'operator set').map((set) => [set.text(1), set.integer(2)] as const);
  const own = sets.find(([domain]) => isPlain(domain));
  const notes = model.messages(14, 'metadata').map((entry) => [entry.text(1), entry.text(2)] as const);
  return {
    producer: model.text(2),
    operatorSet: own?.[1] ?? 1,
    notes: Object.fromEntries(notes.filter(([key]) => key !== '__proto__')),
    name: graph.text(2),
    nodes: graph.messages(1, 'node').map(nodeOf),
    tensors: new Map(graph.messages(5, 'tensor').map((tensor) => [tensor.text(8), tensor])),
    inputs: graph.messages(11, 'input').map(inputOf),
    outputs: graph.messages(12, 'output').map((output) => output.text(1)),
  };
}

/** Whether a domain of operators is that of ONNX itself. */
export const isPlain = (domain: string): boolean => domain === '' || domain === 'ai.onnx';

function nodeOf(node: ProtoMessage): OnnxNode {
  const attributes = node.messages(5, 'attribute').map((one) => [one.text(1), one] as const);
  return {
    ...{ op: node.text(4), domain: node.text(7), name: node.text(3) },
    ...{ inputs: node.texts(1), outputs: node.texts(2), attributes: new Map(attributes) },
  };
}

function inputOf(input: ProtoMessage): OnnxInput {
  const tensor = input.message(2, 'type')?.message(1, 'tensor');
  const shape = tensor?.message(2, 'shape');
  const dims = shape?.messages(1, 'extent').map((extent) => extent.integer(1) ?? Number.NaN);
  return { name: input.text(1), type: tensor?.integer(1) ?? 0, dims };
}
