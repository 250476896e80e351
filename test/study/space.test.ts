import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { positionOf, type RangeDomain, stretchOf, valueAt, valuesOf } from '../../src/study/domain.js';
import { assign, parseSpace, pointsOf, readSpace, type Space, sizeOf } from '../../src/study/space.js';
import { UsageError } from '../../src/util/errors.js';

const space = (yaml: string, settings = {}): Space => parseSpace(parse(yaml), settings, 'space.yaml');

const file = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'space-')), 's.yaml');
  writeFileSync(path, text);
  return path;
};

describe('the grammar of a space', () => {
  it('has lists of any setting, in the form of the command line', () => {
    const { parameters } = space(
      'optimizer: [adam, sgd]\ndense: [none, 64, [128, 64]]\nl2: [0, 0.01]\nshuffle: [true, false]\nlabelSmoothing: [0, 0.1]',
    );
    expect(parameters.map(({ name, domain, when }) => [name, domain, when])).toEqual([
      ['optimizer', { values: ['adam', 'sgd'] }, {}],
      ['dense', { values: ['none', '64', '128,64'] }, {}],
      ['l2', { values: [0, 0.01] }, {}],
      ['shuffle', { values: [true, false] }, {}],
      ['label-smoothing', { values: [0, 0.1] }, {}],
    ]);
  });

  it('has ranges: linear, log, whole numbers, steps', () => {
    const domains = space(
      `dropout: {min: 0.1, max: 0.5}
lr: {min: 0.0001, max: 0.1, log: true}
batch: {min: 16, max: 64, log: true}
convolutions: {min: 1, max: 3}
mixup: {min: 0, max: 0.35, step: 0.1}
cutmix: {min: 0, max: 0.3, step: 0.1}`,
    ).parameters.map(({ domain }) => domain);
    expect(domains).toEqual([
      { min: 0.1, max: 0.5, log: false, step: undefined },
      { min: 0.0001, max: 0.1, log: true, step: undefined },
      { min: 16, max: 64, log: true, step: 1 },
      { min: 1, max: 3, log: false, step: 1 },
      { min: 0, max: 0.3, log: false, step: 0.1 },
      { min: 0, max: 0.3, log: false, step: 0.1 }, // 0.3 / 0.1 is below 3 in floating point
    ]);
  });

  it('has conditions, and knows those of the optimizers', () => {
    const { parameters } = space(
      `optimizer: [adam, sgd, rmsprop]
momentum: {values: [0.5, 0.9]}
nesterov: {values: [true, false], when: {momentum: 0.9}}
l2: {values: [0, 0.1], when: {optimizer: [adam, sgd]}}
lr:
  - {min: 0.001, max: 0.01, when: {optimizer: adam}}
  - {min: 0.01, max: 0.1}`,
    );
    expect(parameters.map(({ name, when }) => [name, when])).toEqual([
      ['optimizer', {}],
      ['momentum', { optimizer: ['sgd', 'rmsprop'] }],
      ['nesterov', { optimizer: ['sgd'], momentum: [0.9] }],
      ['l2', { optimizer: ['adam', 'sgd'] }],
      ['lr', { optimizer: ['adam'] }],
      ['lr', {}],
    ]);
  });

  it('needs no condition where all trials have an optimizer that has the setting', () => {
    expect(space('momentum: [0, 0.9]', { optimizer: 'sgd' }).parameters[0]?.when).toEqual({});
    expect(space('optimizer: [rmsprop, sgd]\nmomentum: [0, 0.9]').parameters[1]?.when).toEqual({});
  });

  it.each([
    ['lerning-rate: [1]', 'space.yaml: "lerning-rate" is no setting; see "fer-tui train --help"'],
    ['l22: [1]', '"l22" is no setting; did you mean "l2"?'],
    ['l2: 0.1', 'space.yaml: l2 = 0.1: expected a list like [16, 32], a range like'],
    ['l2: []', 'l2: an empty list'],
    ['l2: [0.1, 0.1]', 'l2: 0.1 is in the list twice'],
    ['l2: [0.1, 2]', 'space.yaml: l2 = 2: expected a number in [0, 1]'],
    ['l2: [null]', 'l2: null is no value'],
    ['dense: [0.5]', 'space.yaml: dense = 0.5: expected whole numbers from 1 to 4096'],
    ['augment: [flop]', 'augment'],
    ['optimizer: [adm]', 'space.yaml: optimizer = adm: expected one of adam, rmsprop, sgd'],
    ['optimizer: {min: 1, max: 2}', 'optimizer: is no number; expected a list'],
    ['l2: {min: 0.1}', 'l2: max: expected a number'],
    ['l2: {min: 0.5, max: 0.1}', 'l2: min 0.5 is not below max 0.1'],
    ['l2: {min: 0, max: 2}', 'l2 = 2: expected a number in [0, 1]'],
    ['l2: {min: 0, max: 1, log: true}', 'l2: a log scale needs a min above 0'],
    ['l2: {min: 0.1, max: 1, log: 1}', 'l2: log: expected true or false'],
    ['l2: {min: 0.1, max: 1, log: true, step: 1}', 'l2: a log scale has no step'],
    ['l2: {min: 0.1, max: 1, step: 0}', 'l2: step 0: expected a number above 0'],
    ['l2: {min: 0.1, max: 1, step: 2}', 'l2: step 2 is larger than the range'],
    ['batch: {min: 1, max: 9, step: 0.5}', 'batch: step 0.5: expected a whole number'],
    ['l2: {min: 0.1, max: 1, lag: true}', 'l2: unknown key "lag"; did you mean "log"?'],
    ['l2: {values: [0], log: true}', 'l2: "values" and "log" exclude each other'],
    ['l2: {values: 0}', 'l2: values: expected a list'],
    ['l2: {values: [0], when: sgd}', 'l2: when: expected a condition like {optimizer: sgd}'],
    ['l2: {values: [0], when: {optimizer: sgd}}', 'l2: when: no parameter "optimizer" before this one'],
    ['optimizer: [adam]\nl2: {values: [0], when: {optimiser: sgd}}', 'did you mean "optimizer"?'],
    ['l2: {values: [0], when: {batch: 28}}', 'conditions name a parameter that comes before'],
    ['l2: {values: [0], sideways: 1}', 'unknown key "sideways"; expected values, '],
    [
      'optimizer: [adam]\nl2: {values: [0], when: {optimizer: sgd}}',
      '"optimizer" is never sgd; expected one of adam',
    ],
    ['l1: {min: 0, max: 1}\nl2: {values: [0], when: {l1: 0}}', 'l2: when: "l1" is a range'],
    ['l2: [{values: [0]}, {values: [1]}]', 'l2: only the last of several forms may go without "when"'],
    ['momentum: [0.9]', 'momentum: only sgd and rmsprop have momentum; set one'],
    ['optimizer: [adam]\nmomentum: [0.9]', 'momentum: only sgd and rmsprop have momentum; add one to it'],
    ['out: [a]', 'out: the study sets it'],
    ['label-smoothing: [0]\nlabelSmoothing: [0]', 'label-smoothing: given twice'],
  ])('refuses %s', (yaml, message) => {
    expect(() => space(yaml)).toThrow(UsageError);
    expect(() => space(yaml)).toThrow(message);
  });
});

describe('the file of a space', () => {
  it('has settings for all trials, and parameters', () => {
    const path = file('settings: {epochs: 3, dense: [64, 32], labelSmoothing: 0.1}\nspace: {l2: [0, 0.1]}');
    expect(readSpace(path)).toEqual({
      settings: { epochs: 3, dense: '64,32', 'label-smoothing': 0.1 },
      parameters: { l2: [0, 0.1] },
    });
    expect(readSpace(file('{"space": {"l2": [0]}}')).settings).toEqual({});
  });

  it.each([
    ['l2: [0]', '"l2" does not belong here; put it under "space"'],
    ['space: {l2: [0]}\nsettigns: {}', '"settigns" does not belong here; expected "space" and "settings"'],
    ['- 1', 'expected the keys "space" and "settings"'],
    ['settings: {epochs: 3}', 'expected parameters under "space"'],
    ['space: {}', 'expected parameters under "space"'],
    ['space: {l2: [0]}\nsettings: [1]', 'settings: expected settings like "epochs: 30"'],
    ['space: {l2: [0]}\nsettings: {epohcs: 1}', 'settings: "epohcs" is no setting; did you mean "epochs"?'],
    ['space: {l2: [0', 'Flow sequence'],
  ])('is refused when it says %s', (text, message) => {
    const path = file(text);
    expect(() => readSpace(path)).toThrow(UsageError);
    expect(() => readSpace(path)).toThrow(`space ${path}: `);
    expect(() => readSpace(path)).toThrow(message);
  });
});

describe('a position in a range', () => {
  const at = (domain: RangeDomain, n = 5, offset = 0): unknown[] =>
    Array.from({ length: n }, (_, i) => valueAt(domain, (i + offset) / n));

  it('stands for a number: equal differences, or equal factors on a log scale', () => {
    expect(at({ min: 0, max: 1, log: false, step: undefined })).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(at({ min: 1e-5, max: 1, log: true, step: undefined })).toEqual([1e-5, 1e-4, 1e-3, 0.01, 0.1]);
  });

  it('keeps four digits, within the range', () => {
    expect(valueAt({ min: 1e-4, max: 1e-1, log: true, step: undefined }, 0.123456)).toBe(0.0002346);
    expect(valueAt({ min: 0.123449, max: 0.9, log: false, step: undefined }, 0)).toBe(0.123449);
  });

  it('gives each whole number or step the same share', () => {
    const counts = new Map<unknown, number>();
    for (const value of at({ min: 0.1, max: 0.3, log: false, step: 0.1 }, 300, 0.5))
      counts.set(value, (counts.get(value) ?? 0) + 1);
    expect([...counts]).toEqual([
      [0.1, 100],
      [0.2, 100],
      [0.3, 100],
    ]);
  });

  it.each<RangeDomain>([
    { min: 2, max: 9, log: false, step: 1 },
    { min: 1, max: 100, log: true, step: 1 },
    { min: 0.1, max: 0.7, log: false, step: 0.2 },
  ])('has a stretch for each value, and together they fill the range: %o', (domain) => {
    let end = 0;
    for (const value of valuesOf(domain) ?? []) {
      const [low = -1, high = -1] = stretchOf(domain, Number(value)) ?? [];
      expect(low).toBeCloseTo(end, 10);
      expect(valueAt(domain, (low + high) / 2)).toBe(value);
      end = high;
    }
    expect(end).toBeCloseTo(1, 10);
  });

  it('is found again from the number', () => {
    const domain: RangeDomain = { min: 1e-4, max: 1e-1, log: true, step: undefined };
    expect(positionOf(domain, Number(valueAt(domain, 0.25)))).toBeCloseTo(0.25, 3);
    expect(positionOf(domain, 1e-1)).toBe(1);
  });
});

describe('the points of a space', () => {
  const conditional = space(`
optimizer: [adam, sgd]
momentum: [0, 0.9]
l2: [0, 0.1]`);

  it('hold only active parameters, the last changing first', () => {
    expect([...pointsOf(conditional)]).toEqual([
      { optimizer: 'adam', l2: 0 },
      { optimizer: 'adam', l2: 0.1 },
      { optimizer: 'sgd', momentum: 0, l2: 0 },
      { optimizer: 'sgd', momentum: 0, l2: 0.1 },
      { optimizer: 'sgd', momentum: 0.9, l2: 0 },
      { optimizer: 'sgd', momentum: 0.9, l2: 0.1 },
    ]);
    expect(sizeOf(conditional)).toBe(6);
  });

  it('are as many as are counted, or without end', () => {
    expect(sizeOf(conditional, 5)).toBe(Number.POSITIVE_INFINITY);
    expect(sizeOf(space('l2: {min: 0, max: 1}'))).toBe(Number.POSITIVE_INFINITY);
    expect(sizeOf(space('l2: {min: 0, max: 1, step: 0.25}'))).toBe(5);
  });

  it('take the first form whose condition holds', () => {
    const forms = space(
      'optimizer: [adam, sgd]\nlr: [{values: [1], when: {optimizer: adam}}, {values: [2]}]',
    );
    expect([...pointsOf(forms)]).toEqual([
      { optimizer: 'adam', lr: 1 },
      { optimizer: 'sgd', lr: 2 },
    ]);
  });

  it('skip what depends on an inactive parameter', () => {
    const nested = space(
      'optimizer: [adam, sgd]\nmomentum: [0, 0.9]\nnesterov: {values: [true], when: {momentum: 0.9}}',
    );
    const names = [0, 0.99].map((u) => Object.keys(assign(nested, ({ domain }) => valueAt(domain, u))));
    expect(names).toEqual([['optimizer'], ['optimizer', 'momentum', 'nesterov']]);
  });
});
