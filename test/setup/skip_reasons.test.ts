import { expect, it } from 'vitest';
import { all, need } from '../helpers/needs.js';
import { type Counted, closingLines, givenReason } from '../helpers/skip_reasons.js';

const tests = (state: Counted['state'], count: number, reason?: string): Counted[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${state} ${i}`, state, reason }));

it('the closing lines group what was skipped by its reason, the most frequent first', () => {
  const run = [
    ...tests('passed', 5),
    ...tests('skipped', 1, 'no camera'),
    ...tests('skipped', 3, 'no runtime'),
    ...tests('skipped', 2),
    ...tests('failed', 1),
  ];
  expect(closingLines(run, 1)).toEqual([
    '3 skipped: no runtime',
    '2 skipped: no reason given',
    '1 skipped: no camera',
    '5 passed, 2 failed, 6 skipped',
  ]);
});

it('a run without skips closes with the counts alone', () => {
  expect(closingLines(tests('passed', 2))).toEqual(['2 passed, 0 failed, 0 skipped']);
});

it('the first missing requirement gives the reason; none missing, no skip', () => {
  const [met, first, second] = [need(true, ''), need(false, 'first'), need(false, 'second')];
  expect(all(met, first, second)).toEqual({ skip: true, meta: { skipped: 'first' } });
  expect(all(met)).toEqual({});
});

it('a test gives its reason before it runs or while it runs, or none', () => {
  const skipped = (note?: string) => ({ state: 'skipped', errors: undefined, note }) as const;
  expect(givenReason({ skipped: 'no camera' }, skipped())).toBe('no camera');
  expect(givenReason({}, skipped('no matrix units'))).toBe('no matrix units');
  expect(givenReason({}, skipped())).toBeUndefined();
  expect(givenReason({}, { state: 'passed', errors: undefined })).toBeUndefined();
});
