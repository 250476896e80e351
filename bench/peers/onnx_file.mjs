/**
 * Writes fer-cnn or fer-vgg as an ONNX file with random weights, in the few fields of the format that it needs
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). Layout NCHW, as ONNX has it.
 */
import { Rng } from '../../dist/index.js';

const FLOAT = 1;

function varint(n) {
  const bytes = [];
  let rest = BigInt(n);
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}
const number = (field, n) => Buffer.concat([varint(field << 3), varint(n)]);
const bytes = (field, data) =>
  Buffer.concat([varint((field << 3) | 2), varint(Buffer.byteLength(data)), Buffer.from(data)]);
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));
function float(field, x) {
  const data = Buffer.alloc(4);
  data.writeFloatLE(x);
  return Buffer.concat([varint((field << 3) | 5), data]);
}

function attribute(name, value) {
  if (Array.isArray(value))
    return message(5, bytes(1, name), ...value.map((n) => number(8, n)), number(20, 7));
  return Number.isInteger(value)
    ? message(5, bytes(1, name), number(3, value), number(20, 2))
    : message(5, bytes(1, name), float(2, value), number(20, 1));
}

const node = (type, inputs, output, attributes = {}) =>
  message(
    1,
    ...inputs.map((name) => bytes(1, name)),
    bytes(2, output),
    bytes(4, type),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  );

function value(field, name, dims) {
  const shape = dims.map((d) => message(1, typeof d === 'string' ? bytes(2, d) : number(1, d)));
  return message(field, bytes(1, name), message(2, message(1, number(1, FLOAT), message(2, ...shape))));
}

/** @param convolutions in each of the four blocks: 1 is fer-cnn, 2 is fer-vgg */
export function onnxFile(convolutions) {
  const rng = new Rng(1);
  const nodes = [];
  const weights = [];
  let last = 'images';
  let count = 0;
  const weight = (dims, scale, offset = 0) => {
    const name = `w${weights.length}`;
    const size = dims.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, () => offset + scale * rng.normal());
    const raw = Buffer.from(data.buffer);
    weights.push(
      message(5, ...dims.map((d) => number(1, d)), number(2, FLOAT), bytes(8, name), bytes(9, raw)),
    );
    return name;
  };
  const add = (type, more = [], attributes = {}) => {
    const output = `v${count++}`;
    nodes.push(node(type, [last, ...more], output, attributes));
    last = output;
  };
  const norm = (c) =>
    add('BatchNormalization', [weight([c], 0.1, 1), weight([c], 0.1), weight([c], 0.1), weight([c], 0, 1)], {
      epsilon: 0.001,
    });
  let channels = 1;
  for (const filters of [32, 64, 128, 256]) {
    for (let i = 0; i < convolutions; i++) {
      const kernel = weight([filters, channels, 3, 3], (2 / (9 * channels)) ** 0.5);
      add('Conv', [kernel, weight([filters], 0.1)], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
      add('Elu');
      norm(filters);
      channels = filters;
    }
    add('MaxPool', [], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  add('Flatten');
  let features = 256 * 9;
  for (let i = 0; i < 2; i++) {
    add('Gemm', [weight([features, 64], features ** -0.5), weight([64], 0.1)]);
    add('Elu');
    norm(64);
    features = 64;
  }
  add('Gemm', [weight([64, 7], 0.1), weight([7], 0.1)]);
  add('Softmax', [], { axis: 1 });
  return Buffer.concat([
    number(1, 8), // format version
    message(
      7,
      ...nodes,
      bytes(2, 'fer'),
      ...weights,
      value(11, 'images', ['batch', 1, 48, 48]),
      value(12, last, ['batch', 7]),
    ),
    message(8, number(2, 13)), // operator set
  ]);
}
