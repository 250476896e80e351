import { basename, extname } from 'node:path';
import { MOST_FOLDS } from '../data/folds.js';
import type { Monitor } from '../train/callbacks/monitor.js';
import { resolveConfig } from '../train/config.js';
import { readConfigFile } from '../train/config_file.js';
import { UsageError } from '../util/errors.js';
import { CV_DEFAULTS } from './defaults.js';
import type { CvSettings } from './settings.js';
import type { Values } from './trial.js';

/** What to cross-validate. */
export interface CvOptions {
  /** Paths of files with settings; none: one configuration, which `settings` describe. */
  readonly configs: readonly string[];
  /** 2 to `MOST_FOLDS`. Defaults of `folds`, `repeats` and `objective`: `CV_DEFAULTS`. */
  readonly folds?: number | undefined;
  readonly repeats?: number | undefined;
  readonly objective?: Monitor | undefined;
  /** Settings of all configurations, by option name; they override those of the files. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The settings of a new cross-validation. Throws UsageError when files or settings are wrong. */
export function newCv({
  configs: paths,
  folds = CV_DEFAULTS.folds,
  repeats = CV_DEFAULTS.repeats,
  objective = CV_DEFAULTS.objective,
  settings,
}: CvOptions): CvSettings {
  if (!(folds >= 2 && folds <= MOST_FOLDS)) {
    throw new UsageError(`folds = ${folds}: expected a whole number from 2 to ${MOST_FOLDS}`);
  }
  const read = paths.map((path) => ({ ...readConfigFile(path), ...settings }));
  const all: readonly Readonly<Record<string, unknown>>[] = read.length > 0 ? read : [settings];
  for (const config of all) {
    const own = ['fold', 'fold-seed', 'out', 'save-steps'].find((name) => name in config);
    if (own !== undefined) throw new UsageError(`${own}: the cross-validation sets it for each fold`);
    resolveConfig(config);
  }
  const names = namesOf(paths);
  const [first = {}] = all;
  const isShared = (name: string): boolean => all.every((config) => config[name] === first[name]);
  const shared = Object.fromEntries(Object.entries(first).filter(([name]) => isShared(name)));
  // `resolveConfig` has checked the values.
  const configs = Object.fromEntries(
    all.map((config, i) => [
      names[i],
      Object.fromEntries(Object.entries(config).filter(([name]) => !isShared(name))) as Values,
    ]),
  );
  const { epochs, seed } = resolveConfig(shared);
  return {
    ...{ kind: 'cv', created: new Date().toISOString(), objective, folds, repeats, configs },
    trials: all.length * folds * repeats,
    settings: { ...shared, epochs, seed },
  };
}

/** The file names without extensions if they are unique, else the paths. */
function namesOf(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return ['settings'];
  const short = paths.map((path) => basename(path, extname(path)));
  const names = new Set(short).size === short.length ? short : paths;
  if (new Set(names).size === names.length) return names;
  throw new UsageError(`${paths.join(', ')}: the same file twice`);
}
