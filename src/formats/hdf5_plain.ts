import { fromHalf } from '../util/halves.js';
import type { H5Dataset, H5Group, H5Value, ReadLimits } from './hdf5_tree.js';

/**
 * Reads HDF5 files in the default form of h5py, so nearly all files of Keras: version 0 of the format, old-style groups,
 * contiguous arrays without compression (https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html, cited as III.B and so on). This
 * takes a tenth of the time and a fifth of the memory of the HDF5 library, which reads all other files.
 */

/** The file is not in that form, or is damaged. */
class Unusual extends Error {}

function need(condition: boolean): asserts condition {
  if (!condition) throw new Unusual();
}

/** Deepest nesting of groups, and most blocks of one list. */
const DEEPEST = 32;
const MOST_OBJECTS = 100_000;
const MOST_DIMS = 32;

/** Reads a whole file; undefined if it is in another form or damaged: then the library reads it or reports the damage. */
export function readPlainH5(bytes: Uint8Array, limits: ReadLimits): H5Group | undefined {
  try {
    return new PlainFile(bytes, limits).root();
  } catch (error) {
    if (error instanceof Unusual || error instanceof RangeError) return undefined; // RangeError: beyond the end
    throw error;
  }
}

/** A message of an object's header (IV.A.2). */
interface Message {
  readonly type: number;
  readonly at: number;
  readonly end: number;
}

/** Types of messages. */
const TYPE = { space: 1, links: 2, datatype: 3, link: 6, layout: 8, filters: 11, attribute: 12 } as const;
const [CONTINUATION, SYMBOLS, ATTRIBUTES] = [16, 17, 21];

/** A data type (IV.A.2.d). */
interface Datatype {
  readonly size: number;
  /** As numpy writes it; undefined for types that are not read. */
  readonly kind: string | undefined;
  readonly text?: 'fixed' | 'variable' | 'filled';
}

/** Classes of data types. */
const [WHOLE, FLOAT, TEXT, VARIABLE] = [0, 1, 3, 9];
/** By size in bytes: numpy's name, and the layout: position and bits of the exponent, position and bits of the mantissa, bias. */
const FLOATS: Readonly<Record<number, readonly [string, string]>> = {
  2: ['<e', '10,5,0,10,15'],
  4: ['<f', '23,8,0,23,127'],
  8: ['<d', '52,11,0,52,1023'],
};
const WHOLES: Readonly<Record<number, string>> = { 1: 'b', 2: 'h', 4: 'i', 8: 'q' };

const NUMBERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  '<e': (view, at) => fromHalf(view.getUint16(at, true)),
  '<f': (view, at) => view.getFloat32(at, true),
  '<d': (view, at) => view.getFloat64(at, true),
  '<b': (view, at) => view.getInt8(at),
  '<B': (view, at) => view.getUint8(at),
  '<h': (view, at) => view.getInt16(at, true),
  '<H': (view, at) => view.getUint16(at, true),
  '<i': (view, at) => view.getInt32(at, true),
  '<I': (view, at) => view.getUint32(at, true),
  '<q': (view, at) => Number(view.getBigInt64(at, true)),
  '<Q': (view, at) => Number(view.getBigUint64(at, true)),
};

class PlainFile {
  readonly #view: DataView;
  /** Objects and bytes of numbers that may still be read before a limit is exceeded. */
  #objects = MOST_OBJECTS;
  #left: number;
  /** Texts of variable length, by the address of their heap. */
  readonly #heaps = new Map<number, ReadonlyMap<number, string>>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly limits: ReadLimits,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = limits.most;
  }

  /** The group that the superblock names (II.A). */
  root(): H5Group {
    const at = 8;
    need(this.#byte(at) === 0 && this.#byte(at + 5) === 8 && this.#byte(at + 6) === 8); // version; bytes of addresses and lengths
    need(this.#long(24) === 0 && this.#long(40) <= this.bytes.length); // begin and end
    const root = this.#object(this.#long(64), 0);
    need('members' in root);
    return root;
  }

  #object(place: number, depth: number): H5Group | H5Dataset {
    need(depth <= DEEPEST && --this.#objects >= 0);
    const messages = this.#messages(place);
    const symbols = messages.find(({ type }) => type === SYMBOLS);
    const attributes = this.#attributes(messages);
    if (symbols === undefined) return this.#dataset(messages, attributes);
    const members = new Map<string, H5Group | H5Dataset>();
    const names = this.#heap(this.#long(symbols.at + 8));
    for (const [name, object] of this.#entries(this.#long(symbols.at), names, 0)) {
      if (depth === 0 && this.limits.skip.includes(name)) continue;
      members.set(name, this.#object(object, depth + 1));
    }
    return { attributes, members };
  }

  /** The messages of an object's header (IV.A.1.a). */
  #messages(place: number): Message[] {
    need(this.#byte(place) === 1); // version
    const messages: Message[] = [];
    const blocks = [{ at: place + 16, end: place + 16 + this.#int(place + 8) }];
    for (let i = 0; i < blocks.length; i++) {
      need(i < DEEPEST);
      const block = blocks[i] as (typeof blocks)[number];
      need(block.end <= this.bytes.length);
      for (let at = block.at; at + 8 <= block.end; ) {
        const [type, size, flags] = [this.#short(at), this.#short(at + 2), this.#byte(at + 4)];
        const message = { type, at: at + 8, end: at + 8 + size };
        need(message.end <= block.end && (flags & 2) === 0); // not shared
        need(type !== TYPE.links && type !== TYPE.link && type !== TYPE.filters && type !== ATTRIBUTES);
        if (type === CONTINUATION) {
          const begin = this.#long(message.at);
          blocks.push({ at: begin, end: begin + this.#long(message.at + 8) });
        } else messages.push(message);
        at = message.end;
      }
    }
    return messages;
  }

  /** The names in a group and the addresses of their objects: a tree of lists (III.A.1, III.C). */
  *#entries(
    place: number,
    names: (at: number) => string,
    depth: number,
  ): Generator<[name: string, object: number]> {
    need(depth <= DEEPEST && --this.#objects >= 0);
    if (this.#word(place) === 'TREE') {
      const count = this.#short(place + 6);
      need(this.#byte(place + 4) === 0); // a tree of names
      for (let i = 0; i < count; i++) yield* this.#entries(this.#long(place + 32 + 16 * i), names, depth + 1);
      return;
    }
    need(this.#word(place) === 'SNOD');
    const count = this.#short(place + 6);
    for (let i = 0; i < count; i++) {
      const at = place + 8 + 40 * i;
      need(this.#int(at + 16) !== 2); // a link to a name
      yield [names(this.#long(at)), this.#long(at + 8)];
    }
  }

  /** Returns a function that reads the names of a group (III.D). */
  #heap(place: number): (at: number) => string {
    need(this.#word(place) === 'HEAP');
    const [size, begin] = [this.#long(place + 8), this.#long(place + 24)];
    const data = this.#slice(begin, size);
    return (at) => {
      const end = data.indexOf(0, at);
      need(at < size && end >= 0);
      return decoded(data.subarray(at, end));
    };
  }

  #dataset(messages: readonly Message[], attributes: ReadonlyMap<string, H5Value>): H5Dataset {
    const [space, datatype, layout] = [TYPE.space, TYPE.datatype, TYPE.layout].map((wanted) =>
      messages.find(({ type }) => type === wanted),
    );
    need(space !== undefined && datatype !== undefined && layout !== undefined);
    const shape = this.#shape(space.at);
    const { kind: own, size, text } = this.#datatype(datatype.at);
    need(shape !== undefined && own !== undefined);
    const kind = String(attributes.get('dtype') ?? own);
    if (text !== undefined) return { shape, kind, data: undefined };
    const [place, length] = this.#numbersOf(layout.at);
    need(length === size * shape.reduce((product, extent) => product * extent, 1));
    return { shape, kind, data: this.#numbers(own, place, length / size, size) };
  }

  /** The address of a dataset's numbers (IV.A.2.i), and their size in bytes. */
  #numbersOf(at: number): [place: number, length: number] {
    need(this.#byte(at) === 3); // version
    const [COMPACT, CONTIGUOUS] = [0, 1];
    if (this.#byte(at + 1) === COMPACT) return [at + 4, this.#short(at + 2)];
    need(this.#byte(at + 1) === CONTIGUOUS);
    const [place, length] = [this.#long(at + 2), this.#long(at + 10)];
    return length === 0 ? [0, 0] : [place, length];
  }

  #numbers(kind: string, place: number, count: number, size: number): Float32Array {
    this.#left -= count * size;
    need(this.#left >= 0);
    const bytes = this.#slice(place, count * size);
    if (kind === '<f') return new Float32Array(Uint8Array.from(bytes).buffer);
    const [view, read] = [new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), NUMBERS[kind]];
    need(read !== undefined);
    return Float32Array.from({ length: count }, (_, i) => read(view, i * size));
  }

  /** The extents of a dataspace (IV.A.2.b); undefined for one without values. */
  #shape(at: number): number[] | undefined {
    const [version, rank] = [this.#byte(at), this.#byte(at + 1)];
    need((version === 1 || version === 2) && rank <= MOST_DIMS);
    if (version === 2 && this.#byte(at + 3) === 2) return undefined;
    const begin = at + (version === 1 ? 8 : 4);
    return Array.from({ length: rank }, (_, i) => this.#long(begin + 8 * i));
  }

  #datatype(at: number): Datatype {
    const [which, bits, size] = [this.#byte(at) & 15, this.#int(at + 1) & 0xffffff, this.#int(at + 4)];
    if (which === WHOLE) {
      const letter = WHOLES[size];
      need(letter !== undefined && (bits & 1) === 0); // lowest byte first
      need(this.#short(at + 8) === 0 && this.#short(at + 10) === 8 * size);
      return { size, kind: `<${bits & 8 ? letter : letter.toUpperCase()}` };
    }
    if (which === FLOAT) {
      const [kind, form] = FLOATS[size] ?? [];
      const fields = [12, 13, 14, 15].map((i) => this.#byte(at + i));
      need((bits & 0x41) === 0 && [...fields, this.#int(at + 16)].join() === form);
      return { size, kind };
    }
    const [padding, unicode] = [bits & 15, (which === TEXT ? bits >> 4 : bits >> 8) & 15];
    const prefix = unicode === 0 ? 'A' : 'S';
    if (which === TEXT) {
      need(size > 0);
      return { size, kind: `${prefix}${size}`, text: padding < 2 ? 'fixed' : 'filled' }; // with zeros, or spaces
    }
    if (which === VARIABLE && padding === 1) return { size, kind: prefix, text: 'variable' };
    return { size, kind: undefined };
  }

  /** Texts, lists of texts, and numbers; others are left out. */
  #attributes(messages: readonly Message[]): Map<string, H5Value> {
    const values = new Map<string, H5Value>();
    for (const { type, at, end } of messages) {
      if (type !== TYPE.attribute) continue;
      // IV.A.2.m. In version 1, every part is padded to a multiple of 8 bytes.
      const version = this.#byte(at);
      need(version >= 1 && version <= 3 && (version === 1 || this.#byte(at + 1) === 0)); // not shared
      const filled = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
      const [length, ofType, ofSpace] = [2, 4, 6].map((i) => this.#short(at + i)) as [number, number, number];
      const begin = at + (version === 3 ? 9 : 8);
      const datatypeAt = begin + filled(length);
      const spaceAt = datatypeAt + filled(ofType);
      const data = spaceAt + filled(ofSpace);
      const { size, kind, text } = this.#datatype(datatypeAt);
      const shape = this.#shape(spaceAt);
      if (kind === undefined || kind === '<e' || shape === undefined) continue;
      const count = shape.reduce((product, extent) => product * extent, 1);
      need(data + count * size <= end);
      const name = decoded(untilZero(this.#slice(begin, length)));
      if (text === undefined) values.set(name, this.#numbers(kind, data, count, size));
      else {
        need(text !== 'filled');
        const texts = Array.from({ length: count }, (_, i) => this.#text(text, data + i * size, size));
        values.set(name, shape.length === 0 ? (texts[0] as string) : texts);
      }
    }
    return values;
  }

  #text(text: 'fixed' | 'variable', at: number, size: number): string {
    if (text === 'fixed') return decoded(untilZero(this.#slice(at, size)));
    if (this.#int(at) === 0) return '';
    const found = this.#texts(this.#long(at + 4)).get(this.#int(at + 12));
    need(found !== undefined);
    return found;
  }

  /** Texts by their numbers (III.E). */
  #texts(place: number): ReadonlyMap<number, string> {
    const known = this.#heaps.get(place);
    if (known !== undefined) return known;
    need(this.#word(place) === 'GCOL');
    const end = place + this.#long(place + 8);
    need(end <= this.bytes.length);
    const texts = new Map<number, string>();
    for (let at = place + 16; at + 16 <= end; ) {
      const [index, length] = [this.#short(at), this.#long(at + 8)];
      if (index === 0) {
        need(length === end - at); // what is free
        break;
      }
      need(at + 16 + length <= end);
      texts.set(index, decoded(untilZero(this.#slice(at + 16, length))));
      at += 16 + Math.ceil(length / 8) * 8;
    }
    this.#heaps.set(place, texts);
    return texts;
  }

  #slice(at: number, length: number): Uint8Array {
    need(at >= 0 && at + length <= this.bytes.length);
    return this.bytes.subarray(at, at + length);
  }

  #byte = (at: number): number => this.#view.getUint8(at);
  #short = (at: number): number => this.#view.getUint16(at, true);
  #int = (at: number): number => this.#view.getUint32(at, true);
  #long = (at: number): number => this.#int(at) + this.#int(at + 4) * 2 ** 32;
  /** The signature of a block: four letters. */
  #word = (at: number): string => decoded(this.#slice(at, 4));
}

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
