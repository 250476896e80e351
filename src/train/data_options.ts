import { parseFold } from '../data/folds.js';
import type { LoadOptions } from '../data/types.js';

/**
 * How the data set of a run is loaded.
 * @param config settings as in config.json; those that an older run has not recorded keep their defaults
 * Throws UsageError for a bad fold.
 */
export function dataOptions(config: Readonly<Record<string, unknown>>): LoadOptions {
  const { seed, skipBad, fold, foldSeed } = config;
  return {
    skipBad: skipBad === true,
    ...(typeof seed === 'number' && { seed }),
    ...(typeof fold === 'string' && { fold: parseFold(fold, Number(foldSeed)) }),
  };
}
