import { expect, it } from 'vitest';
import { parameterAxes } from '../../src/study/parameter_axis.js';
import type { TrialRecord, Values } from '../../src/study/trial.js';

const trials = (all: readonly Values[]): TrialRecord[] =>
  all.map((values, i) => ({
    ...{ number: i + 1, values, epochs: 1, until: 1, state: 'complete', metric: 1, curve: [1] },
    ...{ seconds: 1, run: '' },
  }));

/** The axis of trials that differ in one setting. */
function axisOf(values: readonly Values[string][]) {
  const [axis, ...more] = parameterAxes(trials(values.map((value) => ({ x: value }))));
  if (axis === undefined || more.length > 0) throw new Error('expected one axis');
  return axis;
}
const marks = (values: readonly Values[string][]) =>
  axisOf(values).marks.map(({ place, text }) => [text, Number(place.toFixed(3))]);

it('has an axis for each setting in which the trials differ, in their order', () => {
  const axes = parameterAxes(
    trials([
      { lr: 0.1, batch: 8, optimizer: 'adam' },
      { lr: 0.2, batch: 8, optimizer: 'sgd', momentum: 0.9 },
      { lr: 0.2, batch: 8, optimizer: 'sgd', momentum: 0.5 },
    ]),
  );
  expect(axes.map(({ name }) => name)).toEqual(['lr', 'optimizer', 'momentum']);
});

it.each([
  [
    [0, 1],
    [
      ['0', 0],
      ['0.5', 0.5],
      ['1', 1],
    ],
  ],
  [
    [8, 16, 64],
    [
      ['20', 0.214],
      ['40', 0.571],
      ['60', 0.929],
    ],
  ],
  [
    [0, 0.0009],
    [
      ['0', 0],
      ['0.0005', 0.556],
    ],
  ],
])('writes round numbers beside %j', (values, expected) => {
  expect(axisOf(values).log).toBe(false);
  expect(marks(values)).toEqual(expected);
});

it.each([
  [
    [0.001, 0.05],
    [
      ['0.001', 0],
      ['0.01', 0.589],
    ],
  ],
  [
    [1e-6, 1],
    [
      ['1e-6', 0],
      ['0.0001', 0.333],
      ['0.01', 0.667],
      ['1', 1],
    ],
  ],
  [
    [0.002, 0.2],
    [
      ['0.01', 0.349],
      ['0.1', 0.849],
    ],
  ],
])('writes powers of ten where the largest of %j is 50 times the smallest', (values, expected) => {
  expect(axisOf(values).log).toBe(true);
  expect(marks(values)).toEqual(expected);
});

it('is linear up to 50 times, and from 0 on', () => {
  expect(axisOf([1, 49]).log).toBe(false);
  expect(axisOf([0, 1e6]).log).toBe(false);
  expect(axisOf([1, 50]).log).toBe(true);
});

it('has a place for each word, in alphabetical order, numbers among them too', () => {
  const axis = axisOf(['none', 64, 'all']);
  expect(axis.log).toBe(false);
  expect(axis.marks.map(({ text }) => text)).toEqual(['64', 'all', 'none']);
  expect(['64', 'all', 'none'].map((value) => axis.place(value))).toEqual([1 / 6, 3 / 6, 5 / 6]);
  expect(axisOf([true, false]).marks.map(({ text }) => text)).toEqual(['false', 'true']);
  expect(axisOf([0.001, 0.1]).place(0.01)).toBeCloseTo(0.5, 9);
});
