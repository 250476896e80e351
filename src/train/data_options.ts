import { existsSync } from 'node:fs';
import { parseFerplusKeep } from '../data/ferplus.js';
import { parseFold } from '../data/folds.js';
import type { LoadOptions } from '../data/types.js';
import { heldOutSeedOf, labelsOf } from './run_folder.js';

/**
 * How the data set of a run is loaded.
 * @param config settings as in config.json; those that an older run has not recorded keep their defaults
 * @param run folder of the run, if it has one: its copy of corrections is read instead of the original, and the same images are
 *   held out as at its beginning
 * Throws UsageError for a bad fold.
 */
export function dataOptions(
  config: Readonly<Record<string, unknown>>,
  run?: string | undefined,
): LoadOptions {
  const { seed, skipBad, classes, fold, foldSeed, labels, ferplus } = config;
  const ownLabels = run === undefined ? undefined : labelsOf(run);
  const heldOutSeed = run === undefined ? undefined : heldOutSeedOf(run);
  return {
    skipBad: skipBad === true,
    leaks: config['dropDuplicates'] === true ? 'drop' : undefined,
    ...(typeof seed === 'number' && { seed }),
    ...(heldOutSeed !== undefined && { heldOutSeed }),
    ...(typeof classes === 'string' && { classes }),
    ...(typeof ferplus === 'string' && {
      ferplus: {
        file: ferplus,
        targets: config['ferplusTargets'] === 'votes' ? 'votes' : 'majority',
        keep: parseFerplusKeep(String(config['ferplusKeep'])),
      },
    }),
    ...(typeof labels === 'string' && {
      labels: ownLabels !== undefined && existsSync(ownLabels) ? ownLabels : labels,
    }),
    ...(typeof fold === 'string' && { fold: parseFold(fold, Number(foldSeed)) }),
  };
}
