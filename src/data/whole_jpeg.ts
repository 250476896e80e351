/**
 * Whether a JPEG has its end: the marker EOI behind its scans (ISO/IEC 10918-1, B.1.1). That of a small picture inside of its EXIF
 * data does not count. Decoders such as OpenCV's fill in what is missing, without a word.
 */
export function isWholeJpeg(bytes: Uint8Array): boolean {
  let at = 2;
  let inScan = false;
  while (at < bytes.length) {
    if (inScan) at = bytes.indexOf(0xff, at);
    if (at < 0 || bytes[at] !== 0xff) return false;
    const marker = bytes[at + 1] ?? 0;
    const restart = marker >= 0xd0 && marker <= 0xd7;
    if (marker === 0xff)
      at++; // fill bytes before a marker
    else if (marker === 0xd9) return true;
    else if (inScan && (marker === 0 || restart)) at += 2;
    else {
      inScan = marker === 0xda;
      at += 2 + 256 * (bytes[at + 2] ?? 0) + (bytes[at + 3] ?? 0);
    }
  }
  return false;
}
