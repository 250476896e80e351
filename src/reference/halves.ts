/** float16 as IEEE 754 has it (binary16): what Node 20's typed arrays do not know. */

/** The number that 16 bits stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const digits = bits & 1023;
  if (exponent === 0) return sign * digits * 2 ** -24;
  if (exponent === 31) return digits === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + digits) * 2 ** (exponent - 25);
}

/** The bits of a number that a half can hold; RangeError for any other. */
export function toHalf(value: number): number {
  const size = Math.abs(value);
  const exponent = size === 0 ? -14 : Math.max(-14, Math.floor(Math.log2(size)));
  const bits = (size / 2 ** (exponent - 10)) as number;
  const half = bits < 1024 ? bits : ((exponent + 15) << 10) | (bits - 1024);
  const whole = (value < 0 ? 0x8000 : 0) | half;
  if (fromHalf(whole) !== value) throw new RangeError(`${value} is no float16`);
  return whole;
}

/** Two halves in each word, the first in its low bits, as shaders/parts/storage.wgsl stores them. */
export function packHalves(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(
    { length: values.length / 2 },
    (_, i) => (toHalf(values[2 * i + 1] as number) * 0x10000 + toHalf(values[2 * i] as number)) >>> 0,
  );
}

/** What packHalves packed. */
export function unpackHalves(words: Uint32Array): Float64Array {
  const halves = new Uint16Array(words.buffer, words.byteOffset, 2 * words.length);
  return Float64Array.from(halves, fromHalf);
}
