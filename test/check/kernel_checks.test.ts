import { expect, it, vi } from 'vitest';
import { compare, type KernelCase } from '../../src/check/case.js';
import { checkKernel, checkKernels } from '../../src/check/kernel_checks.js';
import { fill } from '../../src/gpu/kernels/elementwise.js';
import { packHalves } from '../../src/util/halves.js';
import { describeGpu } from '../helpers/gpu.js';

const cases = vi.hoisted(() => (title: string, error: number, possible = true) => ({
  ...{ kernels: [`${title}.forward`, 'second'], title, possible: () => possible },
  run: async () => ({ y: 0, dx: error }),
}));
vi.mock('../../src/check/conv_cases.js', () => ({ CONV_CASES: [cases('conv', 1e-5)] }));
vi.mock('../../src/check/product_cases.js', () => ({ PRODUCT_CASES: [cases('product', 2)] }));
vi.mock('../../src/check/block_cases.js', () => ({ BLOCK_CASES: [cases('block', 0, false)] }));
vi.mock('../../src/check/layer_cases.js', () => ({ LAYER_CASES: [cases('layer', 0)] }));
vi.mock('../../src/check/batch_cases.js', () => ({ BATCH_CASES: [cases('batch', 0)] }));
vi.mock('../../src/check/window_cases.js', () => ({ WINDOW_CASES: [cases('window', 0)] }));
vi.mock('../../src/check/feature_cases.js', () => ({ FEATURE_CASES: [cases('feature', 0)] }));
vi.mock('../../src/check/distillation_cases.js', () => ({
  DISTILLATION_CASES: [cases('distillation', 0)],
}));
vi.mock('../../src/check/branch_cases.js', () => ({ BRANCH_CASES: [cases('branch', 0)] }));
vi.mock('../../src/check/training_cases.js', () => ({ TRAINING_CASES: [cases('training', 0)] }));
vi.mock('../../src/check/loss_cases.js', () => ({ LOSS_CASES: [cases('loss', Number.NaN)] }));

describeGpu('a check', (gpu) => {
  const made = (errors: Record<string, number>, tolerance?: number): KernelCase => ({
    ...{ kernels: ['a.b'], title: 't', run: async () => errors },
    ...(tolerance !== undefined && { tolerance }),
  });

  it('goes by the worst output and the tolerance of its case', async () => {
    const good = { kernel: 'a.b', title: 't', error: 1e-4, tolerance: 1e-4, ok: true };
    expect(await checkKernel(gpu(), made({ y: 1e-5, dx: 1e-4, dw: 0 }))).toEqual(good);
    expect(await checkKernel(gpu(), made({ y: 1.01e-4, dx: 0 }))).toMatchObject({
      error: 1.01e-4,
      ok: false,
    });
    expect(await checkKernel(gpu(), made({ y: 0.01 }, 0.02))).toMatchObject({ tolerance: 0.02, ok: true });
    expect(await checkKernel(gpu(), made({ y: 1e-5 }, 1e-6))).toMatchObject({ ok: false });
  });

  it('fails for NaN and where nothing was compared', async () => {
    expect(await checkKernel(gpu(), made({ y: Number.NaN, dx: 0 }))).toMatchObject({ ok: false });
    expect(await checkKernel(gpu(), made({}))).toMatchObject({ ok: false });
  });

  it('of all kernels runs every possible case of every list, and reports each', async () => {
    const reported: unknown[] = [];
    const results = await checkKernels(gpu(), (result) => reported.push(result));
    expect(results.map(({ kernel, ok }) => [kernel, ok])).toEqual([
      ['conv.forward', true],
      ['product.forward', false],
      ['layer.forward', true],
      ['batch.forward', true],
      ['window.forward', true],
      ['branch.forward', true],
      ['feature.forward', true],
      ['loss.forward', false],
      ['distillation.forward', true],
      ['training.forward', true],
    ]);
    expect(reported).toEqual(results);
  });
});

describeGpu('a comparison', (gpu) => {
  it('reports a kernel that computes something else, by its error in the 2-norm', async () => {
    const before = gpu().pool.stats.liveBuffers;
    const inputs = {
      x: { data: Float32Array.of(3, 4), shape: [2] },
      n: { data: Uint32Array.of(7, 2 ** 31), shape: [2] },
      packed: { data: packHalves([1, 2, 3, 4]), shape: [2] },
    };
    const errors = await compare(gpu(), inputs, (rec, t) => {
      const ones = rec.alloc([4], 'ones');
      fill(rec, ones, 1);
      return {
        right: { got: ones, want: [1, 1, 1, 1] },
        twice: { got: ones, want: [2, 2, 2, 2] },
        input: { got: t.x, want: [3, 4] },
        off: { got: t.x, want: [3, 5] },
        integers: { got: t.n, want: [7, 2 ** 31], as: 'u32' },
        halves: { got: t.packed, want: [1, 2, 3, 4], as: 'halves' },
      };
    });
    expect(errors).toMatchObject({ right: 0, twice: 0.5, input: 0, integers: 0, halves: 0 });
    expect(errors['off']).toBeCloseTo(1 / Math.sqrt(34), 9);
    expect(gpu().pool.stats.liveBuffers).toBe(before);
  });
});
