import { FACE_SIZE } from '../util/classes.js';
import type { Twin } from './facts.js';
import { PIXELS } from './split_builder.js';
import { type Dataset, SPLIT_NAMES } from './types.js';

/** Two images that show the same picture in other gray values: brighter, with more contrast, or saved once more. */
export interface NearPair {
  readonly a: Twin;
  readonly b: Twin;
  /** Correlation of their pixels, at most 1. */
  readonly correlation: number;
}

/** Bits in which the fingerprints of a pair may differ. */
const MOST_BITS = 8;
/** Correlation of the pixels of a pair. */
const LEAST = 0.95;
/** Columns and rows of the fingerprint: 8 differences a row. */
const GRID = 8;

/** What `nearDuplicates` compares, and a callback for its progress. */
export interface NearOptions {
  /** Compare only images of different splits; default: all with all. */
  readonly across?: boolean;
  /** Called with the number of images that were compared with all others. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Finds pairs of nearly identical images; identical ones are left out. A fingerprint (dHash, Krawetz 2013, "Kind of Like That":
 * whether the picture becomes brighter from one of 9 x 8 cells to the next) is compared for all pairs, the pixels only where it
 * agrees. Pictures that are mirrored, moved or cropped differently are not found.
 */
export async function nearDuplicates(
  { splits }: Pick<Dataset, 'splits'>,
  { across = false, onProgress }: NearOptions = {},
): Promise<NearPair[]> {
  const all: Twin[] = [];
  const faces: Uint8Array[] = [];
  /** For each image the first one that it is compared with. */
  const from: number[] = [];
  for (const split of SPLIT_NAMES) {
    const { images, labels } = splits[split];
    const end = all.length + labels.length;
    labels.forEach((label, index) => {
      all.push({ split, index, label });
      faces.push(images.subarray(index * PIXELS, (index + 1) * PIXELS));
      from.push(across ? end : all.length);
    });
  }
  const prints = new Uint32Array(faces.length * 2);
  faces.forEach((face, i) => {
    prints.set(fingerprint(face), 2 * i);
  });
  const pairs: NearPair[] = [];
  for (let i = 0; i < faces.length; i++) {
    if (i % 512 === 0) {
      onProgress?.(i, faces.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [high, low] = [prints[2 * i] as number, prints[2 * i + 1] as number];
    for (let j = from[i] as number; j < faces.length; j++) {
      const half = ones(high ^ (prints[2 * j] as number));
      if (half > MOST_BITS || half + ones(low ^ (prints[2 * j + 1] as number)) > MOST_BITS) continue;
      const [a, b] = [faces[i] as Uint8Array, faces[j] as Uint8Array];
      const correlation = correlationOf(a, b);
      if (correlation < LEAST || Buffer.compare(a, b) === 0) continue;
      pairs.push({ a: all[i] as Twin, b: all[j] as Twin, correlation });
    }
  }
  onProgress?.(faces.length, faces.length);
  return pairs.sort((x, y) => y.correlation - x.correlation);
}

/** 64 bits as two words: whether each of 8 x 8 cells is darker than its right neighbour. */
function fingerprint(face: Uint8Array): [number, number] {
  const words: [number, number] = [0, 0];
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < GRID; x++) {
      const bit = y * GRID + x;
      const word = bit < 32 ? 0 : 1;
      if (cell(face, x, y) < cell(face, x + 1, y)) words[word] |= 1 << (bit & 31);
    }
  }
  return [words[0] >>> 0, words[1] >>> 0];
}

/** The sum of a cell of 6 rows and 5 columns; 9 of these beside each other cover 45 of 48 columns. */
function cell(face: Uint8Array, x: number, y: number): number {
  const [width, height] = [Math.floor(FACE_SIZE / (GRID + 1)), FACE_SIZE / GRID];
  let sum = 0;
  for (let row = y * height; row < (y + 1) * height; row++) {
    for (let column = x * width; column < (x + 1) * width; column++) {
      sum += face[row * FACE_SIZE + column] as number;
    }
  }
  return sum;
}

/** The number of set bits of a 32-bit word. */
function ones(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Pearson's correlation of the pixels; 0 where a picture is constant. */
function correlationOf(a: Uint8Array, b: Uint8Array): number {
  let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const n = a.length;
  const variance = (n * saa - sa * sa) * (n * sbb - sb * sb);
  return variance <= 0 ? 0 : (n * sab - sa * sb) / Math.sqrt(variance);
}
