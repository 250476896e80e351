import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLASS_NAMES } from '../util/classes.js';
import { DataError } from '../util/errors.js';
import { Rng } from '../util/random.js';
import { decodeFace, IMAGE_FILE } from './image.js';
import { PIXELS, SplitBuilder } from './split_builder.js';
import type { Dataset, LoadOptions, Split, SplitName } from './types.js';

/** Folder names of the splits and of the classes, in lower case. */
const SPLIT_FOLDERS: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
};
const CLASS_FOLDERS: Readonly<Record<string, number>> = {
  ...{ angry: 0, anger: 0, disgust: 1, disgusted: 1, fear: 2, fearful: 2, happy: 3, happiness: 3 },
  ...{ neutral: 4, sad: 5, sadness: 5, surprise: 6, surprised: 6 },
};

/** One picture of a tree, wherever it lies. */
export interface TreeImage {
  /** Path for messages; its last two folders are split and class. */
  readonly name: string;
  read(): Uint8Array;
}

export interface TreeOptions {
  readonly skipBad: boolean;
  readonly onProgress?: NonNullable<LoadOptions['onProgress']>;
}

/** Reads `train|validation|test/<emotion>/*.jpg|png`. Throws DataError on a tree of another kind or an empty class. */
export function readFolderTree(root: string, options: TreeOptions): Promise<Dataset> {
  const images: TreeImage[] = [];
  for (const split of subfolders(root)) {
    if (SPLIT_FOLDERS[split.toLowerCase()] === undefined) continue;
    for (const emotion of subfolders(join(root, split))) {
      if (CLASS_FOLDERS[emotion.toLowerCase()] === undefined) continue;
      const folder = join(root, split, emotion);
      const files = readdirSync(folder)
        .filter((file) => IMAGE_FILE.test(file))
        .sort();
      if (files.length === 0) {
        throw new DataError(
          `${folder}: no .jpg or .png inside; every class folder needs images (or remove it)`,
        );
      }
      for (const file of files) {
        const path = join(folder, file);
        images.push({ name: path, read: () => readFileSync(path) });
      }
    }
  }
  return readTree(images, root, options);
}

function subfolders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Split and class of a path like `.../train/happy/x.jpg`, or undefined. */
export function placeOf(path: string): { split: SplitName; label: number } | undefined {
  const parts = path.toLowerCase().split(/[\\/]/);
  const split = SPLIT_FOLDERS[parts.at(-3) ?? ''];
  const label = CLASS_FOLDERS[parts.at(-2) ?? ''];
  return split === undefined || label === undefined ? undefined : { split, label };
}

/** Decodes the images of a tree; lets others run now and then. */
export async function readTree(
  images: readonly TreeImage[],
  source: string,
  options: TreeOptions,
): Promise<Dataset> {
  const builder = new SplitBuilder();
  for (const [i, image] of images.entries()) {
    if (i % 256 === 0) {
      options.onProgress?.({ done: i, total: images.length, unit: 'images' });
      await new Promise((resolve) => setTimeout(resolve));
    }
    const place = placeOf(image.name);
    if (place === undefined) continue;
    try {
      decodeFace(image.read(), image.name, builder.slot(place.split));
      builder.commit(place.split, place.label);
    } catch (error) {
      if (!(error instanceof DataError) || !options.skipBad) throw error;
      builder.skipped++;
    }
  }
  if (images.length === 0) {
    throw new DataError(
      `${source}: none of the expected folders; expected train|validation|test/<emotion>/*.jpg|png with the emotions ${CLASS_NAMES.join(', ').toLowerCase()}`,
    );
  }
  return builder.build('FER-2013 folders', source);
}

/** Share of the training images that becomes validation data when the source has none. */
const HELD_OUT = 0.1;

/**
 * A data set with validation images: the given one, or, when it has a test set but no validation images, with a
 * tenth of each class of the training images held out. Validating on the test set would make it worthless.
 */
export function holdOut(dataset: Dataset, seed: number): Dataset {
  const { train, validation, test } = dataset.splits;
  if (validation.labels.length > 0 || train.labels.length === 0 || test.labels.length === 0) return dataset;
  const kept: number[] = [];
  const held: number[] = [];
  dataset.classes.forEach((_, label) => {
    const rows = [...train.labels.keys()].filter((row) => train.labels[row] === label);
    new Rng(seed, label).shuffle(rows);
    const count = Math.round(rows.length * HELD_OUT);
    held.push(...rows.slice(0, count));
    kept.push(...rows.slice(count));
  });
  const splits = { train: pick(train, kept), validation: pick(train, held), test };
  return { ...dataset, name: `${dataset.name}, 10 % of train held out as validation`, splits };
}

function pick({ images, labels }: Split, rows: number[]): Split {
  rows.sort((a, b) => a - b);
  const out = { images: new Uint8Array(rows.length * PIXELS), labels: new Uint8Array(rows.length) };
  rows.forEach((row, i) => {
    out.images.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    out.labels[i] = labels[row] as number;
  });
  return out;
}
