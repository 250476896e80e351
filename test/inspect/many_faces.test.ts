import { describe, expect, it } from 'vitest';
import { filterDirection, lossSurface } from '../../src/inspect/loss_surface.js';
import { meanFaces } from '../../src/inspect/mean_faces.js';
import type { FacesLook } from '../../src/inspect/method.js';
import { PCA, pca } from '../../src/inspect/pca.js';
import { RELIABILITY } from '../../src/inspect/reliability.js';
import type { Subject } from '../../src/inspect/subject.js';
import { type Sweep, sweep } from '../../src/inspect/sweep.js';
import { TOP_FACES, topFaces } from '../../src/inspect/top_faces.js';
import { UMAP_EMBEDDING } from '../../src/inspect/umap.js';
import { type Arr, relativeError } from '../../src/reference/arrays.js';
import { mistakes } from '../../src/train/mistakes.js';
import { Rng } from '../../src/util/random.js';
import { describeGpu } from '../helpers/gpu.js';
import { chain, exactOutputs, pixels, subjectOf } from './subjects.js';

describe('principal components', () => {
  // Around the mean (2, 1): the points (3, 0), (-3, 0), (0, 1), (0, -1), turned by an angle whose cosine is 0.6, sine 0.8.
  const turned = [
    [3, 0],
    [-3, 0],
    [0, 1],
    [0, -1],
  ].flatMap(([a = 0, b = 0]) => [2 + 0.6 * a - 0.8 * b, 1 + 0.8 * a + 0.6 * b]);

  it('of four points in the plane, computed by hand', () => {
    const { components, variances, total, scores } = pca(Float32Array.from(turned), 2, 2);
    const near = (got: ArrayLike<number>, expected: readonly number[]): void => {
      expect(got).toHaveLength(expected.length);
      expected.forEach((v, i) => {
        expect(got[i]).toBeCloseTo(v, 5);
      });
    };
    near(components[0] ?? [], [0.6, 0.8]);
    near(components[1] ?? [], [0.8, -0.6]); // its largest element is positive
    near(variances, [18 / 3, 2 / 3]);
    expect(total).toBeCloseTo(20 / 3, 5);
    near(scores[0] ?? [], [3, -3, 0, 0]);
    near(scores[1] ?? [], [0, 0, -1, 1]);
  });

  it('of a plane in ten dimensions are the plane', () => {
    const rng = new Rng(4);
    const [a, b] = [0, 1].map(() => Array.from({ length: 10 }, () => rng.normal()));
    const data = Float32Array.from({ length: 300 * 10 });
    for (let i = 0; i < 300; i++) {
      const [u, v] = [5 * rng.normal(), rng.normal()];
      for (let f = 0; f < 10; f++) data[i * 10 + f] = u * (a?.[f] ?? 0) + v * (b?.[f] ?? 0);
    }
    const { variances, total, scores } = pca(data, 10, 4);
    expect(variances).toHaveLength(4);
    expect((variances[0] ?? 0) + (variances[1] ?? 0)).toBeCloseTo(total, 3);
    expect((variances[2] ?? 1) / total).toBeLessThan(1e-6);
    const distance = (x: (f: number) => number, n: number) =>
      Math.hypot(...Array.from({ length: n }, (_, f) => x(f)));
    expect(distance((f) => (scores[f]?.[3] ?? 0) - (scores[f]?.[9] ?? 0), 2)).toBeCloseTo(
      distance((f) => (data[30 + f] as number) - (data[90 + f] as number), 10),
      3,
    );
  });

  it('of equal vectors are nothing', () => {
    const { variances, total } = pca(new Float32Array(12).fill(3), 3, 2);
    expect([...variances, total]).toEqual([0, 0, 0]);
  });
});

describe('faces', () => {
  it('have a mean for each class', () => {
    const images = Uint8Array.of(10, 20, 0, 0, 31, 41, 7, 9);
    expect(meanFaces(images, Uint8Array.of(2, 0, 2, 0), 3)).toEqual([
      { mean: Uint8Array.of(4, 5), count: 2 },
      { mean: Uint8Array.of(0, 0), count: 0 },
      { mean: Uint8Array.of(21, 31), count: 2 },
    ]);
  });

  it('excite a channel, the strongest first', () => {
    const peaks = Float32Array.of(1, 9, 5, 2, 3, 9, 4, 1);
    expect(topFaces(peaks, 2, 0, 3)).toEqual([1, 3, 2]);
    expect(topFaces(peaks, 2, 1)).toEqual([0, 2, 1, 3]);
  });

  it('are told wrong, the most confident first', () => {
    const probabilities = Float32Array.of(0.5, 0.25, 0.25, 0.25, 0.75, 0, 0, 0.125, 0.875, 0, 0.875, 0.125);
    expect(mistakes(probabilities, Uint8Array.of(1, 1, 0, 0), 3)).toEqual([
      { index: 2, label: 0, predicted: 2, confidence: 0.875 },
      { index: 3, label: 0, predicted: 1, confidence: 0.875 },
      { index: 0, label: 1, predicted: 0, confidence: 0.5 },
    ]);
  });
});

/** 40 random faces with a look at them. */
function lookAt(
  subject: Subject,
  layers: { features: string; maps: string },
  channels?: number[],
): FacesLook {
  const split = { images: pixels(40 * 120, 8), labels: Uint8Array.from({ length: 40 }, (_, i) => i % 3) };
  let swept: Promise<Sweep> | undefined;
  const all = () => sweep(subject, split, layers, () => undefined);
  return {
    ...{ subject, layer: undefined, channels, seed: 7, progress: () => undefined },
    faces: {
      ...split,
      ...{ name: 'random', split: 'validation' },
      sweep: () => {
        swept ??= all();
        return swept;
      },
    },
  };
}

const LAYERS = { features: 'elu_2', maps: 'batch_normalization_1' };

describeGpu('with many faces', (gpu) => {
  it('one pass collects what float64 gives, also of a last batch that is not full', async () => {
    const subject = subjectOf(gpu());
    const look = lookAt(subject, LAYERS);
    const { images } = look.faces;
    const calls: number[] = [];
    const found = await sweep(subject, look.faces, LAYERS, (done, total) => calls.push(done, total));
    expect(calls).toEqual([32, 40, 40, 40]);
    const exact = exactOutputs(
      subject,
      Float64Array.from(images, (v) => v / 255),
      40,
    );
    expect(relativeError(found.probabilities, exact.get('softmax') as Arr)).toBeLessThan(1e-4);
    expect(found.featureCount).toBe(5);
    expect(relativeError(found.features, exact.get('elu_2') as Arr)).toBeLessThan(1e-4);
    const maps = exact.get('batch_normalization_1') as Arr;
    const perFace = maps.length / 40;
    const peaks = Float64Array.from({ length: 40 * 6 }, (_, i) => {
      const [face, channel] = [Math.floor(i / 6), i % 6];
      return Math.max(
        ...maps.subarray(face * perFace, (face + 1) * perFace).filter((_, k) => k % 6 === channel),
      );
    });
    expect(relativeError(found.peaks, peaks)).toBeLessThan(1e-4);
    await subject.dispose();
  });

  it('PCA, the faces of a channel and the reliability are parts of one pass', async () => {
    const subject = subjectOf(gpu());
    const look = lookAt(subject, LAYERS, [4]);
    if (PCA.needs !== 'faces' || TOP_FACES.needs !== 'faces' || RELIABILITY.needs !== 'faces')
      throw new Error();
    const { features, peaks } = await look.faces.sweep();
    const [points] = await PCA.run(look);
    const { scores, variances, total } = pca(features, 5, 2);
    expect(points).toMatchObject({
      kind: 'points',
      x: [...(scores[0] ?? [])],
      labels: [...look.faces.labels],
    });
    expect(points?.kind === 'points' && points.axes[0]).toBe(
      `component 1 (${((100 * (variances[0] ?? 0)) / total).toFixed(1)} % of the variance)`,
    );
    const [top] = await TOP_FACES.run(look);
    const best = topFaces(peaks, 6, 4)[0] as number;
    const first = top?.kind === 'pictures' ? top.pictures[0] : undefined;
    expect(first?.picture.data).toEqual(look.faces.images.subarray(best * 120, (best + 1) * 120));
    expect(first?.label).toBe(best % 3);
    expect(top).toMatchObject({ title: 'Channel 4 of batch_normalization_1' });
    const [diagram] = await RELIABILITY.run(look);
    expect(diagram?.kind === 'reliability' && diagram.bins.reduce((sum, { count }) => sum + count, 0)).toBe(
      40,
    );
    await expect(TOP_FACES.run({ ...look, channels: [6] })).rejects.toThrow(
      '--channels 6: layer batch_normalization_1 has 6 channels; expected 0 to 5',
    );
    await subject.dispose();
  });

  it('UMAP keeps clusters apart and neighbours together, the same way for a seed', async () => {
    const subject = subjectOf(gpu());
    const look = lookAt(subject, LAYERS);
    if (UMAP_EMBEDDING.needs !== 'faces') throw new Error();
    // Two clusters in five dimensions, far from each other.
    const rng = new Rng(2);
    const features = Float32Array.from({ length: 200 }, (_, i) => rng.normal() + (i < 100 ? 0 : 20));
    const faces = { ...look.faces, sweep: async () => ({ ...(await look.faces.sweep()), features }) };
    const [points] = await UMAP_EMBEDDING.run({ ...look, faces });
    if (points?.kind !== 'points') throw new Error();
    const { x, y } = points;
    const distance = (a: number, b: number) =>
      Math.hypot((x[a] as number) - (x[b] as number), (y[a] as number) - (y[b] as number));
    const nearest = [...x.keys()].map((a) =>
      [...x.keys()]
        .filter((b) => b !== a)
        .reduce((best, b) => (distance(a, b) < distance(a, best) ? b : best), a === 0 ? 1 : 0),
    );
    expect(nearest.filter((b, a) => b < 20 === a < 20)).toHaveLength(40);
    const [again] = await UMAP_EMBEDDING.run({ ...look, faces });
    expect(again).toEqual(points);
    const [other] = await UMAP_EMBEDDING.run({ ...look, faces, seed: 8 });
    expect(other).not.toEqual(points);
    const few = { ...look.faces, labels: new Uint8Array(15) };
    await expect(UMAP_EMBEDDING.run({ ...look, faces: few })).rejects.toThrow('expected more than 15');
    await subject.dispose();
  });
});

describe('a direction for the loss surface', () => {
  const random = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1));
  const weights = new Map([
    ['conv2d/kernel', { shape: [3, 3, 2, 4], data: random(72) }],
    ['conv2d/bias', { shape: [4], data: random(4) }],
    ['depthwise_conv2d/depthwise_kernel', { shape: [3, 3, 2, 2], data: random(36) }],
    ['dense/kernel', { shape: [6, 5], data: random(30) }],
  ]);
  const direction = filterDirection(weights, new Rng(3));
  const norms = (data: ArrayLike<number>, filters: number): number[] =>
    Array.from({ length: filters }, (_, f) =>
      Math.hypot(...Array.from(data).filter((_, i) => i % filters === f)),
    );

  it.each([
    ['conv2d/kernel', 4],
    ['depthwise_conv2d/depthwise_kernel', 4],
    ['dense/kernel', 5],
  ])('has for each filter of %s its norm, in another direction', (name, filters) => {
    const [own, made] = [weights, direction].map((all) => norms(all.get(name)?.data ?? [], filters));
    made?.forEach((norm, f) => {
      expect(norm).toBeCloseTo(own?.[f] ?? 0, 4);
    });
    expect(direction.get(name)?.data).not.toEqual(weights.get(name)?.data);
  });

  it('leaves vectors alone', () => {
    expect(direction.get('conv2d/bias')?.data).toEqual(new Float32Array(4));
    expect([...direction.keys()]).toEqual([...weights.keys()]);
  });
});

describeGpu('the loss surface', (gpu) => {
  it('has the loss in its middle, the loss of moved weights around it, and leaves the weights as they were', async () => {
    const subject = subjectOf(gpu());
    const split = { images: pixels(90 * 120, 5), labels: Uint8Array.from({ length: 90 }, (_, i) => i % 3) };
    const input = subject.input(split.images, 1);
    const before = await subject.predict(input);
    const surface = await lossSurface(subject, split, 11);
    expect(await subject.predict(input)).toEqual(before);
    expect(await subject.learner.readWeights()).toEqual(new Map(subject.saved.weights));
    expect(surface.at).toEqual([-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]);
    expect(surface.count).toBe(90);
    const lossOf = (probabilities: Arr): number =>
      split.labels.reduce((sum, label, i) => sum - Math.log(probabilities[i * 3 + label] as number), 0) / 90;
    expect(surface.values[4]?.[4]).toBeCloseTo(lossOf(Float64Array.from(before)), 4);
    // Row 6, column 1: x = -0.75, y = 0.5.
    const { weights, network } = subject.saved;
    const [a, b] = [0, 1].map((stream) => filterDirection(weights, new Rng(11, stream)));
    const moved = new Map(
      [...weights].map(([name, { shape, data }]) => [
        name,
        {
          shape,
          data: data.map(
            (w, i) => w - 0.75 * (a?.get(name)?.data[i] ?? 0) + 0.5 * (b?.get(name)?.data[i] ?? 0),
          ),
        },
      ]),
    );
    const other = subjectOf(gpu(), network);
    other.learner.writeWeights(moved);
    expect(surface.values[6]?.[1]).toBeCloseTo(lossOf(Float64Array.from(await other.predict(input))), 4);
    await other.dispose();
    await subject.dispose();
  });

  it('restores the weights after an error', async () => {
    const subject = subjectOf(gpu(), chain());
    const split = { images: pixels(120), labels: Uint8Array.of(0) };
    const stop = (done: number): void => {
      if (done === 3) throw new Error('stopped');
    };
    await expect(lossSurface(subject, split, 1, stop)).rejects.toThrow('stopped');
    expect(await subject.learner.readWeights()).toEqual(new Map(subject.saved.weights));
    await subject.dispose();
  });
});
