import type { Gpu } from '../gpu/device.js';
import { tuningOf } from '../gpu/tuning.js';
import { MODEL_NAMES } from '../nn/model_names.js';
import { shellWord } from '../util/shell_word.js';
import type { TrainConfig } from './config.js';

/**
 * The hint at the start of a training on an adapter whose kernels were never measured: the command that measures those that
 * the training needs, and how long it takes. A training does not measure by itself: see docs/decisions.md. Undefined: there
 * are measurements.
 */
export function tuningHint(gpu: Gpu, config: TrainConfig): string | undefined {
  if (tuningOf(gpu).table.size > 0) return undefined;
  const { model, batch, architecture, filters, convolutions, dense } = config;
  const changed = [architecture, filters, convolutions, dense].some((setting) => setting !== undefined);
  const known = !changed && MODEL_NAMES.some((name) => name === model);
  const words = [
    'fer-tui tune',
    ...(config.adapter === undefined ? [] : ['--adapter', shellWord(config.adapter)]),
    ...(known ? ['--model', model] : []),
    ...['--batch', batch],
  ];
  return `no kernels were measured on this adapter, so the best guesses are used; "${words.join(' ')}" measures them once, in about a minute, and later trainings use the fastest`;
}
