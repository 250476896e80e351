import { RunError } from '../util/errors.js';

/**
 * Reads untrusted protocol buffers (https://protobuf.dev/programming-guides/encoding). Opening a message only finds its fields;
 * their content is read on demand, and bytes are not copied. So the cost of a message is proportional to its fields, and the
 * caller decides how deep to read nested messages.
 */

/** Most fields of one message; packed numbers count as one. */
const MOST_FIELDS = 1_000_000;
/** Bytes of the longest whole number. */
const LONGEST = 10;

/** A field: a whole number, 4 or 8 bytes, or some bytes. */
type Value = number | Uint8Array;
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

interface Field {
  readonly wire: number;
  readonly value: Value;
}

/** One message. */
export class ProtoMessage {
  readonly #fields = new Map<number, Field[]>();

  /** File and place, the beginning of error messages. */
  readonly where: string;

  /**
   * Throws RunError where the bytes are no message.
   * @param path name of the file @param place place in the file, outermost message first; empty for the whole file
   */
  constructor(
    bytes: Uint8Array,
    private readonly path: string,
    private readonly place = '',
  ) {
    const where = place === '' ? path : `${path}: ${place}`;
    this.where = where;
    let count = 0;
    for (const { field, wire, value } of fieldsOf(bytes, where)) {
      if (++count > MOST_FIELDS) throw damaged(where, `it has more than ${MOST_FIELDS} fields`);
      const list = this.#fields.get(field);
      if (list === undefined) this.#fields.set(field, [{ wire, value }]);
      else list.push({ wire, value });
    }
  }

  /** All signed integers of a field, packed or not. Those beyond 2^53 are rounded. */
  integers(field: number): number[] {
    return this.#each(field).flatMap(({ wire, value }) => {
      if (wire === VARINT) return [value as number];
      if (wire !== BYTES) throw this.#other(field, 'whole numbers');
      return packed(value as Uint8Array, this.where);
    });
  }

  /** The last integer of a field: the format says that the last value counts. */
  integer(field: number): number | undefined {
    return this.integers(field).at(-1);
  }

  /** All float32 numbers of a field, packed or not. */
  floats(field: number): Float32Array {
    return this.#fixed(field, FIXED32, 4, Float32Array, (view, at) => view.getFloat32(at, true));
  }

  /** All float64 numbers of a field, packed or not. */
  doubles(field: number): Float64Array {
    return this.#fixed(field, FIXED64, 8, Float64Array, (view, at) => view.getFloat64(at, true));
  }

  /** The last one. */
  float(field: number): number | undefined {
    return this.floats(field).at(-1);
  }

  /** Bytes of the file itself. */
  bytesOf(field: number): Uint8Array[] {
    return this.#each(field).map(({ wire, value }) => {
      if (wire !== BYTES) throw this.#other(field, 'bytes');
      return value as Uint8Array;
    });
  }

  /** The last one. */
  bytes(field: number): Uint8Array | undefined {
    return this.bytesOf(field).at(-1);
  }

  texts(field: number): string[] {
    return this.bytesOf(field).map((bytes) => new TextDecoder().decode(bytes));
  }

  /** The last text of a field; empty if there is none. */
  text(field: number): string {
    return this.texts(field).at(-1) ?? '';
  }

  /** @param what name of the messages in errors, before the index */
  messages(field: number, what: string): ProtoMessage[] {
    return this.bytesOf(field).map((bytes, i) => this.#within(bytes, `${what} ${i}`));
  }

  /** The last message of a field. @param what its name in errors */
  message(field: number, what: string): ProtoMessage | undefined {
    const bytes = this.bytes(field);
    return bytes && this.#within(bytes, what);
  }

  #within(bytes: Uint8Array, what: string): ProtoMessage {
    return new ProtoMessage(bytes, this.path, this.place === '' ? what : `${this.place}, ${what}`);
  }

  #each(field: number): readonly Field[] {
    return this.#fields.get(field) ?? [];
  }

  #fixed<T extends Float32Array | Float64Array>(
    field: number,
    kind: number,
    size: number,
    make: new (length: number) => T,
    read: (view: DataView, at: number) => number,
  ): T {
    const pieces = this.#each(field).map(({ wire, value }) => {
      if ((wire !== kind && wire !== BYTES) || (value as Uint8Array).length % size !== 0) {
        throw this.#other(field, `numbers of ${size} bytes`);
      }
      return value as Uint8Array;
    });
    const out = new make(pieces.reduce((sum, piece) => sum + piece.length / size, 0));
    let i = 0;
    for (const { buffer, byteOffset, length } of pieces) {
      const view = new DataView(buffer, byteOffset, length);
      for (let at = 0; at < length; at += size) out[i++] = read(view, at);
    }
    return out;
  }

  #other(field: number, expected: string): RunError {
    return damaged(this.where, `its field ${field} holds something else; expected ${expected}`);
  }
}

const damaged = (where: string, why: string): RunError => new RunError(`${where}: damaged: ${why}`);

/** The fields of a message in order. Throws RunError for a field that is invalid or extends beyond the message. */
function* fieldsOf(
  bytes: Uint8Array,
  where: string,
): Generator<{ readonly field: number; readonly wire: number; readonly value: Value }> {
  for (let at = 0; at < bytes.length; ) {
    const begin = at;
    const cut = (): RunError =>
      damaged(where, `a field at byte ${begin} of ${bytes.length} is incomplete or invalid`);
    const number = (): number => {
      const [value, next] = varint(bytes, at) ?? [0, -1];
      if (next < 0) throw cut();
      at = next;
      return value;
    };
    const key = number();
    const [field, wire] = [Math.floor(key / 8), key % 8];
    if (key < 8 || field >= 2 ** 29) throw cut();
    if (wire === VARINT) {
      yield { field, wire, value: number() };
      continue;
    }
    const size = wire === BYTES ? number() : wire === FIXED32 ? 4 : wire === FIXED64 ? 8 : -1;
    if (size < 0 || size > bytes.length - at) throw cut();
    yield { field, wire, value: bytes.subarray(at, at + size) };
    at += size;
  }
}

/** Decodes packed integers. */
function packed(bytes: Uint8Array, where: string): number[] {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [value, next] = varint(bytes, at) ?? [0, -1];
    if (next < 0) throw damaged(where, 'a list of whole numbers breaks off');
    out.push(value);
    at = next;
  }
  return out;
}

/** The signed integer at an offset, and the offset after it; undefined if it is incomplete. */
function varint(bytes: Uint8Array, from: number): [value: number, next: number] | undefined {
  let [value, at] = [0, from];
  for (let shift = 1; shift < 2 ** 49; shift *= 128) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at];
  }
  let [long, place] = [BigInt(value), 49n];
  for (; at < from + LONGEST; place += 7n) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    long |= BigInt(byte & 127) << place;
    if (byte < 128) return [Number(BigInt.asIntN(64, long)), at];
  }
  return undefined;
}

/**
 * The field numbers of a message, in order; undefined if the bytes are not a message. It reads nothing else, so it is fast on
 * large files.
 */
export function fieldNumbers(bytes: Uint8Array): number[] | undefined {
  const numbers: number[] = [];
  try {
    for (const { field } of fieldsOf(bytes, '')) {
      numbers.push(field);
      if (numbers.length > MOST_FIELDS) return undefined;
    }
    return numbers;
  } catch (error) {
    if (error instanceof RunError) return undefined;
    throw error;
  }
}
