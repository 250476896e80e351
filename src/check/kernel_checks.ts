import type { Gpu } from '../gpu/device.js';
import { BATCH_CASES } from './batch_cases.js';
import { BLOCK_CASES } from './block_cases.js';
import { BRANCH_CASES } from './branch_cases.js';
import type { KernelCase } from './case.js';
import { CONV_CASES } from './conv_cases.js';
import { DISTILLATION_CASES } from './distillation_cases.js';
import { FEATURE_CASES } from './feature_cases.js';
import { LAYER_CASES } from './layer_cases.js';
import { LOSS_CASES } from './loss_cases.js';
import { PRODUCT_CASES } from './product_cases.js';
import { TRAINING_CASES } from './training_cases.js';
import { WINDOW_CASES } from './window_cases.js';

/** All cases. Together they run every kernel (a test compares the two lists). */
export const KERNEL_CASES: readonly KernelCase[] = [
  ...CONV_CASES,
  ...PRODUCT_CASES,
  ...BLOCK_CASES,
  ...LAYER_CASES,
  ...BATCH_CASES,
  ...WINDOW_CASES,
  ...BRANCH_CASES,
  ...FEATURE_CASES,
  ...LOSS_CASES,
  ...DISTILLATION_CASES,
  ...TRAINING_CASES,
];

/** Largest allowed relative error of float32 arithmetic, in the 2-norm. */
export const TOLERANCE = 1e-4;

/** The result of one case; `error` is that of its worst output. */
export interface KernelCheck {
  readonly kernel: string;
  readonly title: string;
  readonly error: number;
  readonly tolerance: number;
  readonly ok: boolean;
}

/** Runs one case. */
export async function checkKernel(gpu: Gpu, testCase: KernelCase): Promise<KernelCheck> {
  const { kernels, title, tolerance = TOLERANCE } = testCase;
  const errors = Object.values(await testCase.run(gpu));
  const error = Math.max(...errors);
  return {
    kernel: kernels[0] ?? '',
    title,
    error,
    tolerance,
    ok: errors.length > 0 && error <= tolerance,
  };
}

/** Compares every kernel, forward and backward, with the float64 reference on this adapter. */
export async function checkKernels(
  gpu: Gpu,
  onResult?: (result: KernelCheck) => void,
): Promise<KernelCheck[]> {
  const results: KernelCheck[] = [];
  for (const testCase of KERNEL_CASES) {
    if (testCase.possible?.(gpu) === false) continue;
    const result = await checkKernel(gpu, testCase);
    results.push(result);
    onResult?.(result);
  }
  return results;
}
