import { copy, FLOP_PER_ROUND, multiplyAdd } from '../dist/gpu/kernels/ceiling.js';
import { Recorder } from '../dist/gpu/recorder.js';
import { sample, summarize } from './statistics.mjs';

/** Seconds of device time that one run of a program takes. */
export async function deviceSeconds(program) {
  return (await program.profile()).reduce((sum, ns) => sum + ns, 0) / 1e9;
}

/** The adapter's measured ceilings: GFLOP/s of pure multiply-adds, GB/s of a pure copy (loads and stores counted). */
export async function measureCeilings(gpu, { seconds = 1 } = {}) {
  const time = async (body) => {
    const rec = new Recorder(gpu);
    body(rec);
    const program = await rec.finish();
    const { median } = summarize(await sample(() => deviceSeconds(program), { seconds }));
    program.dispose();
    return median;
  };
  const [threads, rounds] = gpu.info.software ? [8192, 500] : [1 << 18, 2000];
  const quads = 1 << 20;
  const arithmetic = await time((rec) => multiplyAdd(rec, threads, rounds));
  const copying = await time((rec) => copy(rec, rec.alloc([quads, 4], 'x')));
  return {
    gflops: (threads * rounds * FLOP_PER_ROUND) / arithmetic / 1e9,
    gbytes: (quads * 16 * 2) / copying / 1e9,
  };
}
