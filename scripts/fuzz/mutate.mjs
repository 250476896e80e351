// Changes to files as damage and ill will make them.

/** A random generator (mulberry32): `next()` in [0, 1), `below(n)`, `of(list)`. */
export function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  return { next, below, of: (list) => list[below(list.length)] };
}

const INTEGERS = [0, 1, -1, 2, 7, 8, 16, 64, 127, 128, 255, 256, 1000, 0x7fff, 0x8000, 0xffff, 65_537];
const LONGS = [...INTEGERS, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000000, 100_000_000];
const NUMBERS = [
  '-1',
  '0',
  '1e400',
  '-1e400',
  'NaN',
  'null',
  '0.5',
  '1e9',
  '99999999999999999999',
  '[]',
  '{}',
  'true',
];
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\u0000', 'length'];

const spot = (random, bytes, size) => random.below(Math.max(1, bytes.length - size + 1));

/** A part of a file: from one place to before another. */
function part(random, bytes) {
  const from = random.below(bytes.length);
  const length = 1 + random.below(random.of([4, 16, 64, 512, bytes.length]));
  return [from, Math.min(bytes.length, from + length)];
}

const BINARY = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, random) => {
    bytes[random.below(bytes.length)] = random.of([0, 1, 127, 128, 255, random.below(256)]);
    return bytes;
  },
  (bytes, random) => {
    if (bytes.length < 8) return bytes;
    const value = random.of(LONGS) >>> 0;
    const at = spot(random, bytes, 8);
    const write = random.of(['writeUInt32LE', 'writeUInt32BE', 'writeUInt16LE', 'writeUInt16BE', 'wide']);
    if (write === 'wide')
      bytes.writeBigUInt64LE(random.of([0n, 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]), at);
    else bytes[write](write.includes('16') ? value & 0xffff : value, at);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => {
    const [from, to] = part(random, bytes);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const [from, to] = part(random, bytes);
    const copies = Array(random.of([2, 3, 20])).fill(bytes.subarray(from, to));
    return Buffer.concat([bytes.subarray(0, from), ...copies, bytes.subarray(to)]);
  },
  (bytes, random, other) => {
    const [from, to] = part(random, other);
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at)]);
  },
  (bytes, random, other) => {
    const [from, to] = part(random, other);
    other.copy(bytes, random.below(bytes.length), from, to);
    return bytes;
  },
];

/** One of the places where a pattern is found, replaced. */
function replaceOne(text, pattern, random, by) {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { 0: old, index } = random.of(found);
  return text.slice(0, index) + by + text.slice(index + old.length);
}

const TEXTS = [
  (text, random) => replaceOne(text, /-?\d+(\.\d+)?/g, random, random.of(NUMBERS)),
  (text, random) => replaceOne(text, /[A-Za-z_]{2,}/g, random, random.of(NAMES)),
  (text, random) => replaceOne(text, /"[^"]*"|\[[^[\]]*\]|\{[^{}]*\}/g, random, random.of(NUMBERS)),
  (text, random) =>
    replaceOne(text, /[[{"]/g, random, random.of(['[', '{', '"', '"a":']).repeat(random.of([1, 3, 2000]))),
  (text, random) =>
    replaceOne(
      text,
      /\n/g,
      random,
      random.of(['\n', '\r\n', ' ', ',', '\0']).repeat(random.of([0, 2, 1000])),
    ),
];

/** Changes a file in one to four ways. @param other a file to take parts from */
export function mutate(file, random, other) {
  let bytes = Buffer.from(file);
  const text = looksLikeText(bytes);
  for (let n = 1 + random.below(4); n > 0 && bytes.length > 0; n--) {
    if (text && random.next() < 0.7)
      bytes = Buffer.from(random.of(TEXTS)(bytes.toString('latin1'), random), 'latin1');
    else bytes = Buffer.from(random.of(BINARY)(bytes, random, other));
  }
  return bytes;
}

const looksLikeText = (bytes) => bytes.subarray(0, 400).every((byte) => byte >= 9 && byte < 127);
