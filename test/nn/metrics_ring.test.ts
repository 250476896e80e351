import { expect, it } from 'vitest';
import { MetricsRing, RING_SLOTS } from '../../src/nn/metrics_ring.js';
import { describeGpu } from '../helpers/gpu.js';

describeGpu('the ring of metrics', (gpu) => {
  it('has a slot of four numbers for each of 1,024 steps, in which they go round', async () => {
    const ring = new MetricsRing(gpu(), 2, 'test');
    expect(ring.tensors.ring.shape).toEqual([1024, 4]);
    gpu().write(
      ring.tensors.ring,
      Float32Array.from({ length: 4 * RING_SLOTS }, (_, i) => i),
    );
    const steps = Array.from({ length: RING_SLOTS }, (_, i) => 1000 + i);
    const slots = steps.map((step) => {
      expect(ring.full).toBe(false);
      return ring.claim(step);
    });
    expect([ring.full, ring.size]).toEqual([true, RING_SLOTS]);
    expect(slots).toEqual(steps.map((step) => (step - 1) % 1024));
    const read = await ring.read();
    expect(read).toEqual(
      slots.map((slot, i) => {
        const [data, correct, penalty, count] = [4 * slot, 4 * slot + 1, 4 * slot + 2, 4 * slot + 3];
        return { step: 1000 + i, loss: data + penalty, penalty, correct, count };
      }),
    );
    expect([ring.full, ring.size, await ring.read()]).toEqual([false, 0, []]);
    ring.dispose();
  });

  it('counts the answers of each class in its row, from zero after each reading', async () => {
    const { liveBytes } = gpu().pool.stats;
    const ring = new MetricsRing(gpu(), 3, 'test');
    gpu().write(ring.tensors.confusion, Uint32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(await ring.readConfusion()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    expect((await ring.readConfusion()).flat()).toEqual(Array(9).fill(0));
    ring.dispose();
    expect(gpu().pool.stats.liveBytes).toBe(liveBytes);
  });
});
