import { CLASS_NAMES, CSV_CLASS_NAMES, isSeven } from '../util/classes.js';

/** An order in which the outputs of a model may name the classes. */
export interface ClassOrder {
  /** For people, and unique. */
  readonly name: string;
  /** What `--classes` takes. */
  readonly option: string;
  /** Class names by output. */
  readonly classes: readonly string[];
}

/** Orders that public models of the seven expressions have: by name, and as the files of three data sets number them. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  alphabetical: CLASS_NAMES,
  'fer2013.csv': CSV_CLASS_NAMES,
  'FER+': ['Neutral', 'Happy', 'Surprise', 'Sad', 'Angry', 'Disgust', 'Fear'],
  'RAF-DB': ['Surprise', 'Fear', 'Disgust', 'Happy', 'Sad', 'Angry', 'Neutral'],
};

/** Orders that are known for these classes, in their alphabetical order. */
export function knownOrders(classes: readonly string[]): ClassOrder[] {
  if (!isSeven(classes)) return [orderOf('alphabetical', classes)];
  return Object.entries(KNOWN).map(([name, names]) => orderOf(name, names));
}

/** An order of classes. */
export const orderOf = (name: string, classes: readonly string[]): ClassOrder => ({
  ...{ name, classes },
  option: classes.join() === CSV_CLASS_NAMES.join() ? 'csv' : classes.join(','),
});

/** With more classes, the best order is not looked for: 2^N sets of them are tried. */
export const MOST_ORDERED = 12;

/**
 * The assignment of classes to outputs in which most images are right.
 *
 * Dynamic programming over sets: the best way to give outputs 0 to k - 1 the classes of a set of k is the best over the class
 * that output k - 1 gets, and the best way for the rest. N 2^N steps, where trying every order would take N!.
 * @param counts [class][output]: images of a class that the output is largest for; as many classes as outputs, 12 at most
 * @returns the class of each output
 */
export function bestAssignment(counts: readonly (readonly number[])[]): number[] {
  const n = counts.length;
  const sets = 2 ** n;
  const best = new Float64Array(sets).fill(Number.NEGATIVE_INFINITY);
  const last = new Uint8Array(sets);
  best[0] = 0;
  const sizes = new Uint8Array(sets);
  for (let set = 1; set < sets; set++) {
    sizes[set] = (sizes[set >> 1] as number) + (set & 1);
    const output = (sizes[set] as number) - 1;
    for (let c = 0; c < n; c++) {
      if ((set & (1 << c)) === 0) continue;
      const right = (best[set ^ (1 << c)] as number) + (counts[c]?.[output] ?? 0);
      if (right > (best[set] as number)) [best[set], last[set]] = [right, c];
    }
  }
  const result = new Array<number>(n);
  for (let set = sets - 1; set > 0; set ^= 1 << (last[set] as number)) {
    result[(sizes[set] as number) - 1] = last[set] as number;
  }
  return result;
}
