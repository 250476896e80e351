import { CLASS_NAMES, FACE_SIZE } from '../util/classes.js';
import type { Dataset, ImageShape, Split, SplitName } from './types.js';

/** A face as data sets hold it. */
export const FACE: ImageShape = [FACE_SIZE, FACE_SIZE, 1];

/** Pixels of one face. */
export const PIXELS = FACE_SIZE * FACE_SIZE;

/** Nobody reads more. */
const MAX_REASONS = 1000;

/** Collects faces one by one into splits; grows by doubling. */
export class SplitBuilder {
  readonly #splits = new Map<SplitName, { images: Uint8Array; labels: number[] }>();
  /** Rows or images left out. */
  skipped = 0;
  readonly #bad: string[] = [];

  /** Leaves a row or image out, and remembers why. */
  skip(why: string): void {
    this.skipped++;
    if (this.#bad.length < MAX_REASONS) this.#bad.push(why);
  }

  /** A place for the pixels of one more face of the split. Call `commit` when they are in. */
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

  /** Faces so far, of all splits. */
  get rows(): number {
    let sum = 0;
    for (const { labels } of this.#splits.values()) sum += labels.length;
    return sum;
  }

  /** Keeps the face in the split's slot as one of class `label`. */
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
        images: found.images.subarray(0, found.labels.length * PIXELS), // no copy: it may be large
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
