import { expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/device.js';
import { tuningOf } from '../../src/gpu/tuning.js';
import { resolveConfig } from '../../src/train/config.js';
import { tuningHint } from '../../src/train/tuning_hint.js';

/** A device of an adapter that nothing ships for. */
const unmeasured = (): Gpu => {
  const info = { name: 'a card that is not there', subgroupMin: 0, subgroupMax: 0 };
  return { info: { ...info, vendor: '', architecture: '', device: '' } } as Gpu;
};
const config = (more: object = {}) => resolveConfig({ data: 'synthetic:14', ...more });

it('a training on an adapter that was never measured says what measures it, and how long that takes', () => {
  expect(tuningHint(unmeasured(), config())).toBe(
    'no kernels were measured on this adapter, so the best guesses are used; "fer-tui tune --model fer-cnn --batch 28" measures them once, in about a minute, and later trainings use the fastest',
  );
});

it.each([
  [{ model: 'fer-vgg', batch: 64 }, 'fer-tui tune --model fer-vgg --batch 64'],
  [{ adapter: 'my card' }, "fer-tui tune --adapter 'my card' --model fer-cnn --batch 28"],
  [{ filters: '4,8', batch: 7 }, 'fer-tui tune --batch 7'],
  [{ dense: '8' }, 'fer-tui tune --batch 28'],
])('the command is that of the training: %j', (more, command) => {
  expect(tuningHint(unmeasured(), config(more))).toContain(`"${command}" measures`);
});

it('where something was measured nothing is said', () => {
  const gpu = unmeasured();
  tuningOf(gpu).table.set('matmul product 1 x [1, 2] x [2, 3]', 'naive');
  expect(tuningHint(gpu, config())).toBeUndefined();
});
