import { existsSync } from 'node:fs';
import { augmentedFace, parseAugment } from '../../data/augment.js';
import { constantFaces, duplicateFaces } from '../../data/facts.js';
import { correct, correctionsOf } from '../../data/labels_file.js';
import { loadDataset } from '../../data/load.js';
import { PIXELS } from '../../data/split_builder.js';
import type { Dataset, LoadOptions, SplitName } from '../../data/types.js';
import { DataError } from '../../util/errors.js';
import type { Handler } from '../handler.js';
import type { DataPlace } from '../requests.js';

/** A source with a larger share of bad rows is rejected. */
const MOST_BAD = 0.01;
/** A data set is freed after this time without a request for it. */
const KEEP_MS = 120_000;

let held: { readonly place: string; readonly dataset: Promise<Dataset> } | undefined;
let timer: NodeJS.Timeout | undefined;

/** Loads the data set at a place. The last one stays in memory. Throws DataError, UsageError. */
export function datasetAt(
  { path, classes }: DataPlace,
  onProgress?: LoadOptions['onProgress'],
): Promise<Dataset> {
  const place = `${path}\n${classes ?? ''}`;
  clearTimeout(timer);
  timer = setTimeout(() => {
    held = undefined;
  }, KEEP_MS).unref();
  if (held?.place !== place) {
    const dataset = loadChecked(path, { classes, ...(onProgress && { onProgress }) });
    held = { place, dataset };
    dataset.catch(() => {
      held = undefined;
    });
  }
  return held.dataset;
}

async function loadChecked(path: string, options: LoadOptions): Promise<Dataset> {
  const dataset = await loadDataset(path, { ...options, skipBad: true });
  const rows = Object.values(dataset.splits).reduce((sum, { labels }) => sum + labels.length, 0);
  if (dataset.skipped > MOST_BAD * (rows + dataset.skipped)) {
    throw new DataError(
      `${path}: ${dataset.skipped} of ${rows + dataset.skipped} rows cannot be read; expected at most 1 %: is this FER-2013? The first: ${dataset.bad[0]}`,
    );
  }
  return dataset;
}

/** Loads a data set and checks it. */
export const openData: Handler<'data.open'> = async (place, { progress }) => {
  const { name, classes, splits, notes, skipped, bad } = await datasetAt(place, progress);
  const report = (split: SplitName) => ({
    labels: splits[split].labels.slice(),
    constant: constantFaces(splits[split]),
  });
  return {
    ...{ path: place.path, name, classes, notes, skipped, bad },
    splits: { train: report('train'), validation: report('validation'), test: report('test') },
  };
};

/** Returns the pixels of some faces. */
export const readFaces: Handler<'data.faces'> = async ({ split, indices, ...place }) => {
  const { images } = (await datasetAt(place)).splits[split];
  const faces = new Uint8Array(indices.length * PIXELS);
  indices.forEach((index, i) => {
    faces.set(images.subarray(index * PIXELS, (index + 1) * PIXELS), i * PIXELS);
  });
  return faces;
};

/** Returns a face as training sees it in its first epochs. */
export const augmentFace: Handler<'data.augment'> = async ({
  split,
  index,
  augment,
  seed,
  epochs,
  ...place
}) => {
  const { images } = (await datasetAt(place)).splits[split];
  const options = parseAugment(augment);
  const faces = new Uint8Array(epochs * PIXELS);
  for (let epoch = 0; epoch < epochs; epoch++) {
    faces.set(augmentedFace(images, index, { options, seed, epoch }), epoch * PIXELS);
  }
  return faces;
};

/** Finds groups of identical images. */
export const findDuplicates: Handler<'data.duplicates'> = async (place) =>
  duplicateFaces(await datasetAt(place));

/** Reads the decisions about the labels. */
export const readCorrections: Handler<'data.corrections'> = async ({ labels, ...place }) =>
  existsSync(labels) ? correctionsOf(await datasetAt(place), labels) : [];

/** Writes or removes one decision about a label. */
export const correctLabel: Handler<'data.correct'> = async ({ split, index, labels, decision, ...place }) =>
  correct(await datasetAt(place), labels, { split, index }, decision);
