import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mapLabels } from '../../src/train/class_mapping.js';
import { parseClassWeights } from '../../src/train/class_weights.js';
import { TrainingClock } from '../../src/train/clock.js';
import type { TrainEvent } from '../../src/train/events.js';
import { classMetrics, confusions, probabilityMetrics, reliability } from '../../src/train/metrics.js';
import { mistakes } from '../../src/train/mistakes.js';
import { Pace, RunningMean } from '../../src/train/progress.js';
import { progressNotes, validationNumbers } from '../../src/train/reports.js';
import { type ScheduleOptions, scheduleFactor } from '../../src/train/schedules.js';
import { ttaDraws } from '../../src/train/tta.js';
import { sameClass } from '../../src/util/classes.js';
import type { ImageDraw } from '../../src/util/image_draw.js';
import { Rng } from '../../src/util/random.js';

describe('with the time set by hand', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());
  const pass = (ms: number) => void vi.advanceTimersByTime(ms);

  it('progress is noted after a second, then every half second, and anew for the next activity', () => {
    const notes: TrainEvent[] = [];
    const report = progressNotes(
      (event) => notes.push(event),
      'validate',
      (done, total) => `${done} of ${total}`,
    );
    const at = (ms: number, done: number): number => {
      pass(ms);
      report(done, 9);
      return notes.length;
    };
    pass(5000);
    expect([at(0, 1), at(999, 2), at(1, 3), at(499, 4), at(1, 5)]).toEqual([0, 0, 1, 1, 2]);
    expect(notes[0]).toEqual({
      ...{ type: 'note', kind: 'validate', message: '3 of 9', progress: { done: 3, total: 9 } },
    });
    expect([at(5000, 1), at(999, 2), at(1, 3)]).toEqual([2, 2, 3]);
  });

  it('the clock counts training, those of before a resumption and no pauses', () => {
    const clock = new TrainingClock(10);
    pass(1000); // set-up
    clock.beginTraining(60);
    pass(2000);
    clock.beginEpoch();
    pass(4000);
    expect([clock.seconds, clock.epochSeconds]).toEqual([66, 4]);
    clock.hold();
    pass(30_000);
    expect([clock.seconds, clock.epochSeconds]).toEqual([66, 4]);
    clock.go();
    pass(500);
    expect([clock.seconds, clock.epochSeconds]).toEqual([66.5, 4.5]);
    clock.beginEpoch();
    expect([clock.seconds, clock.epochSeconds]).toEqual([66.5, 0]);
    clock.beginTraining();
    expect(clock.seconds).toBe(60);
  });

  it('the clock keeps pauses, and what lies between epochs, out of the pace', () => {
    const clock = new TrainingClock(10);
    clock.beginEpoch();
    clock.pace.steps(5);
    pass(2000);
    clock.pace.steps(4);
    expect(clock.pace.imgPerS).toBe(20);
    clock.hold();
    pass(30_000);
    clock.go();
    pass(2000);
    clock.pace.steps(4);
    expect(clock.pace.imgPerS).toBe(20);
    pass(30_000);
    clock.beginEpoch();
    pass(1000);
    clock.pace.steps(2);
    expect(clock.pace.imgPerS).toBe(20);
  });
});

describe('pace', () => {
  it('times the steps after the fifth, and only those', () => {
    let now = 0;
    const pace = new Pace(10, () => now);
    pace.resume();
    now = 50;
    pace.steps(4);
    now = 100;
    pace.steps(1);
    now = 101;
    pace.steps(0);
    expect(pace.imgPerS).toBe(0);
    now = 104;
    pace.steps(8);
    expect(pace.imgPerS).toBe((8 * 10) / 4);
    pace.validated(30);
    pace.validated(7);
    expect([pace.eta(0, 3, 60), pace.eta(4, 0, 60), pace.eta(4, 1, 60)]).toEqual([21, 2, 9]);
  });

  it('the mean over an epoch weighs each batch with its images, and goes on from its sums', () => {
    const mean = new RunningMean();
    mean.add({ step: 1, loss: 1, correct: 3, count: 3, penalty: 0 });
    const rest = new RunningMean(mean.sums);
    rest.add({ step: 2, loss: 5, correct: 0, count: 1, penalty: 0 });
    expect([rest.loss, rest.acc]).toEqual([2, 0.75]);
    expect(rest.sums).toEqual({ loss: 8, correct: 3, count: 4 });
  });
});

describe('calibration', () => {
  /** The error of images of two classes; class 0 is the more probable one. */
  const ece = (...images: readonly [confidence: number, right: boolean][]): number => {
    const probabilities = Float32Array.from(images.flatMap(([p]) => [p, 1 - p]));
    return probabilityMetrics(
      probabilities,
      images.map(([, right]) => (right ? 0 : 1)),
      2,
    ).ece;
  };

  it('compares within bins of a fifteenth', () => {
    // 0.8 = 12/15 begins a bin: 0.81 lies in it, 0.79 in the one before.
    expect(ece([0.81, true], [0.82, false])).toBeCloseTo(Math.abs(1 - 1.63) / 2, 6);
    expect(ece([0.81, true], [0.79, false])).toBeCloseTo((0.19 + 0.79) / 2, 6);
    // 0.75 = 11.25/15 and 0.72 = 10.8/15.
    expect(ece([0.72, true], [0.75, false])).toBeCloseTo((0.28 + 0.75) / 2, 6);
    // 0.935 > 14/15 is in the last bin, with certainty itself.
    expect(ece([0.935, false], [1, true])).toBeCloseTo(Math.abs(1 - 1.935) / 2, 6);
    expect(ece([0.88, true], [0.935, false])).toBeCloseTo((0.12 + 0.935) / 2, 6);
    expect(ece([1, true], [1, true])).toBe(0);
  });

  it('gives each bin its bounds, images, mean confidence and share of right answers', () => {
    const bins = reliability(
      Float32Array.of(0.81, 0.19, 0.18, 0.82, 0.5, 0.5, Number.NaN, 0),
      [0, 0, 0, 0],
      2,
    );
    expect(bins).toHaveLength(15);
    expect(bins[12]).toEqual({
      ...{ from: 0.8, to: 13 / 15, count: 2, confidence: expect.closeTo(0.815), accuracy: 0.5 },
    });
    // Of equally probable classes, the first is the answer.
    expect(bins[7]).toMatchObject({ count: 1, confidence: 0.5, accuracy: 1 });
    expect(bins[14]).toEqual({ from: 14 / 15, to: 1, count: 0, confidence: 0, accuracy: 0 });
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  });

  it('tells the error that chance alone brings: that of answers drawn as the network says', () => {
    const rng = new Rng(9);
    const count = 900;
    const confidences = Float32Array.from({ length: count }, () => 0.5 + 0.5 * rng.float());
    const probabilities = Float32Array.from({ length: 2 * count }, (_, i) => {
      const p = confidences[i >> 1] as number;
      return i % 2 === 0 ? p : 1 - p;
    });
    let [sum, told] = [0, 0];
    for (let trial = 0; trial < 200; trial++) {
      const labels = Array.from(confidences, (p) => Number(rng.float() >= p));
      const { ece: error, eceByChance } = probabilityMetrics(probabilities, labels, 2);
      sum += error / 200;
      told = eceByChance;
    }
    expect(told).toBeGreaterThan(0.02);
    expect(Math.abs(sum / told - 1)).toBeLessThan(0.05);
  });

  it('leaves out what is no number, and bounds the loss of an impossible class', () => {
    const { loss, ece: error } = probabilityMetrics(Float32Array.of(1, 0), [1], 2);
    expect(loss).toBeCloseTo(30 * Math.LN10, 6);
    expect(error).toBe(1);
    expect(probabilityMetrics(Float32Array.of(Number.NaN, Number.NaN, 1, 0), [0, 0], 2).ece).toBe(0);
  });

  it('mistakes come the most confident first; what is no number is no answer', () => {
    const p = Float32Array.of(0.6, 0.4, 0.1, 0.9, 0.9, 0.1, Number.NaN, 1);
    expect(mistakes(p, [1, 0, 0, 0], 2)).toEqual([
      { index: 1, label: 0, predicted: 1, confidence: expect.closeTo(0.9) },
      { index: 0, label: 1, predicted: 0, confidence: expect.closeTo(0.6) },
    ]);
  });

  it('the runner-up counts as one of the two most probable, the third does not', () => {
    const p = Float32Array.of(0.2, 0.5, 0.3);
    expect([0, 1, 2].map((label) => probabilityMetrics(p, [label], 3).top2)).toEqual([0, 1, 1]);
  });

  it('precision looks at a column, recall at a row', () => {
    const [a, b] = classMetrics(
      [
        [1, 3],
        [0, 4],
      ],
      ['a', 'b'],
    );
    expect(a).toEqual({ name: 'a', precision: 1, recall: 0.25, f1: 0.4, support: 4 });
    expect(b).toEqual({ name: 'b', precision: 4 / 7, recall: 1, f1: expect.closeTo(8 / 11), support: 4 });
    const confusion = [
      [1, 3],
      [0, 4],
    ];
    const evaluation = { loss: 1.5, accuracy: 0.625, count: 8, confusion };
    expect(validationNumbers(evaluation, ['a', 'b'])).toMatchObject({
      ...{ loss: 1.5, acc: 0.625, recall: [0.25, 1] },
    });
  });
});

describe('schedules', () => {
  const at = (options: Partial<ScheduleOptions>, epoch: number): number =>
    scheduleFactor({ name: 'constant', epochs: 10, stepsPerEpoch: 4, ...options }, epoch);

  it('have the defaults of their description', () => {
    expect([9.9, 10, 20].map((epoch) => at({ name: 'step' }, epoch))).toEqual([1, 0.5, 0.25]);
    expect(at({ name: 'exponential' }, 2)).toBeCloseTo(0.95 ** 2, 12);
    expect(at({ name: 'exponential', gamma: 0.25 }, 0.5)).toBeCloseTo(0.5, 12);
    expect(at({ name: 'cosine' }, 10)).toBeCloseTo(0, 12);
    expect(at({ name: 'one-cycle', final: 0.5 }, 10)).toBeCloseTo(0.5, 12);
    expect(at({ name: 'one-cycle', final: 0.5 }, 6.5)).toBeCloseTo(0.75, 12);
    const quarter = at({ name: 'one-cycle', final: 0.5 }, 3 + 7 / 4); // of the way down
    expect(quarter).toBeCloseTo(0.5 + 0.25 * (1 + Math.SQRT1_2), 12);
  });

  it('do not bend: a quarter of the cosine is cos 45 degrees', () => {
    expect(at({ name: 'cosine' }, 2.5)).toBeCloseTo((1 + Math.SQRT1_2) / 2, 12);
  });

  it('begin after the warm-up, end with the training, and stay there', () => {
    const options = { name: 'cosine', warmupEpochs: 2 } as const;
    expect(at(options, 2)).toBe(1);
    expect(at(options, 6)).toBeCloseTo(0.5, 12);
    expect(at(options, 12)).toBeCloseTo(0, 12);
    expect(at({ ...options, final: 0.1 }, 30)).toBeCloseTo(0.1, 12);
    expect(at({ name: 'step', stepEpochs: 3, warmupEpochs: 2 }, 4.9)).toBe(1);
    expect(at({ name: 'step', stepEpochs: 3, warmupEpochs: 2 }, 5)).toBe(0.5);
  });

  it('warm up over the steps: the last of them has the full rate', () => {
    const steps = [0, 1, 2, 3].map((step) => at({ warmupEpochs: 1 }, step / 4));
    expect(steps).toEqual([0.25, 0.5, 0.75, 1]);
    expect(at({ warmupEpochs: 10, epochs: 10, name: 'cosine' }, 9.75)).toBe(1);
    expect(at({ warmupEpochs: 0.9 }, 0.75)).toBe(1); // its last step ends after it
  });
});

it('the ten views of 48 x 25 are turned and scaled around the centre, then their mirrors', () => {
  const [width, height] = [48, 25];
  const draws = ttaDraws(3, 'tenview', [height, width]);
  /** Where in the image, from its centre, the output pixel lies that is this far from the output's centre. */
  const source = ({ xx, xy, x0, yx, yy, y0 }: ImageDraw, right: number, down: number): number[] => {
    const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
    const [ox, oy] = [cx + right, cy + down];
    return [xx * ox + xy * oy + x0 - cx, yx * ox + yy * oy + y0 - cy];
  };
  const turned = (degrees: number, scale: number): number[][] => {
    const [cos, sin] = [
      Math.cos((degrees * Math.PI) / 180) * scale,
      Math.sin((degrees * Math.PI) / 180) * scale,
    ];
    return [
      [10 * cos, 10 * sin],
      [-10 * sin, 10 * cos],
    ];
  };
  const views = [turned(0, 1), turned(6, 1), turned(-6, 1), turned(0, 1 / 0.92), turned(0, 1 / 1.08)];
  const near = (rows: readonly (readonly number[])[]) =>
    rows.map((row) => row.map((value) => expect.closeTo(value, 9)));
  expect(draws.slice(0, 5).map((draw) => [source(draw, 10, 0), source(draw, 0, 10)])).toEqual(
    views.map(near),
  );
  // A mirrored output shows to the left of its centre what the view shows to the right.
  expect(draws.slice(5).map((draw) => [source(draw, -10, 0), source(draw, 0, 10)])).toEqual(views.map(near));
  expect(draws.every(({ image, gain }) => image === 3 && gain === 1)).toBe(true);
});

it('the ten crops of 48 x 25 lie in the corners and the centre, then their mirrors', () => {
  const draws = ttaDraws(3, 'tencrop', [25, 48]);
  const edges = draws.map(({ xx, x0, yy, y0 }) => [x0, x0 + 47 * xx, y0, y0 + 24 * yy]);
  const [x, y] = [47 / 6, 24 / 6];
  const crops = [
    [0, 47 - x, 0, 24 - y],
    [x, 47, 0, 24 - y],
    [0, 47 - x, y, 24],
    [x, 47, y, 24],
    [x / 2, 47 - x / 2, y / 2, 24 - y / 2],
  ] as const;
  const mirrors = crops.map(([left, right, top, bottom]) => [right, left, top, bottom]);
  const near = (rows: readonly (readonly number[])[]) =>
    rows.map((row) => row.map((value) => expect.closeTo(value, 9)));
  expect(edges).toEqual(near([...crops, ...mirrors]));
  expect(draws.every(({ image, gain, xy, yx }) => image === 3 && gain === 1 && xy === 0 && yx === 0)).toBe(
    true,
  );
  expect(ttaDraws(0, 'flip', [25, 48])[1]).toMatchObject({ xx: -1, x0: 47, yy: 1, y0: 0 });
});

describe('classes by name', () => {
  it('are the same whatever their case, their spaces and their form', () => {
    expect(sameClass('Happy', 'happiness')).toBe(true);
    expect(sameClass('happy', 'sad')).toBe(false);
    expect(sameClass(' Contempt', 'contempt ')).toBe(true);
    expect(sameClass('contempt', 'boredom')).toBe(false);
    expect(sameClass('contempt', 'happy')).toBe(false);
  });

  const split = { images: Uint8Array.of(1, 2, 3, 4, 5, 6), labels: Uint8Array.of(2, 0, 1) };
  const from = ['x', 'y', 'z'];

  it('give labels of the model to the images that it knows', () => {
    expect(mapLabels(split, { from, to: ['z', 'x', 'y'], skipUnknown: false })).toEqual({
      ...{ images: split.images, labels: Uint8Array.of(0, 1, 2) },
    });
    expect(mapLabels(split, { from, to: ['y', 'z'], skipUnknown: true })).toEqual({
      images: Uint8Array.of(1, 2, 5, 6),
      labels: Uint8Array.of(1, 0),
    });
    expect(mapLabels(split, { from, to: from, skipUnknown: false })).toBe(split);
  });

  it('that the model does not know are counted; without images they do no harm', () => {
    const more = { images: Uint8Array.of(1, 2, 3, 4), labels: Uint8Array.of(0, 2, 0, 1) };
    expect(() => mapLabels(more, { from, to: ['y'], skipUnknown: false })).toThrow(
      '(2 of x, 1 of z); it knows y, the data have x, y, z:',
    );
    expect(() => mapLabels(more, { from, to: ['y', 'x'], skipUnknown: false })).toThrow('(1 of z)');
    const notes: string[] = [];
    const onNote = (note: string): void => void notes.push(note);
    mapLabels(more, { from, to: ['y'], skipUnknown: true, onNote });
    mapLabels(more, { from, to: ['y', 'x'], skipUnknown: true, onNote });
    mapLabels(more, { from, to: ['z', 'y', 'x'], skipUnknown: true, onNote });
    expect(notes).toEqual([
      '3 images left out of classes that the model does not know: 2 of x, 1 of z',
      '1 image left out of classes that the model does not know: 1 of z',
    ]);
    const none = { images: Uint8Array.of(7), labels: Uint8Array.of(1) };
    expect(mapLabels(none, { from, to: ['y'], skipUnknown: false }).labels).toEqual(Uint8Array.of(0));
  });
});

it('confusions come by their share of the true class, then by their number', () => {
  const counts = [
    [7, 1, 2],
    [0, 0, 0],
    [8, 2, 30],
  ];
  const found = confusions(counts, ['a', 'b', 'c'], 3);
  expect(found.map(({ from, to, count, share }) => `${from}${to} ${count} ${share}`)).toEqual([
    ...['ca 8 0.2', 'ac 2 0.2', 'ab 1 0.1'],
  ]);
  expect(confusions(counts, ['a', 'b', 'c'], -1)).toEqual([]);
});

it('class weights may be 0 and a million, no more, not all 0, and as many as classes', () => {
  const weights = (text: string) => parseClassWeights(text, new Uint8Array(0), ['a', 'b']);
  expect(weights(' 0, 1e6')).toEqual([0, 1e6]);
  for (const bad of ['1,1000001', '1', '1,2,3', '1,-0.1', '1,', '0,0'])
    expect(() => weights(bad)).toThrow('class-weights');
  // Every class has the same weight in all.
  const labels = Uint8Array.of(1, 1, 1, 0);
  const [a = 0, b = 0] = parseClassWeights('balanced', labels, ['a', 'b']);
  expect([a, 3 * b]).toEqual([2, 2]);
});
