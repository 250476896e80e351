import { expect, it } from 'vitest';
import { prepare } from '../../examples/browser/classify.js';
import { applyPreprocess, PREPROCESS } from '../../src/data/preprocess.js';
import { Rng } from '../../src/util/random.js';
import { fittedPreprocess } from '../helpers/preprocesses.js';

const [HEIGHT, WIDTH] = [5, 4];

it.each(
  PREPROCESS.flatMap((name) => [1, 3].map((channels) => [name, channels] as const)),
)('the page in examples/browser prepares pixels as predict does: %s, %i channels', (name, channels) => {
  const rng = new Rng(3);
  const rgba = Uint8ClampedArray.from({ length: 4 * HEIGHT * WIDTH }, (_, i) =>
    i % 4 === 3 ? 255 : rng.int(256),
  );
  const pixels = [...rgba].filter((_, i) => i % 4 !== 3);
  const gray = Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const [r = 0, g = 0, b = 0] = pixels.slice(3 * i);
    return Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  });
  const preprocess = fittedPreprocess(name, HEIGHT * WIDTH);
  const wanted = new Float32Array(HEIGHT * WIDTH * channels);
  applyPreprocess(preprocess, channels === 3 ? pixels : gray, wanted, [HEIGHT, WIDTH, channels as 1 | 3]);
  const { mean, std } = preprocess;
  const notes = { preprocess: name, ...(mean && { mean: [...mean] }), ...(std && { std: [...std] }) };
  const got = prepare(rgba, channels, notes);
  expect(got).toHaveLength(wanted.length);
  expect(Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] as number))))).toBeLessThan(1e-6);
});

it('and says so where it does not know the preprocessing', () => {
  expect(() => prepare(new Uint8ClampedArray(4), 1, { preprocess: 'odd' })).toThrow('"odd"');
});
