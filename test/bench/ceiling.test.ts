import { expect, it, vi } from 'vitest';
import { measureCeilings } from '../../src/bench/ceiling.js';
import { FLOP_PER_ROUND } from '../../src/gpu/kernels/ceiling.js';
import { describeGpu } from '../helpers/gpu.js';

/** Milliseconds that the measurements take, one after the other, and how long each was told to go on. */
const measured = vi.hoisted(() => ({ ms: [] as number[], seconds: [] as (number | undefined)[] }));
vi.mock('../../src/bench/statistics.js', async (original) => ({
  ...(await original<object>()),
  sample: async (run: () => Promise<number>, { seconds }: { seconds?: number }) => {
    measured.seconds.push(seconds);
    const ms = await run();
    // The last measurement is of a single dispatch that does next to nothing, which may end within a tick of the device's clock.
    if (measured.ms.length > 1) expect(ms).toBeGreaterThan(0);
    else expect(ms).toBeGreaterThanOrEqual(0);
    return [measured.ms.shift()];
  },
}));

describeGpu('the ceilings of an adapter', (get) => {
  it('are its arithmetic, its copying of loads and stores, and what one more dispatch of a chain adds', async () => {
    measured.ms = [2000, 500, 840, 200];
    const { gflops, gbytes, launchMs } = await measureCeilings(get(), { seconds: 3 });
    const [threads, rounds] = get().info.software ? [8192, 500] : [2 ** 18, 2000];
    expect(gflops).toBeCloseTo((threads * rounds * FLOP_PER_ROUND) / 2 / 1e9, 9);
    expect(gbytes).toBeCloseTo((2 * 2 ** 20 * 16) / 0.5 / 1e9, 9);
    expect(launchMs).toBeCloseTo((840 - 200) / 64, 9);
    expect(measured.seconds).toEqual([3, 3, 3, 3]);
    measured.ms = [1, 1, 5, 6]; // noise
    expect((await measureCeilings(get())).launchMs).toBe(0);
    expect(measured.seconds.slice(4)).toEqual([1, 1, 1, 1]);
  });
});
