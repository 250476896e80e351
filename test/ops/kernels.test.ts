import { expect, it } from 'vitest';
import { checkKernel, KERNEL_CASES } from '../../src/check/kernel_checks.js';
import { kernels } from '../../src/gpu/kernel.js';
import { describeGpu } from '../helpers/gpu.js';

const MISSING =
  'the adapter lacks subgroups of one size, or matrix units (FER_TUI_MATRIX_UNITS=1), that these kernels need';

describeGpu('every kernel agrees with the float64 reference', (gpu) => {
  for (const testCase of KERNEL_CASES) {
    it(`${testCase.kernels[0]}: ${testCase.title}`, async ({ skip }) => {
      if (testCase.possible?.(gpu()) === false) return skip(MISSING);
      const { error, tolerance } = await checkKernel(gpu(), testCase);
      expect(error).toBeLessThanOrEqual(tolerance);
    });
  }
});

it('no kernel is left out', () => {
  const covered = new Set(KERNEL_CASES.flatMap((testCase) => testCase.kernels));
  expect([...kernels.keys()].filter((name) => !covered.has(name))).toEqual([]);
  expect([...covered].filter((name) => !kernels.has(name))).toEqual([]);
});
