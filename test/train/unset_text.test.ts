import { describe, expect, it } from 'vitest';
import { OPTION_ENTRIES } from '../../src/train/options.js';
import { unsetText } from '../../src/train/unset_text.js';

/** What is said of a setting beside these others. */
const said = (name: string, others: Readonly<Record<string, string>> = {}): string =>
  unsetText(name, (other) => ({ model: 'fer-cnn', architecture: '', ...others })[other] ?? '');

describe('a setting that is not set', () => {
  it('is told by what holds then, where the table has no default; else by nothing', () => {
    for (const [name, { default: value, defaultOf }] of OPTION_ENTRIES)
      expect([name, said(name) !== '']).toEqual([name, value === undefined && defaultOf === undefined]);
  });

  it.each([
    ['temperature', {}, '3'],
    ['distill-mix', {}, '0.3'],
    ['lbp-bins', {}, 'all'],
    ['filters', {}, '32,64,128,256'],
    ['filters', { architecture: 'a.json' }, 'as in the file'],
    ['filters', { model: 'none of these' }, ''],
    ['dense', { model: 'fer-vgg' }, '128'],
    ['epsilon', { optimizer: 'rmsprop' }, '1e-7'],
    ['gamma', { schedule: 'exponential' }, '0.95'],
    ['gamma', { schedule: 'step' }, '0.5'],
    ['final-lr', { schedule: 'one-cycle' }, '1e-4'],
    ['final-lr', { schedule: 'cosine' }, '0'],
  ])('%s beside %j holds %s', (name, others, text) => expect(said(name, others)).toBe(text));
});
