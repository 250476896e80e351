/** The kinds of files that stand beside faces, told by their first bytes: names lie. */

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');

/** What a file is: `JPEG` and `PNG` are read; other kinds have the names that their users know. Undefined: no known picture. */
export function pictureKind(bytes: Uint8Array): string | undefined {
  const start = ascii(bytes, 0, 4);
  if (start.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (start === '\x89PNG') return 'PNG';
  if (start === 'GIF8') return 'GIF';
  if (start === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return 'WebP';
  if (start.startsWith('BM')) return 'BMP';
  if (start === 'II*\0' || start === 'MM\0*') return 'TIFF';
  if (ascii(bytes, 4, 8) === 'ftyp') return /^avi/.test(ascii(bytes, 8, 12)) ? 'AVIF' : 'HEIC';
  if (ascii(bytes, 4, 8) === 'jP  ') return 'JPEG 2000';
  if (/^P[1-7]\s/.test(start)) return 'PNM';
  return undefined;
}
