/** Four quarters of plain colours, 40 x 20: red, green, blue, white. */
export const COLOURS = [
  [250, 10, 20],
  [30, 240, 10],
  [20, 30, 230],
  [255, 255, 255],
] as const;
export const [WIDTH, HEIGHT] = [40, 20] as const;
const colourAt = (x: number, y: number) =>
  COLOURS[(x < WIDTH / 2 ? 0 : 1) + (y < HEIGHT / 2 ? 0 : 2)] ?? COLOURS[0];
/** Red, green, blue of each pixel. */
export const pixels = Buffer.from(
  Array.from({ length: WIDTH * HEIGHT }, (_, i) => [...colourAt(i % WIDTH, Math.floor(i / WIDTH))]).flat(),
);

/** Red, green and blue of some pixels. */
export type Colours = readonly (readonly number[])[];
/** Pixels as BMP has them: blue, green, red. */
export const bgr = (colours: Colours): Buffer =>
  Buffer.from(colours.flatMap(([r = 0, g = 0, b = 0]) => [b, g, r]));

/** A BMP file of the quarters. @param rows packs a row of pixels @param top rows come from the top */
export function bmp({
  bits,
  header = 40,
  top = false,
  palette = [],
  masks,
  row,
}: {
  bits: number;
  header?: 12 | 40 | 124;
  top?: boolean;
  palette?: readonly (readonly number[])[];
  masks?: readonly number[];
  row: (colours: Colours) => Buffer;
}): Buffer {
  const lines = Array.from({ length: HEIGHT }, (_, y) => {
    const line = row(Array.from({ length: WIDTH }, (_, x) => colourAt(x, y)));
    return Buffer.concat([line, Buffer.alloc((4 - (line.length % 4)) % 4)]);
  });
  const body = Buffer.concat(top ? lines : lines.reverse());
  const head = Buffer.alloc(14 + header);
  head.write('BM');
  head.writeUInt32LE(header, 14);
  if (header === 12)
    [WIDTH, HEIGHT, 1, bits].forEach((value, i) => void head.writeUInt16LE(value, 18 + 2 * i));
  else {
    head.writeInt32LE(WIDTH, 18);
    head.writeInt32LE(top ? -HEIGHT : HEIGHT, 22);
    head.writeUInt16LE(1, 26);
    head.writeUInt16LE(bits, 28);
    if (masks !== undefined) head.writeUInt32LE(3, 30);
    if (header > 40) masks?.forEach((mask, i) => void head.writeUInt32LE(mask, 54 + 4 * i));
  }
  const after = header === 40 ? (masks ?? []) : [];
  const colours = palette.flatMap(([r = 0, g = 0, b = 0]) => (header === 12 ? [b, g, r] : [b, g, r, 0]));
  const table = Buffer.alloc(4 * after.length + colours.length);
  after.forEach((mask, i) => void table.writeUInt32LE(mask, 4 * i));
  table.set(colours, 4 * after.length);
  head.writeUInt32LE(head.length + table.length, 10);
  head.writeUInt32LE(head.length + table.length + body.length, 2);
  return Buffer.concat([head, table, body]);
}
