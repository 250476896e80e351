import { CLASS_NAMES, FACE_SIZE } from '../util/classes.js';
import type { Dataset, ImageShape, Split, SplitName } from './types.js';

/** [H, W, C] of a face in a data set. */
export const FACE: ImageShape = [FACE_SIZE, FACE_SIZE, 1];

/** Pixels of one face. */
export const PIXELS = FACE_SIZE * FACE_SIZE;

/** Only this many problems are kept. */
const MAX_REASONS = 1000;

/** Collects faces into splits, one by one. Its buffers grow by doubling. */
export class SplitBuilder {
  readonly #splits = new Map<SplitName, { images: Uint8Array; labels: number[] }>();
  /** Number of rows or images left out. */
  skipped = 0;
  readonly #bad: string[] = [];

  /** Counts a row or image that is left out, and keeps the reason. */
  skip(why: string): void {
    this.skipped++;
    if (this.#bad.length < MAX_REASONS) this.#bad.push(why);
  }

  /** A buffer for the pixels of the next face of a split. Call `commit` after filling it. */
  slot(name: SplitName): Uint8Array {
    const split = this.#get(name);
    const at = split.labels.length * PIXELS;
    if (at + PIXELS > split.images.length) {
      const larger = new Uint8Array(split.images.length * 2);
      larger.set(split.images);
      split.images = larger;
    }
    return split.images.subarray(at, at + PIXELS);
  }

  /** Number of faces so far, in all splits. */
  get rows(): number {
    let sum = 0;
    for (const { labels } of this.#splits.values()) sum += labels.length;
    return sum;
  }

  /** Adds the face in the split's buffer, with its label. */
  commit(name: SplitName, label: number): void {
    this.#get(name).labels.push(label);
  }

  #get(name: SplitName): { images: Uint8Array; labels: number[] } {
    let split = this.#splits.get(name);
    if (split === undefined) {
      split = { images: new Uint8Array(PIXELS * 512), labels: [] };
      this.#splits.set(name, split);
    }
    return split;
  }

  /** The data set of all faces so far. */
  build(name: string, source: string): Dataset {
    const split = (key: SplitName): Split => {
      const found = this.#splits.get(key);
      if (found === undefined) return { images: new Uint8Array(0), labels: new Uint8Array(0) };
      return {
        images: found.images.subarray(0, found.labels.length * PIXELS), // a view: the data may be large
        labels: Uint8Array.from(found.labels),
      };
    };
    return {
      name,
      source,
      height: FACE_SIZE,
      width: FACE_SIZE,
      channels: 1,
      classes: CLASS_NAMES,
      splits: { train: split('train'), validation: split('validation'), test: split('test') },
      skipped: this.skipped,
      bad: this.#bad,
    };
  }
}
