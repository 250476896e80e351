import { describe, expect, it } from 'vitest';
import { SharedPlace } from '../../src/train/workplace.js';

describe('the data of a shared workplace', () => {
  it('are kept for the next run, unless that wants others', async () => {
    const place = new SharedPlace();
    const fold = { number: 1, of: 5, seed: 7 };
    const load = (options: object) => place.load('synthetic:35', { ...options, onProgress: () => undefined });
    const first = await load({ seed: 7, fold });
    expect(await load({ seed: 7, fold })).toBe(first);
    for (const other of [{ seed: 8, fold }, { seed: 7 }, { seed: 7, fold: { ...fold, number: 2 } }]) {
      const next = await load(other);
      expect(next).not.toBe(await load({ seed: 7, fold }));
      expect(next.splits.validation).not.toEqual(first.splits.validation);
    }
  });
});
