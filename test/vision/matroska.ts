import jpeg from 'jpeg-js';

/** A gray picture as a JPEG file. */
export function jpegOf(width: number, height: number, tone: number): Buffer {
  const data = Buffer.alloc(width * height * 4, tone);
  return jpeg.encode({ width, height, data }, 80).data;
}

/** A Matroska file of JPEG pictures, each at its own time in milliseconds; under 30 seconds. */
export function matroska(
  frames: readonly { ms: number; picture: Buffer }[],
  width: number,
  height: number,
): Buffer {
  const header = element('1a45dfa3', [text('4282', 'matroska'), number('4287', 4), number('4285', 2)]);
  const info = element('1549a966', [number('2ad7b1', 1_000_000), text('4d80', 'test'), text('5741', 'test')]);
  const video = element('e0', [number('b0', width), number('ba', height)]);
  const track = element('ae', [
    number('d7', 1),
    number('73c5', 1),
    number('83', 1),
    text('86', 'V_MJPEG'),
    video,
  ]);
  const blocks = frames.map(({ ms, picture }) =>
    element('a3', [Buffer.of(0x81, ms >> 8, ms & 255, 0x80), picture]),
  );
  const cluster = element('1f43b675', [number('e7', 0), ...blocks]);
  return Buffer.concat([header, element('18538067', [info, element('1654ae6b', [track]), cluster])]);
}

/** An element of EBML: its number, the size of its content in eight bytes, its content. */
function element(id: string, content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length) | (1n << 56n));
  return Buffer.concat([Buffer.from(id, 'hex'), size, body]);
}

function number(id: string, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return element(id, [bytes]);
}

function text(id: string, value: string): Buffer {
  return element(id, [Buffer.from(value)]);
}
