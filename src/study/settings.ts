import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { MONITORS, type Monitor } from '../train/callbacks/monitor.js';
import { atomicWrite } from '../util/atomic_write.js';
import { isSystemError, RunError } from '../util/errors.js';
import { isMapping } from '../util/foreign.js';
import { foreignYaml } from '../util/foreign_yaml.js';
import { readText } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';
import { PRUNERS, type PrunerName } from './pruners.js';
import { METHODS, type Method } from './samplers.js';
import type { Values } from './trial.js';

/** The settings of a study, in `study.yaml`. Together with the trials so far, they determine the next trial. */
export type StudySettings = SearchSettings | CvSettings;

interface CommonSettings {
  /** ISO 8601. */
  readonly created: string;
  /** Number of trials. */
  readonly trials: number;
  readonly objective: Monitor;
  /** The settings that all trials share, by option name. Those of a trial override them. */
  readonly settings: Readonly<Record<string, unknown>> & { readonly epochs: number };
}

/** The settings of a search for good settings. */
export interface SearchSettings extends CommonSettings {
  readonly kind: 'search';
  readonly method: Method;
  /** The seed of the method. That of the trainings is in `settings`. */
  readonly seed: number;
  readonly pruner: PrunerName;
  /** With a pruner: the fewest epochs of a trial. */
  readonly minEpochs: number;
  /** With a pruner: one in `reduction` trials continues, for `reduction` times the epochs. */
  readonly reduction: number;
  /** The parameters, as written in the file of the space. */
  readonly space: Readonly<Record<string, unknown>>;
}

/** The settings of a cross-validation: its trials are folds. */
export interface CvSettings extends CommonSettings {
  readonly kind: 'cv';
  readonly folds: number;
  /** How often the data is divided into folds. */
  readonly repeats: number;
  /**
   * The configurations that are compared, by name. Each has settings by option name, in addition to those that all trials share.
   */
  readonly configs: Readonly<Record<string, Values>>;
}

const FILE = 'study.yaml';
const VERSION = 1;
const HEAD =
  '# A study of fer-tui: its trials are in trials.ndjson and trials/. "fer-tui search --resume" goes on with it.\n';

/** Whether a folder holds a study. */
export const isStudy = (folder: string): boolean => existsSync(join(folder, FILE));

/** Whether a folder holds the trials of a study whose `study.yaml` is missing. */
export const isHeadless = (folder: string): boolean =>
  !isStudy(folder) && existsSync(join(folder, 'trials.ndjson'));

/** Writes `study.yaml`. Throws RunError. */
export function writeStudySettings(folder: string, settings: StudySettings): void {
  atomicWrite(join(folder, FILE), HEAD, stringify({ version: VERSION, ...settings }));
}

/** Reads `study.yaml`. Throws RunError when it is not there, cannot be read, or is of a later version. */
export function readStudySettings(folder: string): StudySettings {
  const path = join(folder, FILE);
  let text: string;
  try {
    text = readText(path); // without checking first: another process may remove the study in between
  } catch (cause) {
    const missing = isSystemError(cause) && ['ENOENT', 'ENOTDIR'].includes(cause.code ?? '');
    if (!missing) throw new RunError(`${path}: cannot be read (${systemReason(cause)})`, { cause });
    throw new RunError(
      isHeadless(folder)
        ? `${path}: it is missing, and with it the settings of the study; restore it from a copy, or begin a new study ("fer-tui runs --folder ${join(folder, 'trials')}" shows the trainings of this one)`
        : `${folder}: no study there (it has no ${FILE}); see "fer-tui studies"`,
      { cause },
    );
  }
  let read: (Partial<StudySettings> & { readonly version?: number }) | null;
  try {
    read = foreignYaml(text) as typeof read;
  } catch (cause) {
    throw new RunError(`${path}: cannot be read as YAML`, { cause });
  }
  const { version, ...settings } = read ?? {};
  if (version !== undefined && version !== VERSION)
    throw new RunError(`${path}: version ${version}; this version of fer-tui reads version ${VERSION}`);
  if (version === undefined) throw new RunError(`${path}: it lacks a version; the file is damaged`);
  const wrong = Object.entries(fieldsOf(settings)).find(([, fits]) => !fits);
  if (wrong !== undefined)
    throw new RunError(`${path}: ${wrong[0]} is missing or wrong; the file is damaged`);
  return settings as StudySettings;
}

/** The required fields of the settings of a study, and whether each is valid. */
function fieldsOf(given: Readonly<Record<string, unknown>>): Readonly<Record<string, boolean>> {
  const isOneOf = (list: readonly unknown[], name: string): boolean => list.includes(given[name]);
  const isCount = (name: string): boolean => Number.isInteger(given[name]) && Number(given[name]) >= 1;
  const { settings, kind } = given;
  const own =
    kind === 'cv'
      ? { folds: isCount('folds'), repeats: isCount('repeats'), configs: isMapping(given['configs']) }
      : {
          ...{ method: isOneOf(METHODS, 'method'), pruner: isOneOf(PRUNERS, 'pruner') },
          ...{ minEpochs: isCount('minEpochs'), reduction: isCount('reduction') },
          ...{ seed: typeof given['seed'] === 'number', space: isMapping(given['space']) },
        };
  return {
    kind: isOneOf(['search', 'cv'], 'kind'),
    created: typeof given['created'] === 'string',
    trials: isCount('trials'),
    objective: isOneOf(MONITORS, 'objective'),
    settings: isMapping(settings) && typeof settings['epochs'] === 'number',
    ...own,
  };
}
