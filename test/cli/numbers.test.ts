import { describe, expect, it } from 'vitest';
import { checkNumbers } from '../../src/cli/numbers.js';
import { checkRepeated } from '../../src/cli/repeated.js';
import { UsageError } from '../../src/util/errors.js';
import { runCli } from '../helpers/cli.js';

describe('a number on the command line', () => {
  const declared = {
    plain: { type: 'number' },
    top: { type: 'number', least: 1, whole: true },
    sync: { type: 'number', least: 0 },
    name: { type: 'string' },
    untyped: {},
  } as const;

  it.each([
    [{ plain: Number.NaN }, 'plain: expected a number'],
    [{ plain: Number.POSITIVE_INFINITY }, 'plain = Infinity: expected a number'],
    [{ top: 0 }, 'top = 0: expected a whole number of 1 or more'],
    [{ top: 1.5 }, 'top = 1.5: expected a whole number of 1 or more'],
    [{ top: [3, Number.NaN] }, 'top: expected a whole number of 1 or more'],
    [{ sync: -0.5 }, 'sync = -0.5: expected a number of 0 or more'],
  ])('is refused: %o', (values, message) => {
    expect(() => checkNumbers(declared, values)).toThrow(new UsageError(message));
  });

  it('is taken where its declaration allows it', () => {
    const good = { plain: -2.5, top: [1, 7], sync: 0, name: Number.NaN, untyped: Number.NaN };
    expect(() => checkNumbers(declared, good)).not.toThrow();
    expect(() => checkNumbers(declared, { top: undefined })).not.toThrow();
  });

  it.each([
    [['evaluate', '--data', 'synthetic', '--limit', 'x'], 'limit: expected a whole number of 1 or more'],
    [['predict', 'a.png', '--top=many'], 'top: expected a number'],
    [['tune', '--batch', '28', 'x'], 'batch: expected a number'],
    [['trial', 'studies/s1', 'x'], 'number: expected a whole number of 1 or more'],
  ])('is checked before the command begins: %s', async (line, message) => {
    const { code, stderr } = await runCli(line);
    expect([code, stderr]).toEqual([2, `fer-tui: ${message}\n`]);
  });
});

describe('an option that is given twice', () => {
  it.each([
    [['search', 's.yaml', '--trials', '1', '--trials', '2'], 'trials was given 2 times: expected once'],
    [['lab', 'hybrid', '--faces', '140', '--faces', '140'], 'faces was given 2 times: expected once'],
    [['studies', 'show', 's1', '--top', '1', '--top', '2'], 'top was given 2 times: expected once'],
    [['train', '--data', 'a', '--data', 'b'], 'data was given 2 times: expected once'],
    [['runs', '--color', 'never', '--color', 'always'], 'color was given 2 times: expected once'],
  ])('is refused: %j', async (line, message) => {
    const { code, stderr } = await runCli(line);
    expect([code, stderr]).toEqual([2, `fer-tui: ${message}\n`]);
  });

  it('of which several are expected is taken', () => {
    const declared = { weights: { array: true }, seed: { type: 'number' } };
    expect(() => checkRepeated(declared, { weights: ['a', 'b'], seed: 1 })).not.toThrow();
    expect(() => checkRepeated(declared, { seed: [1, 1] })).toThrow('seed was given 2 times: expected once');
  });
});
