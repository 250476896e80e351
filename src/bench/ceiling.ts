import { milliseconds } from '../gpu/autotune.js';
import type { Gpu } from '../gpu/device.js';
import { copy, FLOP_PER_ROUND, multiplyAdd } from '../gpu/kernels/ceiling.js';
import { Recorder } from '../gpu/recorder.js';
import { sample, summarize } from './statistics.js';

/** The measured peak rates of an adapter, and what a dispatch costs it. */
export interface Ceilings {
  /** GFLOP/s of pure multiply-adds. */
  readonly gflops: number;
  /** GB/s of a pure copy, counting loads and stores. */
  readonly gbytes: number;
  /** Milliseconds that each of many dispatches adds which wait for one another and do next to nothing. */
  readonly launchMs: number;
}

/** Dispatches of the chain that the cost of one is measured with. */
const CHAIN = 64;

/** Measures them. @param options seconds per measurement, default 1 */
export async function measureCeilings(gpu: Gpu, { seconds = 1 } = {}): Promise<Ceilings> {
  const time = async (body: (rec: Recorder) => unknown): Promise<number> => {
    const rec = new Recorder(gpu);
    body(rec);
    const program = await rec.finish();
    const { median } = summarize(await sample(() => milliseconds(gpu, program), { seconds }));
    program.dispose();
    return median / 1e3;
  };
  const [threads, rounds] = gpu.info.software ? [8192, 500] : [1 << 18, 2000];
  const quads = 1 << 20;
  const arithmetic = await time((rec) => multiplyAdd(rec, threads, rounds));
  const copying = await time((rec) => copy(rec, rec.alloc([quads, 4], 'x')));
  const chain = async (length: number): Promise<number> =>
    time((rec) => {
      let x = rec.alloc([1, 4], 'x');
      for (let i = 0; i < length; i++) x = copy(rec, x);
    });
  const launch = Math.max(0, (await chain(CHAIN + 1)) - (await chain(1))) / CHAIN;
  return {
    launchMs: launch * 1e3,
    gflops: (threads * rounds * FLOP_PER_ROUND) / arithmetic / 1e9,
    gbytes: (quads * 16 * 2) / copying / 1e9,
  };
}
