import { describe, expect, it, vi } from 'vitest';
import { type Picture, toGray } from '../../src/util/picture.js';
import type { FaceClassifier } from '../../src/vision/pipeline.js';
import { cropFace, mirrored } from '../../src/vision/pixels.js';
import { CLASSIFIER, FACE, picture, run, scripted } from './scripted.js';

vi.mock('node:timers/promises', () => import('./fake_time.js'));

describe('what the network is given', () => {
  it.each([
    -0.2, 0, 0.5,
  ])('is the box widened by --margin %d, and mirrored where the frame is', async (margin) => {
    const given: Uint8Array[] = [];
    const classifier: FaceClassifier = {
      ...CLASSIFIER,
      inputSize: [10, 8],
      classify: async (faces) => {
        given.push(faces.slice());
        return Float32Array.of(0.1, 0.7, 0.2);
      },
    };
    for (const mirror of [false, true]) {
      await run(scripted([{ picture }]), [FACE], { classifier, margin, mirror });
      const gray = toGray(mirror ? mirrored(picture) : picture);
      expect([...(given.pop() ?? [])]).toEqual([...cropFace(gray, FACE, margin, 8, 10).data]);
    }
  });

  it.each([
    ['auto', 0.5],
    ['none', 0],
  ] as const)('is turned upright by the roll that the detector tells with --align auto alone: %s', async (align, roll) => {
    const given: Uint8Array[] = [];
    const classifier: FaceClassifier = {
      ...CLASSIFIER,
      classify: async (faces) => {
        given.push(faces.slice());
        return Float32Array.of(0.1, 0.7, 0.2);
      },
    };
    const detect = async () => [{ ...FACE, roll: 0.5 }];
    await run(scripted([{ picture }]), [], { classifier, detect, align, margin: 0.1 });
    const wanted = cropFace(toGray(picture), { ...FACE, roll }, 0.1, 48);
    expect(given).toEqual([Uint8Array.from(wanted.data)]);
    // A detector that tells none turns nothing.
    await run(scripted([{ picture }]), [FACE], { classifier, align, margin: 0.1 });
    expect(given[1]).toEqual(Uint8Array.from(cropFace(toGray(picture), FACE, 0.1, 48).data));
  });

  it.each([
    [false, 1],
    [true, 3],
  ])('was looked for in the picture that the detector wants, in colours: %s', async (colour, channels) => {
    const seen: Picture[] = [];
    const detect = async (part: Picture) => {
      seen.push(part);
      return [];
    };
    await run(scripted([{ picture }]), [], { colour, detect });
    expect(seen).toEqual([colour ? picture : toGray(picture)]);
    expect(seen[0]?.channels).toBe(channels);
  });

  it('is all faces of a frame at once, each with its own answer', async () => {
    const boxes = [FACE, { ...FACE, x: 40 }, { ...FACE, y: 20 }];
    const counts: number[] = [];
    const classifier: FaceClassifier = {
      classes: ['A', 'B'],
      classify: async (faces, count) => {
        counts.push(count);
        const first = Array.from({ length: count }, (_, i) => (faces[i * 48 * 48] as number) / 255);
        return Float32Array.from(first.flatMap((share) => [share, 1 - share]));
      },
    };
    const { frames } = await run(scripted([{ picture }]), boxes, { classifier, margin: 0 });
    expect(counts).toEqual([3]);
    expect(frames[0]?.faces).toHaveLength(3);
    const gray = toGray(picture);
    for (const [i, face] of (frames[0]?.faces ?? []).entries()) {
      const first = (cropFace(gray, boxes[i] ?? FACE, 0, 48).data[0] as number) / 255;
      expect(face.probabilities[0]).toBeCloseTo(first, 6);
      expect([face.label, face.box, face.track]).toEqual([first > 0.5 ? 'A' : 'B', boxes[i], i + 1]);
    }
  });

  it('of a class without a name is told by its number', async () => {
    const { frames } = await run(scripted([{}]), [FACE], { classifier: { ...CLASSIFIER, classes: ['A'] } });
    expect(frames[0]?.faces[0]?.label).toBe('1');
  });
});
