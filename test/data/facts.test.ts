import { describe, expect, it } from 'vitest';
import { augmentedFace, DEFAULT_AUGMENT, NO_AUGMENT } from '../../src/data/augment.js';
import { BatchSource } from '../../src/data/batches.js';
import {
  classCounts,
  constantFaces,
  duplicateFaces,
  duplicateKinds,
  faceRange,
} from '../../src/data/facts.js';
import { PIXELS } from '../../src/data/split_builder.js';
import { syntheticFaces } from '../../src/data/synthetic.js';

const faces = syntheticFaces(1, 70);
const { train, validation } = faces.splits;
const face = (index: number): Uint8Array => train.images.subarray(index * PIXELS, (index + 1) * PIXELS);

describe('facts of a data set', () => {
  it('counts classes', () => {
    expect(classCounts(train, 7)).toEqual([10, 10, 10, 10, 10, 10, 10]);
    expect(classCounts({ images: new Uint8Array(), labels: Uint8Array.of(2, 2, 0) }, 3)).toEqual([1, 0, 2]);
  });

  it('tells the range of a face', () => {
    expect(faceRange(Uint8Array.of(3, 9, 0, 8))).toEqual({ min: 0, mean: 5, max: 9 });
  });

  it('finds faces of one gray alone', () => {
    const images = train.images.slice();
    images.fill(77, 3 * PIXELS, 4 * PIXELS);
    images.fill(77, 5 * PIXELS, 6 * PIXELS - 1);
    expect(constantFaces({ images, labels: train.labels })).toEqual([3]);
  });

  it('finds identical faces over splits and labels', () => {
    const images = train.images.slice();
    images.set(face(4), 9 * PIXELS);
    const other = validation.images.slice();
    other.set(face(20), 0);
    const splits = {
      train: { images, labels: train.labels },
      validation: { images: other, labels: validation.labels },
      test: { images: new Uint8Array(0), labels: new Uint8Array(0) },
    };
    const groups = duplicateFaces({ splits });
    expect(groups).toEqual([
      [
        { split: 'train', index: 4, label: 4 },
        { split: 'train', index: 9, label: 2 },
      ],
      [
        { split: 'train', index: 20, label: 6 },
        { split: 'validation', index: 0, label: 0 },
      ],
    ]);
    expect(duplicateKinds(groups)).toEqual({ leaks: 1, disputes: 2 });
    expect(duplicateFaces(faces)).toEqual([]);
  });
});

describe('augmentedFace', () => {
  it('is what training sees', () => {
    const options = {
      batchSize: 70,
      preprocess: { name: 'none' },
      augment: DEFAULT_AUGMENT,
      seed: 3,
    } as const;
    const { images } = new BatchSource(train, options).batch(2, 0);
    const preview = augmentedFace(train.images, 11, { options: DEFAULT_AUGMENT, seed: 3, epoch: 2 });
    expect([...preview]).toEqual(Array.from(images.subarray(11 * PIXELS, 12 * PIXELS), Math.round));
  });

  it('leaves the face as it is when nothing is to be changed', () => {
    expect(augmentedFace(train.images, 5, { options: NO_AUGMENT, seed: 3, epoch: 0 })).toEqual(face(5));
  });
});
