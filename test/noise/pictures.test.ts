import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load.js';
import { nearDuplicates } from '../../src/data/near_duplicates.js';
import type { Dataset, Split } from '../../src/data/types.js';
import { notFaces } from '../../src/noise/not_faces.js';
import { PIXELS } from '../data/fixtures.js';

const drawn = await loadDataset('synthetic:140');
const faceAt = ({ images }: Split, i: number): Uint8Array => images.slice(i * PIXELS, (i + 1) * PIXELS);
const splitOf = (faces: readonly Uint8Array[]): Split => ({
  images: Uint8Array.from(faces.flatMap((face) => [...face])),
  labels: new Uint8Array(faces.length),
});

describe('nearly identical images', () => {
  const { train } = drawn.splits;
  const changed = (face: Uint8Array, change: (v: number, i: number) => number): Uint8Array =>
    face.map((v, i) => Math.max(0, Math.min(255, Math.round(change(v, i)))));
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => faceAt(train, i)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const faces = [
    ...[a, b, c, d],
    changed(a, (v) => 0.7 * v + 40), // less contrast, brighter
    changed(b, (v, i) => v + ((i * 7919) % 9) - 4), // noise
    d, // identical: not this function's matter
    changed(c, (_, i) => c[i - (i % 48) + 47 - (i % 48)] as number), // mirrored: not found
  ];

  it('are found in other tones and with noise, in and across splits', async () => {
    const empty = splitOf([]);
    const splits: Dataset['splits'] = {
      train: splitOf(faces.slice(0, 5)),
      validation: splitOf(faces.slice(5)),
      test: empty,
    };
    const progress: number[] = [];
    const pairs = await nearDuplicates({ splits }, { onProgress: (done) => progress.push(done) });
    const names = pairs.map(({ a: x, b: y }) => `${x.split} ${x.index}, ${y.split} ${y.index}`);
    expect(names.sort()).toEqual(['train 0, train 4', 'train 1, validation 0']);
    expect(pairs.every(({ correlation }) => correlation > 0.95 && correlation <= 1)).toBe(true);
    expect(progress.at(-1)).toBe(8);
  });

  it('differ in 8 of 64 bits of their fingerprints at most', async () => {
    // Dark above, bright below. In the first `falling` columns of the first and the last row of cells, it gets darker to the right.
    const face = (falling: readonly [number, number]): Uint8Array =>
      Uint8Array.from({ length: PIXELS }, (_, i) => {
        const [x, y] = [Math.floor((i % 48) / 5), Math.floor(i / 48 / 6)];
        const fall = y === 0 ? falling[0] : y === 7 ? falling[1] : 0;
        return 20 * y + (x <= fall ? 20 - x : 20 - fall + (x - fall));
      });
    const pairsOf = async (falling: readonly [number, number]) => {
      const train = splitOf([face([0, 0]), face(falling)]);
      return nearDuplicates({ splits: { train, validation: splitOf([]), test: splitOf([]) } });
    };
    expect(await pairsOf([4, 4])).toHaveLength(1);
    expect(await pairsOf([8, 0])).toHaveLength(1);
    expect(await pairsOf([5, 4])).toHaveLength(0);
  });

  it('are rare among faces that were drawn independently', async () => {
    expect((await nearDuplicates(drawn)).length).toBeLessThanOrEqual(2);
  });
});

describe('pictures that are no faces', () => {
  const blank = new Uint8Array(PIXELS).fill(90);
  const text = Uint8Array.from({ length: PIXELS }, (_, i) =>
    Math.floor(i / 48) % 6 < 2 && i % 3 === 0 ? 20 : 250,
  );
  const cartoon = Uint8Array.from({ length: PIXELS }, (_, i) =>
    ((i % 48) + Math.floor(i / 48)) % 4 < 2 ? 30 + (i % 25) : 220 + (i % 25),
  );
  const lines = Uint8Array.from({ length: PIXELS }, (_, i) => ((i % 48) % 12 < 5 ? 40 : 200));

  it('are blank, plain with text, or drawn with hard edges or few tones', () => {
    const split = splitOf([blank, text, cartoon, lines]);
    expect(notFaces('test', split).map(({ index, kind }) => [index, kind])).toEqual([
      [0, 'blank'],
      [1, 'drawn'], // two tones
      [2, 'drawn'],
      [3, 'drawn'],
    ]);
    const sign = faceAt(drawn.splits.train, 0);
    sign.fill(255, 0, PIXELS / 2);
    expect(notFaces('train', splitOf([sign]))).toMatchObject([{ split: 'train', index: 0, kind: 'plain' }]);
  });

  it('are not the drawn faces, which are shaded like photographs', () => {
    expect(notFaces('train', drawn.splits.train).length).toBeLessThanOrEqual(1);
  });
});
