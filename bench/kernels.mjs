/**
 * Every variant of every convolution of the three networks, forward and both gradients: held to the float64 reference
 * (on two images), then timed at the full batch.
 */

import { Recorder, runOnce } from '../dist/gpu/recorder.js';
import { withForced } from '../dist/gpu/tuning.js';
import { relativeError } from '../dist/reference/arrays.js';
import { deviceSeconds } from './ceiling.mjs';
import { kernelCases } from './kernel_cases.mjs';
import { figure, table } from './report.mjs';
import { sample, summarize } from './statistics.mjs';

const CHECK_BATCH = 2;
const TOLERANCE = 1e-4;

/** @param options { batch, filter, seconds, quick } */
export async function benchKernels(gpu, ceilings, { batch, filter, seconds, log }) {
  const results = [];
  for (const spec of kernelCases(gpu)) {
    if (filter && !spec.name.includes(filter)) continue;
    log(`${spec.name}`);
    let naive;
    for (const variant of spec.variants) {
      const error = await check(gpu, spec, variant);
      if (!(error <= TOLERANCE)) {
        results.push({ name: spec.name, variant, error, wrong: true });
        continue;
      }
      const time = summarize(await timed(gpu, spec, variant, batch, seconds));
      const { flop, bytes } = spec.work(batch);
      naive ??= time.median;
      results.push({
        name: spec.name,
        variant,
        error,
        ms: scaled(time, 1e3),
        gflops: flop / time.median / 1e9,
        ofCeiling: flop / time.median / 1e9 / ceilings.gflops,
        gbytes: bytes / time.median / 1e9,
        timesNaive: naive / time.median,
      });
    }
  }
  return results;
}

const scaled = (s, factor) => ({
  ...s,
  median: s.median * factor,
  p95: s.p95 * factor,
  low: s.low * factor,
  high: s.high * factor,
});

async function check(gpu, spec, variant) {
  const { inputs, want } = spec.reference(CHECK_BATCH);
  const tensors = inputs.map(({ data, shape }, i) => gpu.tensor(data, shape, `input ${i}`));
  try {
    return await withForced(gpu, { conv2d: variant }, () =>
      runOnce(
        gpu,
        (rec) => spec.record(rec, CHECK_BATCH, tensors),
        async (out) => relativeError(await gpu.read(out), want),
      ),
    );
  } finally {
    for (const tensor of tensors) gpu.free(tensor);
  }
}

async function timed(gpu, spec, variant, batch, seconds) {
  return withForced(gpu, { conv2d: variant }, async () => {
    const rec = new Recorder(gpu);
    spec.record(
      rec,
      batch,
      spec.shapes(batch).map((shape) => rec.alloc(shape, 'input')),
    );
    const program = await rec.finish();
    try {
      return await sample(() => deviceSeconds(program), { seconds, least: 3 });
    } finally {
      program.dispose();
    }
  });
}

export function kernelTable(results) {
  return table(
    ['kernel', 'variant', 'error', 'ms', 'p95', 'GFLOP/s', 'of ceiling', 'GB/s', 'x naive'],
    results.map((r) =>
      r.wrong
        ? [r.name, r.variant, r.error.toExponential(1), 'WRONG: not timed']
        : [
            r.name,
            r.variant,
            r.error.toExponential(1),
            figure(r.ms.median),
            figure(r.ms.p95),
            figure(r.gflops),
            `${Math.round(100 * r.ofCeiling)} %`,
            figure(r.gbytes),
            figure(r.timesNaive),
          ],
    ),
  );
}
