/**
 * Encodes protocol buffers (https://protobuf.dev/programming-guides/encoding). A message is a list of fields. A field is a
 * key, which combines the field's number with its wire type, and a value.
 */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];
const key = (field: number, wire: number): Buffer => varint((field << 3) | wire);

/**
 * Seven bits per byte, lowest first. The top bit says that another byte follows. Negative numbers are encoded as 64-bit two's
 * complement.
 */
function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
}

/** A whole number. */
export function integer(field: number, value: number): Buffer {
  return Buffer.concat([key(field, VARINT), varint(value)]);
}

export function double(field: number, value: number): Buffer {
  const data = Buffer.alloc(8);
  data.writeDoubleLE(value);
  return Buffer.concat([key(field, FIXED64), data]);
}

export function float(field: number, value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeFloatLE(value);
  return Buffer.concat([key(field, FIXED32), data]);
}

/** A text in UTF-8, or raw bytes. */
export function bytes(field: number, value: string | Uint8Array): Buffer {
  const data = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([key(field, BYTES), varint(data.length), data]);
}

/** A message within a message. */
export function message(field: number, ...parts: readonly Buffer[]): Buffer {
  return bytes(field, Buffer.concat(parts));
}
