import { dirname } from 'node:path';
import { type AutotuneOptions, autotune, collectTunables, type TuneResult } from '../gpu/autotune.js';
import type { Gpu } from '../gpu/device.js';
import { sizeOf } from '../gpu/shape.js';
import { tuningOf } from '../gpu/tuning.js';
import { tablePath, writeTable } from '../gpu/tuning_table.js';
import { Learner } from '../nn/learner.js';
import type { Precision } from '../nn/learner_options.js';
import type { Network } from '../nn/network.js';
import { needFolder, needPlace } from '../util/atomic_write.js';

export interface TunePlan {
  readonly models: readonly Network[];
  /** Batch sizes to train with. */
  readonly training: readonly number[];
  /** Batch sizes to predict with. */
  readonly inference: readonly number[];
}

/**
 * Measures all variants of the kernels that training and inference of the networks need on this device, and writes the
 * fastest into a tuning table. Throws RunError when the table cannot be written.
 * @param path of the table; default: in the cache folder
 */
export async function tuneModels(
  gpu: Gpu,
  plan: TunePlan,
  options: AutotuneOptions & { readonly path?: string | undefined } = {},
): Promise<TuneResult[]> {
  const path = options.path ?? tablePath(gpu.info);
  needFolder(dirname(path)); // before minutes of measuring
  needPlace(path);
  // Products of halves take the ways that are best for float32, except where they have matrix units.
  const precisions: Precision[] = gpu.info.matrixUnit ? ['float32', 'mixed_float16'] : ['float32'];
  const asked = await collectTunables(gpu, async () => {
    for (const model of plan.models) {
      const images = (count: number) => new Float32Array(count * sizeOf(model.inputShape));
      for (const precision of precisions) {
        const learner = new Learner(gpu, model, { precision });
        for (const count of plan.training) await learner.train(images(count), new Uint32Array(count));
        if (precision === 'float32') for (const count of plan.inference) await learner.predict(images(count));
        await learner.metrics();
        await learner.dispose();
      }
    }
  });
  const results = await autotune(gpu, asked, options);
  writeTable(path, gpu.info, tuningOf(gpu).table);
  return results;
}
