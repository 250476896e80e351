import { existsSync } from 'node:fs';
import { parseFerplusKeep } from '../data/ferplus.js';
import { parseFold } from '../data/folds.js';
import type { LoadOptions } from '../data/types.js';

/**
 * How the data set of a run is loaded.
 * @param config settings as in config.json; those that an older run has not recorded keep their defaults
 * @param ownLabels path of a run's copy of its corrections; if the file exists, it is read instead of the original
 * Throws UsageError for a bad fold.
 */
export function dataOptions(
  config: Readonly<Record<string, unknown>>,
  ownLabels?: string | undefined,
): LoadOptions {
  const { seed, skipBad, classes, fold, foldSeed, labels, ferplus } = config;
  return {
    skipBad: skipBad === true,
    leaks: config['dropDuplicates'] === true ? 'drop' : undefined,
    ...(typeof seed === 'number' && { seed }),
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
