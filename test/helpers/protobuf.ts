/** A field of a protobuf message: whole numbers and floats as numbers, everything else as bytes. */
export type Field = readonly [field: number, value: number | Buffer];

/** The fields of a message, by the rules of the wire format (https://protobuf.dev/programming-guides/encoding), in order. */
export function fieldsOf(data: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const skip = (length: number): number => {
    at += length;
    return at - length;
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = data.readUInt8(skip(1));
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const read: Record<number, () => number | Buffer> = {
      0: varint,
      1: () => data.readDoubleLE(skip(8)),
      2: () => {
        const length = varint();
        const start = skip(length);
        if (at > data.length) throw new RangeError(`field ${key >> 3} goes on beyond its message`);
        return data.subarray(start, at);
      },
      5: () => data.readFloatLE(skip(4)),
    };
    found.push([key >> 3, (read[key & 7] as () => number | Buffer)()]);
  }
  return found;
}

/** A message's fields by number. */
export class Message {
  readonly #fields: readonly Field[];

  constructor(data: Buffer) {
    this.#fields = fieldsOf(data);
  }

  /** The numbers of all its fields, each once. */
  get numbers(): number[] {
    return [...new Set(this.#fields.map(([field]) => field))].sort((a, b) => a - b);
  }

  all(field: number): (number | Buffer)[] {
    return this.#fields.filter(([own]) => own === field).map(([, value]) => value);
  }

  numbersOf(field: number): number[] {
    return this.all(field).map(Number);
  }

  texts(field: number): string[] {
    return this.all(field).map(String);
  }

  messages(field: number): Message[] {
    return this.all(field).map((value) => new Message(value as Buffer));
  }

  /** The only one there is. */
  bytes(field: number): Buffer {
    const [value] = this.all(field);
    if (!(value instanceof Buffer)) throw new RangeError(`field ${field} holds no bytes`);
    return value;
  }

  number(field: number): number {
    const [value] = this.all(field);
    if (typeof value !== 'number') throw new RangeError(`field ${field} holds no number`);
    return value;
  }

  text(field: number): string {
    return this.bytes(field).toString();
  }
}
