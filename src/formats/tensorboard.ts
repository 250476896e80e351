import { bytes, double, float, integer, message } from './protobuf.js';

/**
 * Encodes the part of TensorBoard's event files that curves need. A file is a list of TFRecords
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord):
 *
 *   uint64 length, uint32 masked CRC of the length, bytes, uint32 masked CRC of the bytes; all little-endian
 *
 * and the bytes of each are an `Event` in protobuf's wire format (tensorflow/core/util/event.proto, summary.proto):
 *
 *   Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
 *   Summary { repeated Value value = 1; }  Value { string tag = 1; float simple_value = 2; }
 */

/** The values of one step, by tag. */
export interface Scalars {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Encodes the first record of a file, which states the version of the format. */
export function encodeFileVersion(wallTime: number): Uint8Array {
  return record(Buffer.concat([double(1, wallTime), bytes(3, 'brain.Event:2')]));
}

/** Encodes a record of values. */
export function encodeScalars({ wallTime, step, values }: Scalars): Uint8Array {
  const summary = Object.entries(values).map(([tag, value]) => message(1, bytes(1, tag), float(2, value)));
  return record(Buffer.concat([double(1, wallTime), integer(2, step), message(5, ...summary)]));
}

/** The record of one event: its bytes with length and checksums. */
function record(data: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(data.length + 16);
  frame.writeBigUInt64LE(BigInt(data.length), 0);
  frame.writeUInt32LE(maskedCrc(frame.subarray(0, 8)), 8);
  frame.set(data, 12);
  frame.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return frame;
}

/** TensorFlow's masked CRC: rotated and shifted, because a CRC of data that contains CRCs is weak. */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial, with reversed bits. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc >>> 0;
});

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 255] as number);
  return (crc ^ 0xffffffff) >>> 0;
}
