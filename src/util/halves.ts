/** float16 (IEEE 754 binary16), for which Node 20 has no typed array. */

/** The number that 16 bits encode. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const digits = bits & 1023;
  if (exponent === 0) return sign * digits * 2 ** -24;
  if (exponent === 31) return digits === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + digits) * 2 ** (exponent - 25);
}

/** The bits of a number that float16 can represent exactly. Throws RangeError for any other. */
export function toHalf(value: number): number {
  const size = Math.abs(value);
  const exponent = size === 0 ? -14 : Math.max(-14, Math.floor(Math.log2(size)));
  const bits = (size / 2 ** (exponent - 10)) as number;
  const half = bits < 1024 ? bits : ((exponent + 15) << 10) | (bits - 1024);
  const whole = (value < 0 ? 0x8000 : 0) | half;
  if (fromHalf(whole) !== value) throw new RangeError(`${value} has no exact float16`);
  return whole;
}

/** Packs two float16 values per word, the first in the low bits, like shaders/parts/storage.wgsl. */
export function packHalves(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(
    { length: values.length / 2 },
    (_, i) => (toHalf(values[2 * i + 1] as number) * 0x10000 + toHalf(values[2 * i] as number)) >>> 0,
  );
}

/** The inverse of packHalves. */
export function unpackHalves(words: Uint32Array): Float64Array {
  const halves = new Uint16Array(words.buffer, words.byteOffset, 2 * words.length);
  return Float64Array.from(halves, fromHalf);
}
