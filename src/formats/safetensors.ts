import { createHash } from 'node:crypto';
import { sizeOf } from '../gpu/shape.js';
import type { NamedArray } from '../nn/parameters.js';
import { RunError } from '../util/errors.js';
import { foreignJson } from '../util/foreign.js';

/** The metadata key of the checksum, and its placeholder while the checksum is computed. */
const [CHECKSUM, BLANK] = ['sha256', '0'.repeat(64)];

/**
 * Encodes named float32 arrays in the safetensors format (https://huggingface.co/docs/safetensors): 8 bytes of header length
 * (little endian), a JSON header with name -> {dtype, shape, data_offsets} and texts in `__metadata__`, then the data. The
 * metadata contains a checksum, so that every changed bit is noticed: the SHA-256 of the whole file, computed with zeros in place
 * of the checksum.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { ...metadata, [CHECKSUM]: BLANK } };
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  // Spaces align the data to eight bytes, as the format requires.
  const text = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  text.set(json);
  const bytes = new Uint8Array(8 + text.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  const checksum = createHash('sha256').update(bytes).digest('hex');
  bytes.set(Buffer.from(checksum), placeOf(bytes, BLANK));
  return bytes;
}

/** The offset of the checksum in a file; -1 if the file does not contain it. */
function placeOf(bytes: Uint8Array, checksum: string): number {
  const key = `"${CHECKSUM}":"`;
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(`${key}${checksum}"`);
  return at < 0 ? -1 : at + key.length;
}

/** Whether a file has the checksum that its metadata states. */
function isIntact(bytes: Uint8Array, checksum: string): boolean {
  const place = placeOf(bytes, checksum);
  if (checksum.length !== BLANK.length || place < 0) return false;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place + BLANK.length)];
  return createHash('sha256').update(before).update(BLANK).update(after).digest('hex') === checksum;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

export interface Safetensors {
  readonly tensors: Map<string, NamedArray>;
  /** The texts in `__metadata__`, without the checksum. */
  readonly metadata: Record<string, string>;
  /** Whether the file has a checksum, which is then correct. Files of other programs have none. */
  readonly verified: boolean;
}

/**
 * Decodes a safetensors file. Throws RunError when it is not such a file, when its arrays overlap or leave gaps in the data,
 * which the format forbids, or when its checksum is wrong.
 * @param source name of the file, for messages
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const damaged = (why: string): never => {
    throw new RunError(
      `${source}: not a readable .safetensors file (${why}); expected a weight file of fer-tui, or a model as .h5, .keras or .onnx`,
    );
  };
  const header = headerOf(bytes, damaged);
  if (typeof header !== 'object' || header === null) return damaged('its header is no object');
  const { __metadata__: metadata, ...entries } = header as Record<string, unknown>;
  const body = bytes.subarray(8 + headerLength(bytes));
  const tensors = new Map<string, NamedArray>();
  const places: { name: string; from: number; to: number }[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) return damaged(`${name} has no type, shape or place`);
    const {
      dtype,
      shape,
      data_offsets: [from, to],
    } = entry;
    if (dtype !== 'F32') damaged(`${name} is ${dtype}, expected F32`);
    if (to > body.length || to - from !== sizeOf(shape) * 4) damaged(`${name} is incomplete`);
    places.push({ name, from, to });
    tensors.set(name, { shape, data: new Float32Array(new Uint8Array(body.subarray(from, to)).buffer) });
  }
  let end = 0;
  for (const { name, from, to } of places.sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) damaged(`${name} begins at byte ${from} of the data, expected ${end}`);
    end = to;
  }
  if (end !== body.length) damaged(`${body.length} bytes of data, expected ${end}`);
  const texts = Object.entries(metadata ?? {}).filter(([, text]) => typeof text === 'string');
  const { [CHECKSUM]: checksum, ...rest } = Object.fromEntries(texts) as Record<string, string>;
  if (checksum !== undefined && !isIntact(bytes, checksum)) {
    throw new RunError(
      `${source}: damaged: its checksum does not fit its content; take another copy of the file, or train again`,
    );
  }
  return { tensors, metadata: rest, verified: checksum !== undefined };
}

const headerLength = (bytes: Uint8Array): number =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));

/** The parsed header. @param otherwise called with the reason if it cannot be read */
export function headerOf<T>(bytes: Uint8Array, otherwise: (why: string) => T): unknown {
  if (bytes.length < 8) return otherwise(`only ${bytes.length} bytes`);
  const length = headerLength(bytes);
  if (length > bytes.length - 8) return otherwise('its header is cut off');
  try {
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    return foreignJson(text, 'its header');
  } catch (cause) {
    return otherwise((cause as Error).message);
  }
}

function isEntry(value: unknown): value is HeaderEntry {
  const { dtype, shape, data_offsets: place } = (value ?? {}) as Partial<Record<keyof HeaderEntry, unknown>>;
  const counts = (list: unknown): boolean =>
    Array.isArray(list) && list.every((n) => Number.isInteger(n) && n >= 0);
  return typeof dtype === 'string' && counts(shape) && counts(place) && (place as unknown[]).length === 2;
}
