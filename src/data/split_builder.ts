import { FACE_SIZE } from '../util/classes.js';
import type { Naming } from './class_names.js';
import { labelArray } from './labels.js';
import { checkClasses } from './split_classes.js';
import { type Dataset, type ImageShape, SPLIT_NAMES, type Split, type SplitName } from './types.js';

/** [H, W, C] of a face in a data set. */
export const FACE: ImageShape = [FACE_SIZE, FACE_SIZE, 1];

/** Pixels of one face. */
export const PIXELS = FACE_SIZE * FACE_SIZE;

/** Only this many problems are kept. */
const MAX_REASONS = 1000;

/** All notes on a data set: how many rows or images were left out, the reason for the first of them, and its own notes. */
export function allNotes({ skipped, bad, notes }: Pick<Dataset, 'skipped' | 'bad' | 'notes'>): string[] {
  if (skipped === 0) return [...notes];
  const what = skipped === 1 ? 'row or image' : 'rows or images';
  return [
    `${skipped.toLocaleString('en')} ${what} left out that cannot be read, the first: ${bad[0]}`,
    ...notes,
  ];
}

/** Collects faces into splits, one by one. Its buffers grow by doubling. */
export class SplitBuilder {
  readonly #splits = new Map<SplitName, { images: Uint8Array; labels: number[] }>();
  /** Each word for a class that has occurred, by its number in `labels` until they are named. */
  readonly #words = new Map<string, number>();
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

  /** The words for classes so far. */
  get words(): string[] {
    return [...this.#words.keys()];
  }

  /** Adds the face in the split's buffer. @param word what the source calls its class */
  commit(name: SplitName, word: string): void {
    let label = this.#words.get(word);
    if (label === undefined) {
      label = this.#words.size;
      this.#words.set(word, label);
    }
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

  /**
   * The data set of all faces so far. Throws DataError when a split lacks classes of another.
   * @param naming names the words that were committed; faces of a word that it does not name are left out
   */
  build(name: string, source: string, { classes, labels, listed, notes }: Naming): Dataset {
    const labelOf = this.words.map((word) => labels.get(word));
    const split = (key: SplitName): Split => {
      const { images = new Uint8Array(0), labels: words = [] } = this.#splits.get(key) ?? {};
      const rows = Array.from(words.keys()).filter((row) => labelOf[words[row] as number] !== undefined);
      const own = labelArray(rows.length, classes.length);
      for (const [i, row] of rows.entries()) {
        own[i] = labelOf[words[row] as number] as number;
        if (row !== i) images.copyWithin(i * PIXELS, row * PIXELS, (row + 1) * PIXELS); // over those left out
      }
      return { images: images.subarray(0, own.length * PIXELS), labels: own }; // a view: the data may be large
    };
    const [train, validation, test] = SPLIT_NAMES.map(split) as [Split, Split, Split];
    const splits = { train, validation, test };
    if (!listed) checkClasses(splits, classes, source);
    return {
      name,
      source,
      height: FACE_SIZE,
      width: FACE_SIZE,
      channels: 1,
      classes,
      splits,
      skipped: this.skipped,
      bad: this.#bad,
      notes,
    };
  }
}
