import { resolveConfig } from '../train/config.js';
import { UsageError } from '../util/errors.js';
import { advisersOf } from './advisers.js';
import type { Method } from './samplers.js';
import type { SearchSettings } from './settings.js';
import { parseSpace, readSpace, sizeOf } from './space.js';

/** What to search, and how. */
export interface SearchOptions
  extends Pick<SearchSettings, 'pruner' | 'minEpochs' | 'reduction' | 'objective'> {
  /** Path of the file of the space. */
  readonly space: string;
  /** Default: the grid of a space that is small enough, else random. */
  readonly method?: Method | undefined;
  /** Default: the whole of a small finite space, else `TRIALS`. */
  readonly trials?: number | undefined;
  /** Settings that all trials share, by option name; they override those in the file of the space. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Trials of a search in a space that has more. */
export const TRIALS = 20;
/** A space with more settings is not searched as a whole, unless that is asked for. */
const SMALL = 100;

/**
 * The settings of a new search. Throws UsageError when the file or the settings are wrong or do not fit each other.
 */
export function newSearch({ space: path, ...options }: SearchOptions): SearchSettings {
  const file = readSpace(path);
  const shared = { ...file.settings, ...options.settings };
  const own = ['out', 'save-steps'].find((name) => name in shared);
  if (own !== undefined) throw new UsageError(`${own}: a study gives each trial a folder of its own`);
  const { epochs, seed } = resolveConfig(shared);
  const space = parseSpace(file.parameters, shared, `space ${path}`);
  const searched = new Set(space.parameters.map(({ name }) => name));
  const twice = Object.keys(options.settings).find((name) => searched.has(name));
  if (twice !== undefined) {
    throw new UsageError(
      `${twice}: it differs from trial to trial in ${path}; leave it out, or take it out of the space`,
    );
  }
  if (options.pruner !== 'none' && searched.has('epochs')) {
    throw new UsageError(
      `space ${path}: epochs: a pruner compares trials of equal length; use --pruner none`,
    );
  }
  const { pruner, minEpochs, reduction, objective } = options;
  const size = sizeOf(space);
  const method = options.method ?? (size <= SMALL && options.trials === undefined ? 'grid' : 'random');
  const all = size <= SMALL || (method === 'grid' && Number.isFinite(size)) ? size : TRIALS;
  const settings: SearchSettings = {
    ...{ kind: 'search', created: new Date().toISOString(), method, seed },
    ...{ pruner, minEpochs, reduction, objective },
    trials: Math.min(options.trials ?? all, size),
    settings: { ...shared, epochs, seed },
    space: file.parameters,
  };
  advisersOf(settings); // throws when they do not fit
  return settings;
}
