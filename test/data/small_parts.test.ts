import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { parseClasses } from '../../src/data/class_names.js';
import { decodePicture } from '../../src/data/image.js';
import { labelArray, labelsLike } from '../../src/data/labels.js';
import { faceId } from '../../src/data/labels_file.js';
import { nearDuplicates } from '../../src/data/near_duplicates.js';
import { syntheticFaces } from '../../src/data/synthetic.js';
import { PIXELS } from './fixtures.js';

it('labels of up to 256 classes take one byte each, of more two', () => {
  expect([256, 257].map((classes) => labelArray(3, classes).BYTES_PER_ELEMENT)).toEqual([1, 2]);
  expect([256, 257].map((n) => labelsLike(labelArray(1, n), 4).byteLength)).toEqual([4, 8]);
});

it('a face is known by its own pixels, whatever follows it', () => {
  const images = Uint8Array.from({ length: 3 * PIXELS }, (_, i) => (i * 7 + Math.floor(i / PIXELS)) % 256);
  const alone = (i: number) => faceId({ images: images.slice(i * PIXELS, (i + 1) * PIXELS) }, 0);
  const ids = [0, 1, 2].map((i) => faceId({ images }, i));
  expect(ids).toEqual([0, 1, 2].map(alone));
  expect(new Set(ids).size).toBe(3);
});

it('--classes csv is taken with blanks around it and in capitals', () => {
  expect(parseClasses(' CSV ')).toEqual(parseClasses('csv'));
  expect(parseClasses('csv')).toMatchObject({ csv: true });
});

// What docs/results.md says of drawn faces holds for these only.
it('drawn faces stay the same from one version to the next', () => {
  const { train } = syntheticFaces(7, 70).splits;
  expect(createHash('sha1').update(train.images).digest('hex')).toBe(
    '0a00ad02ba0193f5f217c72c41fc054236ca7454',
  );
});

it('a nearly identical face is told with the correlation of both, whatever their contrast', async () => {
  const { train, ...others } = syntheticFaces(7, 7).splits;
  const face = train.images.subarray(0, PIXELS);
  const images = Uint8Array.from([...face, ...face.map((value) => 60 + (value >> 1))]);
  const none = { images: new Uint8Array(0), labels: new Uint8Array(0) };
  const twins = { ...train, images, labels: Uint8Array.of(0, 0) };
  const empty = (split: typeof train) => ({ ...split, ...none });
  const splits = { train: twins, validation: empty(others.validation), test: empty(others.test) };
  const pairs = await nearDuplicates({ splits });
  expect(pairs.map(({ correlation }) => correlation)).toEqual([expect.closeTo(1, 3)]);
});

it('an AVIF whose size is the last that it says is refused by that size', async () => {
  const bytes = Buffer.alloc(52);
  bytes.write('\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf', 'latin1');
  bytes.write('ispe', 36);
  bytes.writeUInt32BE(60_000, 44);
  bytes.writeUInt32BE(60_000, 48);
  await expect(decodePicture(bytes, 'a.avif')).rejects.toThrow('it claims 3,600,000,000 pixels');
});
