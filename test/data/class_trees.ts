import { expect } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import type { Dataset, LoadOptions, SplitName } from '../../src/data/types.js';
import { UsageError } from '../../src/util/errors.js';
import { folderWith, png } from './fixtures.js';

/** Folders of five of the seven classes. */
export const FIVE = ['angry', 'happy', 'neutral', 'sad', 'surprise'];
/** The classes in the order of their numbers in fer2013.csv. */
export const CSV_ORDER = ['Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise', 'Neutral'];

/** The gray value of the picture in the folder of a class: pictures tell where they come from. */
export const tone = (i: number): number => (10 + i * 7) % 251;

/** Split folders with a folder for each class, with one picture each. */
export function tree(splits: Readonly<Record<string, readonly string[]>>): Record<string, Uint8Array> {
  const files = Object.entries(splits).flatMap(([split, words]) =>
    words.map((word, i) => [`${split}/${word}/a.png`, png([tone(i), tone(i), tone(i)], 8, 8)] as const),
  );
  return Object.fromEntries(files);
}

/** A folder whose training and validation images have the same classes. */
export const both = (words: readonly string[]) => folderWith(tree({ train: words, validation: words }));

/** What the pictures of a split are taken for, by the number of their folder. */
export function namesOf({ splits, classes }: Dataset, split: SplitName = 'train'): string[] {
  const { images, labels } = splits[split];
  const pairs = [...labels].map(
    (label, i) => [images[i * 48 * 48] as number, classes[label] ?? '?'] as const,
  );
  return pairs.sort(([a], [b]) => a - b).map(([, name]) => name);
}

/** Loads a data set, past the cache. */
export const load = (path: string, options: LoadOptions = {}) =>
  loadDataset(path, { cacheDir: false, ...options });

/** Expects a refusal of what was asked for, with these parts in its message. */
export async function expectUsage(work: Promise<unknown>, ...parts: string[]): Promise<void> {
  const error: unknown = await work.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(UsageError);
  for (const part of parts) expect((error as Error).message).toContain(part);
}
