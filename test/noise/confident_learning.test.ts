import { describe, expect, it } from 'vitest';
import { confidentJoint, findLabelErrors } from '../../src/noise/confident_learning.js';
import { Rng } from '../../src/util/random.js';

/** [N, 3] */
const rows = (...all: readonly (readonly [number, number, number])[]): Float32Array =>
  Float32Array.from(all.flat());

describe('confident learning', () => {
  // Thresholds, the mean own probability of each label: class 0: (0.9 + 0.8 + 0.1) / 3 = 0.6; 1: (0.7 + 0.5) / 2 = 0.6; 2: 0.9.
  const p = rows(
    ...([
      [0.9, 0.1, 0],
      [0.8, 0.1, 0.1],
      [0.1, 0.9, 0],
      [0.2, 0.7, 0.1],
      [0.3, 0.5, 0.2],
      [0.05, 0.05, 0.9],
    ] as const),
  );
  const labels = [0, 0, 0, 1, 1, 2];

  it('counts each image for the class whose mean it reaches, scaled to the images of its label', () => {
    // Image 4 reaches no mean, so class 1 has one confident image, which counts for both.
    expect(confidentJoint(p, labels, 3)).toEqual([
      [2, 1, 0],
      [0, 2, 0],
      [0, 0, 1],
    ]);
  });

  it('proposes as many suspects as the joint estimates, those with the largest margin', () => {
    const { suspects, noise, agreement } = findLabelErrors(p, labels, 3);
    expect(suspects).toEqual([
      {
        ...{ row: 2, label: 0, proposed: 1 },
        ...{ own: expect.closeTo(0.1, 6), other: expect.closeTo(0.9, 6), score: expect.closeTo(0.1, 6) },
      },
    ]);
    expect(noise).toBeCloseTo(1 / 6, 6);
    expect(agreement).toBeCloseTo(5 / 6, 6); // all but the third are predicted as labelled
  });

  it('counts an image that reaches several means for its likeliest class', () => {
    // Means: 0.3 and 0.45. The first image reaches both.
    const two = Float32Array.from([0.4, 0.6, 0.2, 0.8, 0.7, 0.3, 0.4, 0.6]);
    expect(confidentJoint(two, [0, 0, 1, 1], 2)).toEqual([
      [0, 2],
      [1, 1],
    ]);
  });

  it('ranks by the probability of the label, or by its margin', () => {
    // Of equal own probability, the margin prefers the image with one strong rival.
    const many = rows(
      ...Array.from(
        { length: 20 },
        (_, i) =>
          [
            [0.9, 0.05, 0.05],
            [0.05, 0.9, 0.05],
            [0.05, 0.05, 0.9],
          ][i % 3] as [number, number, number],
      ),
      [0.02, 0.5, 0.48],
      [0.03, 0.95, 0.02],
    );
    const given = [...Array.from({ length: 20 }, (_, i) => i % 3), 0, 0];
    // Too weak a rival for the threshold of class 1, so that only the second is certain; both are found by a lower one.
    const byOwn = findLabelErrors(many, given, 3).suspects.map(({ row }) => row);
    const byMargin = findLabelErrors(many, given, 3, 'margin').suspects;
    expect(byOwn).toContain(21);
    expect(byMargin.find(({ row }) => row === 21)?.score).toBeCloseTo((0.03 - 0.95 + 1) / 2, 6);
  });

  it('takes a class without confident images, or without images, to be right', () => {
    expect(confidentJoint(rows([0.5, 0.3, 0.2]), [0], 3)).toEqual([
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(findLabelErrors(new Float32Array(0), [], 3)).toMatchObject({ noise: 0, suspects: [] });
  });

  it.each([0.05, 0.1, 0.2, 0.3])('finds wrong labels among good predictions (%d of them wrong)', (rate) => {
    // A classifier that is right about nine of ten images, and more certain when it is.
    const rng = new Rng(5);
    const [n, classes] = [2000, 7];
    const truth = Array.from({ length: n }, () => rng.int(classes));
    const given = truth.map((t) => (rng.float() < rate ? (t + 1 + rng.int(classes - 1)) % classes : t));
    const probabilities = new Float32Array(n * classes);
    truth.forEach((t, i) => {
      const right = rng.float() < 0.9;
      const top = right ? t : (t + 1 + rng.int(classes - 1)) % classes;
      const sure = right ? rng.uniform(0.6, 0.95) : rng.uniform(0.4, 0.7);
      for (let c = 0; c < classes; c++) probabilities[i * classes + c] = c === top ? sure : (1 - sure) / 6;
    });
    const { suspects, noise } = findLabelErrors(probabilities, given, classes);
    const wrong = new Set(truth.flatMap((t, i) => (t === given[i] ? [] : [i])));
    const found = suspects.filter(({ row }) => wrong.has(row)).length;
    expect(found / wrong.size).toBeGreaterThan(0.8);
    expect(noise).toBeGreaterThan(rate * 0.8);
    expect(noise).toBeLessThan(rate + 0.1);
  });
});
