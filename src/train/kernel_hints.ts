import type { Gpu } from '../gpu/device.js';
import { wantsMatrixUnits } from '../gpu/matrix_units.js';
import { tuningOf } from '../gpu/tuning.js';
import { MODEL_NAMES } from '../nn/model_names.js';
import { shellWord } from '../util/shell_word.js';
import type { TrainConfig } from './config.js';

/** What a training says of its kernels when it begins: why they may be slower than they could be, and what to do. */
export function kernelHints(gpu: Gpu, config: TrainConfig): string[] {
  return [tuningHint(gpu, config), matrixUnitsHint(gpu, config)].filter((hint) => hint !== undefined);
}

/** Why the matrix units that the environment asks for do nothing in this training. */
function matrixUnitsHint({ info }: Gpu, { precision }: TrainConfig): string | undefined {
  if (!wantsMatrixUnits()) return undefined;
  const nothing = 'FER_TUI_MATRIX_UNITS=1 changes nothing here: ';
  if (info.matrixUnit === undefined)
    return `${nothing}the adapter or its driver has no matrix units that multiply float16 and add in float32`;
  return precision === 'mixed_float16'
    ? undefined
    : `${nothing}only products of "--precision mixed_float16" run on matrix units`;
}

/**
 * On an adapter whose kernels were never measured: the command that measures those that the training needs, and how long it
 * takes. A training does not measure by itself: see docs/decisions.md. Undefined: there are measurements.
 */
function tuningHint(gpu: Gpu, config: TrainConfig): string | undefined {
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
