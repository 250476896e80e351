import { expect, it } from 'vitest';
import { inMegabytes } from '../../src/util/megabytes.js';
import { mostUnpacked, tooMuch } from '../../src/util/unpacking.js';

it('a file may unpack to 200 times its bytes, and to 64 MB in any case', () => {
  expect([0, 1, 320_000, 320_001, 5_000_000].map(mostUnpacked)).toEqual([
    64e6, 64e6, 64e6, 64_000_200, 1_000_000_000,
  ]);
});

it('what is refused is told in megabytes, small ones with a digit more', () => {
  expect([0, 49_999, 50_000, 9_940_000, 9_999_999, 1e7, 10_500_000, 401_234_567].map(inMegabytes)).toEqual([
    '0 MB',
    '0 MB',
    '0.1 MB',
    '9.9 MB',
    '10 MB',
    '10 MB',
    '11 MB',
    '401 MB',
  ]);
  expect(inMegabytes(1_234_567_890)).toBe('1,235 MB');
  expect(tooMuch(2_000_000)).toBe('it unpacks to more than 400 MB, from 2 MB: no real data packs so well');
});
