import { describe, expect, it } from 'vitest';
import {
  augmentedFace,
  changeStream,
  DEFAULT_AUGMENT,
  drawChange,
  NO_AUGMENT,
} from '../../src/data/augment.js';
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
    expect(faceRange(Uint8Array.of(7, 200, 9))).toEqual({ min: 7, mean: 72, max: 200 });
    expect(faceRange(Uint8Array.of(255))).toEqual({ min: 255, mean: 255, max: 255 });
  });

  it('finds faces of one gray alone', () => {
    const images = train.images.slice();
    images.fill(77, 3 * PIXELS, 4 * PIXELS);
    images.fill(77, 5 * PIXELS, 6 * PIXELS - 1);
    images.fill(77, 6 * PIXELS + 1, 7 * PIXELS);
    images.fill(0, 8 * PIXELS, 9 * PIXELS);
    images[8 * PIXELS + 1] = 1;
    images.fill(255, 69 * PIXELS, 70 * PIXELS);
    expect(constantFaces({ images, labels: train.labels })).toEqual([3, 69]);
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
    const twin = (split: 'train' | 'test', label: number) => ({ split, index: 0, label });
    const same = [twin('train', 1), twin('train', 1), twin('train', 1)];
    expect(duplicateKinds([same])).toEqual({ leaks: 0, disputes: 0 });
    expect(duplicateKinds([same, [...same, twin('test', 1)], [twin('train', 1), twin('test', 1)]])).toEqual({
      ...{ leaks: 2, disputes: 0 },
    });
    expect(duplicateFaces(faces)).toEqual([]);
  });
});

describe('augmentedFace', () => {
  it('is the face of that place, rounded', () => {
    const images = new Uint8Array(2 * PIXELS).fill(100);
    images.fill(51, PIXELS);
    const options = { ...NO_AUGMENT, brightness: 0.5 };
    const { gain } = drawChange(1, options, changeStream(3, 4, 1));
    const preview = augmentedFace(images, 1, { options, seed: 3, epoch: 4 });
    expect(new Set(preview)).toEqual(new Set([Math.round(51 * gain)]));
    expect(preview).toHaveLength(PIXELS);
  });

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
