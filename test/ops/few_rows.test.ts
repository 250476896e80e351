import { expect, it } from 'vitest';
import { eightLanes } from '../../src/gpu/adapter.js';
import { fewRows, fewRowsFit } from '../../src/gpu/kernels/few_rows.js';
import { runOnce } from '../../src/gpu/recorder.js';
import { describeGpu } from '../helpers/gpu.js';

describeGpu('a product of few rows with packed weights', (gpu) => {
  it('has results that are not finite in columns with such a weight, and only there', async () => {
    const [k, n] = [6, 8];
    const fits = fewRowsFit(gpu(), { batch: 1, m: 1, k, n });
    expect(fits).toBe(eightLanes(gpu()));
    if (!fits) return;
    const data = Float32Array.from({ length: k * n }, (_, i) => 1 + (i % 5));
    data[n + 1] = Number.NaN;
    data[4 * n + 6] = Number.NEGATIVE_INFINITY;
    const a = gpu().tensor(new Float32Array(k).fill(1), [1, k], 'a');
    const weight = gpu().tensor(data, [k, n], 'weight');
    const c = await runOnce(
      gpu(),
      (rec) => fewRows(rec, rec, a, weight, { batch: 1, m: 1, k, n }),
      (made) => gpu().read(made),
    );
    const finite = [...c].flatMap((value, i) => (Number.isFinite(value) ? [i] : []));
    expect(finite).toEqual([0, 2, 3, 4, 5, 7]);
    for (const tensor of [a, weight]) gpu().free(tensor);
  });

  it('is for few rows only, an even K, and N in fours', () => {
    const lanes = eightLanes(gpu());
    const fits = (m: number, k: number, n: number): boolean => fewRowsFit(gpu(), { batch: 1, m, k, n });
    expect([fits(1, 6, 8), fits(16, 6, 8)]).toEqual([lanes, lanes]);
    expect([fits(17, 6, 8), fits(1, 5, 8), fits(1, 6, 7)]).toEqual([false, false, false]);
  });
});
