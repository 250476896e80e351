import { describe, expect, it } from 'vitest';
import { gridsOf, gridTable, occupancyOf, occupancyText } from '../../src/bench/occupancy.js';
import { copy } from '../../src/gpu/kernels/ceiling.js';
import { matmul } from '../../src/gpu/kernels/matmul.js';
import { Recorder } from '../../src/gpu/recorder.js';
import { withForced } from '../../src/gpu/tuning.js';
import { describeGpu } from '../helpers/gpu.js';

describeGpu('the grids of a program', (gpu) => {
  it('tell the threads of each dispatch, and how many numbers one handles', async () => {
    const rec = new Recorder(gpu());
    rec.scope('layer', () => copy(rec, rec.alloc([65, 4], 'x')));
    const a = rec.alloc([8, 16], 'a');
    const b = rec.alloc([16, 32], 'b');
    await withForced(gpu(), { matmul: 'threads' }, async () =>
      matmul(rec, a, b, { batch: 1, m: 8, k: 16, n: 32 }),
    );
    const program = await rec.finish();
    const grids = gridsOf(program.commands);
    program.dispose();
    const numbers = 8 * 16 + 2 * 16 * 32 + 8 * 32; // B stands for the bias that is not there
    expect(grids).toEqual([
      {
        kernel: 'ceiling.copy',
        scope: 'layer',
        workgroups: 2,
        threads: 128,
        share: (2 * 4 * 65) / 128,
      },
      { kernel: 'matmul_threads.product', scope: '', workgroups: 1, threads: 32, share: numbers / 32 },
    ]);
    expect(gridTable(grids).rows[0]).toEqual(['ceiling.copy', 'layer', '2', '128', '4.06']);
  });
});

describe('the occupancy of a step', () => {
  const grid = (workgroups: number, share: number) => ({
    ...{ kernel: 'k.f', scope: '', workgroups, threads: 64 * workgroups, share },
  });

  it('counts dispatches of one workgroup, and of fewer than a large GPU has multiprocessors', () => {
    const occupancy = occupancyOf([grid(1, 2.5), grid(2, 1), grid(131, 10), grid(132, 100), grid(5000, 0)]);
    expect(occupancy).toEqual({ dispatches: 5, single: 1, few: 3, serial: 114 });
    expect(occupancyText(occupancy)).toBe(
      '5 dispatches, 1 of one workgroup, 3 of fewer than 132; 114 numbers for a thread in turns',
    );
  });
});
