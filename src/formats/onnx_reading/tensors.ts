import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sizeOf } from '../../gpu/shape.js';
import { RunError } from '../../util/errors.js';
import { fromHalf } from '../../util/halves.js';
import { requireFile } from '../../util/read_whole.js';
import { systemReason } from '../../util/system_reason.js';
import type { ProtoMessage } from '../protobuf_reader.js';

/** An array of a file. */
export interface Constant {
  readonly kind: 'constant';
  readonly dims: readonly number[];
  /** In row-major order. In a list of extents, NaN is the extent of the batch. */
  readonly data: Float32Array | readonly number[];
  /** Reads one number without decoding the whole array; undefined if `data` is already decoded. */
  readonly at?: (i: number) => number;
}

/** Returns a function that reads single numbers of an array, for a single pass over them. */
export const readerOf = (constant: Constant): ((i: number) => number) =>
  constant.at ?? ((i) => constant.data[i] as number);

interface Type {
  readonly size: number;
  readonly read: (view: DataView, at: number) => number;
  /** Field of the tensor that holds the numbers if they are not stored as bytes. */
  readonly field: 'floats' | 'doubles' | 'integers';
  /** Converts an integer of that field to the number; default: the integer itself. */
  readonly meaning?: (stored: number) => number;
}

const brain = (bits: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits * 0x10000);
  return view.getFloat32(0);
};

/** Types by their codes. */
const TYPES: Readonly<Record<number, Type>> = {
  1: { size: 4, field: 'floats', read: (view, at) => view.getFloat32(at, true) },
  2: { size: 1, field: 'integers', read: (view, at) => view.getUint8(at) },
  3: { size: 1, field: 'integers', read: (view, at) => view.getInt8(at) },
  6: { size: 4, field: 'integers', read: (view, at) => view.getInt32(at, true) },
  7: { size: 8, field: 'integers', read: (view, at) => Number(view.getBigInt64(at, true)) },
  9: { size: 1, field: 'integers', read: (view, at) => view.getUint8(at) },
  10: {
    ...{ size: 2, field: 'integers', meaning: fromHalf },
    read: (view, at) => fromHalf(view.getUint16(at, true)),
  },
  11: { size: 8, field: 'doubles', read: (view, at) => view.getFloat64(at, true) },
  16: {
    ...{ size: 2, field: 'integers', meaning: brain },
    read: (view, at) => brain(view.getUint16(at, true)),
  },
};

/** Codes of whole numbers, which describe shapes and axes. */
const WHOLE = new Set([2, 3, 6, 7, 9]);
/** Fields of a tensor that hold its numbers. */
const FIELDS = { floats: 4, doubles: 10, integers: 7 } as const;
const [INTEGERS_32, RAW, EXTERNAL, LOCATION] = [5, 9, 13, 14];
/** Most extents of an array. */
const MOST_DIMS = 8;

/** Reads the arrays of one file, including large ones that PyTorch stores in other files beside it. */
export class Tensors {
  readonly #others = new Map<string, Uint8Array>();

  constructor(private readonly path: string) {}

  /** Total bytes of these other files. */
  get otherBytes(): number {
    return [...this.#others.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Reads an array. Throws RunError if it is damaged or its type is not supported. */
  read(tensor: ProtoMessage): Constant {
    const name = tensor.text(8);
    const fail = (why: string): never => {
      throw new RunError(`${this.path}: array "${name}": ${why}`);
    };
    const dims = tensor.integers(1);
    const code = tensor.integer(2) ?? 0;
    const type = TYPES[code];
    if (type === undefined)
      return fail(`numbers of type ${code} are not supported; only floats and whole numbers`);
    if (dims.length > MOST_DIMS || dims.some((extent) => !(extent >= 0)))
      return fail(`damaged: its shape is [${dims.slice(0, MOST_DIMS + 1).join(', ')}]`);
    const raw = tensor.integer(LOCATION) === 1 ? this.#external(tensor, fail) : tensor.bytes(RAW);
    const count = sizeOf(dims);
    const given = raw === undefined ? stored(tensor, code, type) : raw.length / type.size;
    const found = typeof given === 'number' ? given : given.length;
    if (found !== count)
      return fail(`damaged: it has ${found} numbers; its shape [${dims.join(', ')}] has ${count}`);
    if (code === 1 && raw !== undefined) return floatsIn(raw, dims);
    const data = WHOLE.has(code) ? new Array<number>(count) : new Float32Array(count);
    if (typeof given !== 'number') {
      for (let i = 0; i < count; i++) data[i] = given[i] as number;
    } else if (raw !== undefined) {
      const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
      for (let i = 0; i < count; i++) data[i] = type.read(view, i * type.size);
    }
    return { kind: 'constant', dims, data };
  }

  /** The bytes of an array that another file holds. Only files in the same folder are opened. */
  #external(tensor: ProtoMessage, fail: (why: string) => never): Uint8Array {
    const entries = tensor
      .messages(EXTERNAL, 'place')
      .map((entry) => [entry.text(1), entry.text(2)] as const);
    const about = new Map(entries);
    const location = about.get('location') ?? '';
    if (!/^[^/\\\0]+$/.test(location) || location === '..' || location === '.') {
      return fail(`it is stored in "${location}"; only files in the same folder are opened`);
    }
    const whole = this.#other(location, fail);
    const offset = Number(about.get('offset') ?? 0);
    const length = Number(about.get('length') ?? whole.length - offset);
    const fits =
      Number.isInteger(offset) &&
      Number.isInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= whole.length;
    if (!fits) {
      return fail(
        `${location} has ${whole.length} bytes, and bytes ${offset} to ${offset + length} are needed; take another copy of both files`,
      );
    }
    return whole.subarray(offset, offset + length);
  }

  #other(location: string, fail: (why: string) => never): Uint8Array {
    const known = this.#others.get(location);
    if (known !== undefined) return known;
    const path = join(dirname(this.path), location);
    try {
      requireFile(path);
      const bytes = readFileSync(path);
      this.#others.set(location, bytes);
      return bytes;
    } catch (cause) {
      return fail(
        `it is stored in ${location}, which cannot be read (${systemReason(cause)}); put that file beside this one, or export it as one file (external_data=False)`,
      );
    }
  }
}

/** Floats that are stored as bytes. Large arrays are decoded only when needed. */
function floatsIn(raw: Uint8Array, dims: readonly number[]): Constant {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  let copy: Float32Array | undefined;
  return {
    kind: 'constant',
    dims,
    at: (i) => view.getFloat32(4 * i, true),
    get data() {
      copy ??= new Float32Array(Uint8Array.from(raw).buffer);
      return copy;
    },
  };
}

/** The numbers of an array that are stored as fields. */
function stored(tensor: ProtoMessage, code: number, { field, meaning }: Type): ArrayLike<number> {
  if (field === 'floats') return tensor.floats(FIELDS.floats);
  if (field === 'doubles') return tensor.doubles(FIELDS.doubles);
  const numbers = tensor.integers(code === 7 ? FIELDS.integers : INTEGERS_32);
  return meaning === undefined ? numbers : numbers.map((bits) => meaning(bits & 0xffff));
}
