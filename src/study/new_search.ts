import type { Monitor } from '../train/callbacks/monitor.js';
import { resolveConfig } from '../train/config.js';
import { UsageError } from '../util/errors.js';
import { advisersOf } from './advisers.js';
import { checkCombinations } from './combinations.js';
import { SEARCH_DEFAULTS } from './defaults.js';
import type { PrunerName } from './pruners.js';
import type { Method } from './samplers.js';
import type { SearchSettings } from './settings.js';
import { isGrid, NOT_SHARED, parseSpace, readSpace, sizeOf } from './space.js';

/** What to search, and how. */
export interface SearchOptions {
  /** Path of the file of the space. */
  readonly space: string;
  /** Default: `grid` for a small space that allows it, else `random`. */
  readonly method?: Method | undefined;
  /** Default: all points of a small finite space, else `TRIALS`. */
  readonly trials?: number | undefined;
  /** Default: those of `SEARCH_DEFAULTS`. */
  readonly pruner?: PrunerName | undefined;
  /** Only with a pruner. */
  readonly minEpochs?: number | undefined;
  /** Only with a pruner. */
  readonly reduction?: number | undefined;
  readonly objective?: Monitor | undefined;
  /** Settings that all trials share, by option name; they override those in the file of the space. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Default number of trials of a search in a large space. */
export const TRIALS = 20;
/** By default, only a space with at most this many points is searched completely. */
const SMALL = 100;

/**
 * The settings of a new search. Throws UsageError when the file or the settings are wrong or do not fit each other.
 */
export function newSearch({ space: path, ...options }: SearchOptions): SearchSettings {
  const file = readSpace(path);
  const shared = { ...file.settings, ...options.settings };
  const own = NOT_SHARED.find((name) => name in shared);
  if (own !== undefined) throw new UsageError(`${own}: a study gives each trial a folder of its own`);
  const { epochs, seed } = resolveConfig(shared);
  const space = parseSpace(file.parameters, shared, `space ${path}`);
  const searched = new Set(space.parameters.map(({ name }) => name));
  const twice = Object.keys(shared).filter((name) => searched.has(name));
  if (twice.length > 0) {
    throw new UsageError(
      `${twice.join(', ')}: it differs from trial to trial in the space of ${path}; leave it out of the settings that all trials share, or out of the space`,
    );
  }
  const { pruner = SEARCH_DEFAULTS.pruner, objective = SEARCH_DEFAULTS.objective } = options;
  const { minEpochs = SEARCH_DEFAULTS.minEpochs, reduction = SEARCH_DEFAULTS.reduction } = options;
  if (pruner === 'none') {
    const idle =
      options.minEpochs !== undefined
        ? 'min-epochs'
        : options.reduction !== undefined
          ? 'reduction'
          : undefined;
    if (idle !== undefined) throw new UsageError(`${idle}: needs --pruner halving or asha`);
  }
  if (pruner !== 'none' && searched.has('epochs')) {
    throw new UsageError(
      `space ${path}: epochs: a pruner compares trials of equal length; use --pruner none`,
    );
  }
  const size = sizeOf(space);
  const method =
    options.method ?? (isGrid(space) && size <= SMALL && options.trials === undefined ? 'grid' : 'random');
  const all =
    isGrid(space) && (size <= SMALL || (method === 'grid' && Number.isFinite(size))) ? size : TRIALS;
  const settings: SearchSettings = {
    ...{ kind: 'search', created: new Date().toISOString(), method, seed },
    ...{ pruner, minEpochs, reduction, objective },
    trials: Math.min(options.trials ?? all, size),
    settings: { ...shared, epochs, seed },
    space: file.parameters,
  };
  advisersOf(settings); // throws when they do not fit
  checkCombinations(space, settings.settings, `space ${path}`);
  return settings;
}
