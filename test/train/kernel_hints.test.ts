import { afterEach, expect, it, vi } from 'vitest';
import type { Gpu } from '../../src/gpu/device.js';
import { tuningOf } from '../../src/gpu/tuning.js';
import { resolveConfig } from '../../src/train/config.js';
import { kernelHints } from '../../src/train/kernel_hints.js';

afterEach(() => vi.unstubAllEnvs());

/** A device of an adapter that nothing ships for. */
const unmeasured = (): Gpu => {
  const info = { name: 'a card that is not there', subgroupMin: 0, subgroupMax: 0 };
  return { info: { ...info, vendor: '', architecture: '', device: '' } } as Gpu;
};
const config = (more: object = {}) => resolveConfig({ data: 'synthetic:14', ...more });

it('a training on an adapter that was never measured says what measures it, and how long that takes', () => {
  expect(kernelHints(unmeasured(), config())).toEqual([
    'no kernels were measured on this adapter, so the best guesses are used; "fer-tui tune --model fer-cnn --batch 28" measures them once, in about a minute, and later trainings use the fastest',
  ]);
});

it.each([
  [{ model: 'fer-vgg', batch: 64 }, 'fer-tui tune --model fer-vgg --batch 64'],
  [{ adapter: 'my card' }, "fer-tui tune --adapter 'my card' --model fer-cnn --batch 28"],
  [{ filters: '4,8', batch: 7 }, 'fer-tui tune --batch 7'],
  [{ dense: '8' }, 'fer-tui tune --batch 28'],
])('the command is that of the training: %j', (more, command) => {
  expect(kernelHints(unmeasured(), config(more))[0]).toContain(`"${command}" measures`);
});

/** A device of an adapter that was measured. */
function measured(more: object = {}): Gpu {
  const gpu = unmeasured();
  tuningOf(gpu).table.set('matmul product 1 x [1, 2] x [2, 3]', 'naive');
  return Object.assign(gpu, { info: { ...gpu.info, ...more } });
}

it('where something was measured nothing is said', () => {
  expect(kernelHints(measured(), config())).toEqual([]);
});

it('a training says why matrix units that were asked for do nothing', () => {
  const unit = { matrixUnit: { height: 8, width: 8, step: 8 } };
  const halves = config({ precision: 'mixed_float16' });
  expect(kernelHints(measured(unit), config())).toEqual([]);
  vi.stubEnv('FER_TUI_MATRIX_UNITS', '1');
  expect(kernelHints(measured(), halves)).toEqual([
    'FER_TUI_MATRIX_UNITS=1 changes nothing here: the adapter or its driver has no matrix units that multiply float16 and add in float32',
  ]);
  expect(kernelHints(measured(unit), config())).toEqual([
    'FER_TUI_MATRIX_UNITS=1 changes nothing here: only products of "--precision mixed_float16" run on matrix units',
  ]);
  expect(kernelHints(measured(unit), halves)).toEqual([]);
});
