/** The kinds of pictures, determined by their first bytes: file names may be wrong. */

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');

/** Kinds that are read. */
export const READ_KINDS = ['JPEG', 'PNG', 'WebP', 'GIF', 'TIFF', 'AVIF', 'BMP'] as const;
/** The kinds that are read, for messages. */
export const PICTURE_KINDS = `${READ_KINDS.slice(0, -1).join(', ')} or ${READ_KINDS.at(-1)}`;
/** Kinds that are known by name, but not read. */
type OtherKind = 'HEIC' | 'JPEG 2000' | 'JPEG XL' | 'PNM' | 'Photoshop' | 'SVG' | 'icon';
/** What a picture is, by the name that its users know. */
export type PictureKind = (typeof READ_KINDS)[number] | OtherKind;

/** What a file is by its first 512 bytes; undefined: no known picture. */
export function pictureKind(bytes: Uint8Array): PictureKind | undefined {
  const start = ascii(bytes, 0, 4);
  if (start.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (start === '\x89PNG') return 'PNG';
  if (start === 'GIF8') return 'GIF';
  if (start === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return 'WebP';
  if (start.startsWith('BM') && ascii(bytes, 6, 10) === '\0\0\0\0') return 'BMP';
  if (/^(II[*+]\0|MM\0[*+])/.test(start)) return 'TIFF';
  if (ascii(bytes, 4, 8) === 'ftyp') return heifKind(bytes);
  if (ascii(bytes, 4, 8) === 'jP  ' || start === '\xff\x4f\xff\x51') return 'JPEG 2000';
  if (ascii(bytes, 4, 8) === 'JXL ' || start.startsWith('\xff\x0a')) return 'JPEG XL';
  if (start === '8BPS') return 'Photoshop';
  if (start === '\0\0\x01\0') return 'icon';
  if (/^P[1-7]\s/.test(start)) return 'PNM';
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--[^>]*-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg/i.test(ascii(bytes, 0, 512)))
    return 'SVG';
  return undefined;
}

/** HEIF files say what they hold in a list of brands (ISO/IEC 23008-12, 14496-12); films have other brands. */
function heifKind(bytes: Uint8Array): 'AVIF' | 'HEIC' | undefined {
  const length = Math.min(Buffer.from(bytes.subarray(0, 4)).readUInt32BE(), bytes.length);
  const brands = ascii(bytes, 8, length).match(/.{4}/gs) ?? [];
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'AVIF';
  return brands.some((brand) => /^(hei[cmsx]|hev[cmsx]|mif1|msf1)$/.test(brand)) ? 'HEIC' : undefined;
}
