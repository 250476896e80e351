import { type Attributes, node, tensor, value } from '../../src/formats/onnx_proto.js';
import { bytes, integer, message } from '../../src/formats/protobuf.js';
import { Rng } from '../../src/util/random.js';

/** A graph as another program might write it. */
export interface Graph {
  /** Extents of the input `x`, without the batch; [C, H, W] mostly. */
  readonly input: readonly number[];
  readonly nodes: readonly Step[];
  /** Arrays by name: their numbers, or a shape to fill at random. */
  readonly arrays?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data?: readonly number[] }>
  >;
  readonly operatorSet?: number;
  /** Name of the output; default: that of the last node. */
  readonly output?: string;
  /** Type code of the input. */
  readonly type?: number;
  readonly producer?: string;
  /** Default: `graph`. */
  readonly name?: string;
}

/** An operator, its output, its inputs and its attributes. */
export type Step = readonly [op: string, output: string, inputs: readonly string[], attributes?: Attributes];

/** Whole numbers, for shapes and axes, as against floats. */
const WHOLE = /^(shape|axes|pads)/;

/** The file of a graph. */
export function onnxFile({ input, nodes, arrays = {}, ...more }: Graph): Buffer {
  const rng = new Rng(3);
  const {
    operatorSet = 17,
    output = nodes.at(-1)?.[1] ?? '',
    type,
    producer = 'pytorch',
    name = 'graph',
  } = more;
  const tensors = Object.entries(arrays).map(([name, { shape, data }]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    if (WHOLE.test(name)) return tensor(name, shape, BigInt64Array.from(data ?? [], BigInt));
    return tensor(
      name,
      shape,
      Float32Array.from(data ?? Array.from({ length: size }, () => rng.normal() / 2)),
    );
  });
  const graph = [
    ...nodes.map(([op, to, inputs, attributes = {}]) => node(op, inputs, to, attributes)),
    bytes(2, name),
    ...tensors,
    value(11, 'x', ['batch', ...input], type),
    value(12, output, ['batch', 'classes']),
  ];
  return Buffer.concat([
    integer(1, 8),
    bytes(2, producer),
    bytes(3, '2.13'),
    bytes(6, 'a test'),
    message(7, ...graph),
    message(8, integer(2, operatorSet)),
  ]);
}
