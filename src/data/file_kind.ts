import { basename } from 'node:path';
import { isTar } from '../archives/tar.js';
import { encodingOf } from './csv_dialect.js';
import { FACES_MAGIC } from './faces_file.js';
import { pictureKind } from './picture_kind.js';

/** The kind of a file, determined by its first bytes: its name may be wrong. */
export type FileKind =
  | { readonly read: 'zip' | 'gzip' | 'zstd' | 'tar' | 'table' | 'faces'; readonly what: string }
  /** Not supported: what it is, and what the user can do. */
  | { readonly read: undefined; readonly what: string; readonly wayOut: string };

/** Number of first bytes that determine what a file is. */
export const BEGINNING = 512;

/** Beginnings as latin1, what they tell, and the command that unpacks FILE. */
const PACKED: readonly (readonly [start: string, what: string, command: string])[] = [
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive', '7z x'],
  ['Rar!\x1a\x07', 'a RAR archive', 'unrar x'],
  ['\xfd7zXZ\0', 'a file packed with xz', 'unxz'],
  ['BZh', 'a file packed with bzip2', 'bunzip2'],
  ['\x04\x22\x4d\x18', 'a file packed with lz4', 'unlz4'],
  ['LZIP', 'a file packed with lzip', 'lzip -d'],
  ['\x1f\x9d', 'a file packed with compress', 'uncompress'],
  ['PK\x07\x08', 'a part of a zip archive in several files', '7z x'],
];

/** A file that is neither text nor of a known kind. */
export const UNKNOWN = 'a file of an unknown kind';

const EXPORT = 'write it as CSV with the columns emotion, pixels and Usage';
const MODEL = 'if it is a model, pass it with --weights';
const AGAIN = 'download it again';

const OTHERS: readonly (readonly [start: string, what: string, wayOut: string])[] = [
  ['PAR1', 'a Parquet table', EXPORT],
  ['ARROW1', 'an Arrow table', EXPORT],
  ['FEA1', 'a Feather table', EXPORT],
  ['\x93NUMPY', 'a NumPy array', EXPORT],
  ['MATLAB 5.0 MAT-file', 'a MATLAB file', EXPORT],
  ['SQLite format 3\0', 'an SQLite database', EXPORT],
  ['\xd0\xcf\x11\xe0', 'an Office document', EXPORT],
  ...['\x02', '\x03', '\x04', '\x05'].map(
    (version) => [`\x80${version}`, 'a Python pickle', `${EXPORT}; ${MODEL}`] as const,
  ),
  ['\x89HDF\r\n', 'an HDF5 file', `${EXPORT}; ${MODEL}`],
  ['%PDF', 'a PDF document', EXPORT],
  ['version https://git-lfs', 'a pointer of Git LFS, not the file itself', 'fetch it with "git lfs pull"'],
];

const TEXTS: readonly (readonly [start: RegExp, what: string, wayOut: string])[] = [
  [
    /^\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)/is,
    'a web page',
    `${AGAIN}: the page says what went wrong, or asks to sign in`,
  ],
  [/^\s*<\?xml/i, 'an XML file, perhaps the message of a server', AGAIN],
  [/^\s*[{[]/, 'a JSON file', `${EXPORT}; if it is the message of a server, ${AGAIN}`],
];

/** @param bytes the beginning of the file @param path its name, for the command that unpacks it */
export function fileKind(bytes: Uint8Array, path: string): FileKind {
  const start = Buffer.from(bytes.subarray(0, BEGINNING)).toString('latin1');
  const begins = ([own]: readonly [string, ...unknown[]]): boolean => start.startsWith(own);
  const name = basename(path);
  if (start.startsWith('PK\x03\x04') || start.startsWith('PK\x05\x06'))
    return { read: 'zip', what: 'a zip archive' };
  if (start.startsWith('\x1f\x8b')) return { read: 'gzip', what: 'a file packed with gzip' };
  if (start.startsWith('\x28\xb5\x2f\xfd')) return { read: 'zstd', what: 'a file packed with zstd' };
  if (start.startsWith(FACES_MAGIC)) return { read: 'faces', what: 'a .faces file' };
  if (isTar(bytes)) return { read: 'tar', what: 'a tar archive' };
  const packed = PACKED.find(begins);
  if (packed !== undefined) {
    const [, what, command] = packed;
    const isTarred = /\.(tar\.\w+|t[bx]z2?|tlz)$/i.test(path);
    return {
      ...{ read: undefined, what },
      wayOut: `unpack it with "${isTarred ? 'tar -xf' : command} ${name}", and give what comes out`,
    };
  }
  const picture = pictureKind(bytes);
  if (picture !== undefined) {
    return { read: undefined, what: `a ${picture} picture`, wayOut: 'predict takes single pictures' };
  }
  const other =
    OTHERS.find(begins) ?? TEXTS.find(([pattern]) => pattern.test(start.replace(/^\xef\xbb\xbf/, '')));
  if (other !== undefined) return { read: undefined, what: other[1], wayOut: other[2] };
  if (start !== '' && start === '\0'.repeat(start.length)) {
    return { read: undefined, what: 'a file of zero bytes', wayOut: `it is not whole: ${AGAIN}` };
  }
  if (start.includes('\0') && encodingOf(bytes) === 'utf-8') {
    return { read: undefined, what: UNKNOWN, wayOut: AGAIN };
  }
  return { read: 'table', what: 'a table' };
}
