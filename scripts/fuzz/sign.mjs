// Checksums that fit what was changed: without them, readers refuse nearly every changed file before they look into it.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export function signPng(bytes) {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}

export function signFaces(bytes) {
  if (bytes.length >= 16) bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8);
  return bytes;
}

export function signSafetensors(bytes) {
  const key = '"sha256":"';
  const at = bytes.indexOf(key) + key.length;
  if (at < key.length || at + 64 > bytes.length) return bytes;
  bytes.fill('0', at, at + 64);
  bytes.write(createHash('sha256').update(bytes).digest('hex'), at);
  return bytes;
}

export function signTar(bytes) {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512);
    if (
      header.toString('latin1', 257, 262) !== 'ustar' &&
      !/^[ 0-7]{6}\0/.test(header.toString('latin1', 148, 156))
    )
      continue;
    header.fill(' ', 148, 156);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  }
  return bytes;
}

/** A zip of entries that are not compressed. */
export function signZip(bytes) {
  const sums = [];
  for (
    let at = bytes.indexOf('PK\x03\x04');
    at >= 0 && at + 30 < bytes.length;
    at = bytes.indexOf('PK\x03\x04', at + 4)
  ) {
    const from = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    const sum = crc32(bytes.subarray(from, from + bytes.readUInt32LE(at + 18)));
    bytes.writeUInt32LE(sum, at + 14);
    sums.push(sum);
  }
  let at = bytes.indexOf('PK\x01\x02');
  for (const sum of sums) {
    if (at < 0 || at + 20 > bytes.length) break;
    bytes.writeUInt32LE(sum, at + 16);
    at = bytes.indexOf('PK\x01\x02', at + 4);
  }
  return bytes;
}
