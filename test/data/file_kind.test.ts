import { expect, it } from 'vitest';
import { fileKind } from '../../src/data/file_kind.js';

const EXPORT = 'write it as CSV with the columns emotion, pixels and Usage';
const OR_MODEL = `${EXPORT}; if it is a model, pass it with --weights`;
const AGAIN = 'download it again';
const unpack = (command: string) => `unpack it with "${command} x.bin", and give what comes out`;
const kindOf = (start: string, path = 'data/x.bin') => fileKind(Buffer.from(start, 'latin1'), path);

it.each([
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive', unpack('7z x')],
  ['Rar!\x1a\x07\x01', 'a RAR archive', unpack('unrar x')],
  ['\xfd7zXZ\0', 'a file packed with xz', unpack('unxz')],
  ['BZh9', 'a file packed with bzip2', unpack('bunzip2')],
  ['\x04\x22\x4d\x18', 'a file packed with lz4', unpack('unlz4')],
  ['LZIP\x01', 'a file packed with lzip', unpack('lzip -d')],
  ['\x1f\x9d\x90', 'a file packed with compress', unpack('uncompress')],
  ['PK\x07\x08', 'a part of a zip archive in several files', unpack('7z x')],
  ['PAR1', 'a Parquet table', EXPORT],
  ['ARROW1\0\0', 'an Arrow table', EXPORT],
  ['FEA1', 'a Feather table', EXPORT],
  ['\x93NUMPY\x01', 'a NumPy array', EXPORT],
  ['MATLAB 5.0 MAT-file, Platform', 'a MATLAB file', EXPORT],
  ['SQLite format 3\0', 'an SQLite database', EXPORT],
  ['\xd0\xcf\x11\xe0\xa1', 'an Office document', EXPORT],
  ['\x80\x02}', 'a Python pickle', OR_MODEL],
  ['\x80\x03}', 'a Python pickle', OR_MODEL],
  ['\x80\x04\x95', 'a Python pickle', OR_MODEL],
  ['\x80\x05\x95', 'a Python pickle', OR_MODEL],
  ['\x89HDF\r\n\x1a\n', 'an HDF5 file', OR_MODEL],
  ['%PDF-1.7', 'a PDF document', EXPORT],
  [
    'version https://git-lfs.github.com/spec/v1',
    'a pointer of Git LFS, not the file itself',
    'fetch it with "git lfs pull"',
  ],
  [
    '\n<!-- a --><!DOCTYPE HTML>',
    'a web page',
    `${AGAIN}: the page says what went wrong, or asks to sign in`,
  ],
  ['\xef\xbb\xbf<?XML version', 'an XML file, perhaps the message of a server', AGAIN],
  [' {"a": 1}', 'a JSON file', `${EXPORT}; if it is the message of a server, ${AGAIN}`],
  ['[1]', 'a JSON file', `${EXPORT}; if it is the message of a server, ${AGAIN}`],
  ['\x89PNG\r\n\x1a\n', 'a PNG picture', 'predict takes single pictures'],
  ['\0\0\0\0', 'a file of zero bytes', `it is not whole: ${AGAIN}`],
  ['abc\0def', 'a file of an unknown kind', AGAIN],
])('%j is %s, which is not supported', (start, what, wayOut) => {
  expect(kindOf(start)).toEqual({ read: undefined, what, wayOut });
});

it.each([
  ['PK\x03\x04', 'zip', 'a zip archive'],
  ['PK\x05\x06', 'zip', 'a zip archive'],
  ['\x1f\x8b', 'gzip', 'a file packed with gzip'],
  ['\x28\xb5\x2f\xfd', 'zstd', 'a file packed with zstd'],
  ['emotion,pixels', 'table', 'a table'],
  ['', 'table', 'a table'],
  ['\xff\xfee\0m\0', 'table', 'a table'],
])('%j is read as %s', (start, read, what) => expect(kindOf(start)).toEqual({ read, what }));

it.each(['a.tar.xz', 'a.TBZ2', 'a.txz', 'a.tbz', 'a.tlz', 'a.tar.lz4'])('%s is unpacked by tar', (name) => {
  const tar = `unpack it with "tar -xf ${name}", and give what comes out`;
  expect(kindOf('\xfd7zXZ\0', `some/${name}`)).toHaveProperty('wayOut', tar);
  expect(kindOf('\xfd7zXZ\0', `${name}.old`)).not.toHaveProperty(
    'wayOut',
    expect.stringContaining('tar -xf'),
  );
});
