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

/** The size that a JPEG claims, the largest of several, and the number of its scans (ISO/IEC 10918-1, B.2). */
export function frameOf(bytes: Uint8Array): { width: number; height: number; scans: number } {
  const frame = { width: 0, height: 0, scans: 0 };
  const pair = (at: number): number => 256 * (bytes[at] ?? 0) + (bytes[at + 1] ?? 0);
  for (let at = 2; at >= 0 && at < bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && pair(at + 5) * pair(at + 7) >= frame.width * frame.height) {
      frame.height = pair(at + 5);
      frame.width = pair(at + 7);
    }
    if (marker === 0xda) frame.scans++;
    const alone = marker === 0 || marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9);
    at += alone ? 1 : 2 + Math.max(2, pair(at + 2));
  }
  return frame;
}
