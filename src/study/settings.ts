import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Monitor } from '../train/callbacks/monitor.js';
import { atomicWrite } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import type { PrunerName } from './pruners.js';
import type { Method } from './samplers.js';
import type { Values } from './trial.js';

/** All that a study is told when it is created: `study.yaml`. Together with its trials it decides what comes next. */
export type StudySettings = SearchSettings | CvSettings;

interface CommonSettings {
  /** ISO 8601. */
  readonly created: string;
  /** Trials to begin. */
  readonly trials: number;
  readonly objective: Monitor;
  /** The settings that all trials share, by option name. Those of a trial override them. */
  readonly settings: Readonly<Record<string, unknown>> & { readonly epochs: number };
}

/** Of a search for good settings. */
export interface SearchSettings extends CommonSettings {
  readonly kind: 'search';
  readonly method: Method;
  /** Of the method. The trainings have theirs in `settings`. */
  readonly seed: number;
  readonly pruner: PrunerName;
  /** With a pruner: the fewest epochs of a trial. */
  readonly minEpochs: number;
  /** With a pruner: one in so many trials goes on, for so many times the epochs. */
  readonly reduction: number;
  /** The parameters, as written in the file of the space. */
  readonly space: Readonly<Record<string, unknown>>;
}

/** Of a cross-validation: its trials are folds. */
export interface CvSettings extends CommonSettings {
  readonly kind: 'cv';
  readonly folds: number;
  /** How often the data is divided anew. */
  readonly repeats: number;
  /** What is compared: names, and settings by option name, beside those that all trials share. */
  readonly configs: Readonly<Record<string, Values>>;
}

const FILE = 'study.yaml';
const VERSION = 1;
const HEAD =
  '# A study of fer-tui: its trials are in trials.ndjson and trials/. "fer-tui search --resume" goes on with it.\n';

/** Whether a folder holds a study. */
export const isStudy = (folder: string): boolean => existsSync(join(folder, FILE));

/** Writes `study.yaml`. Throws RunError. */
export function writeStudySettings(folder: string, settings: StudySettings): void {
  atomicWrite(join(folder, FILE), HEAD, stringify({ version: VERSION, ...settings }));
}

/** Reads `study.yaml`. Throws RunError when it is not there, cannot be read, or is of a later version. */
export function readStudySettings(folder: string): StudySettings {
  const path = join(folder, FILE);
  if (!existsSync(path))
    throw new RunError(`${folder}: no study there (it has no ${FILE}); see "fer-tui studies"`);
  let read: (Partial<StudySettings> & { readonly version?: number }) | null;
  try {
    read = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new RunError(`${path}: cannot be read as YAML`, { cause });
  }
  const { version, ...settings } = read ?? {};
  if (version !== VERSION)
    throw new RunError(`${path}: version ${version}; this version of fer-tui reads version ${VERSION}`);
  if (typeof settings.settings?.epochs !== 'number' || typeof settings.trials !== 'number') {
    throw new RunError(`${path}: it lacks settings or trials; the file is damaged`);
  }
  return settings as StudySettings;
}
