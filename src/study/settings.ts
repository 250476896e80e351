import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Monitor } from '../train/callbacks/monitor.js';
import { atomicWrite } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';

/** How a study chooses the settings of a new trial. */
export const METHODS = ['grid', 'random', 'tpe'] as const;
export type Method = (typeof METHODS)[number];

/** How a study decides which trials are worth more epochs. */
export const PRUNERS = ['none', 'asha', 'halving'] as const;
export type PrunerName = (typeof PRUNERS)[number];

/** All that a study is told when it is created: `study.yaml`. Together with its trials it decides what comes next. */
export interface StudySettings {
  /** ISO 8601. */
  readonly created: string;
  readonly method: Method;
  readonly pruner: PrunerName;
  /** Trials to begin; null: until the space is used up. */
  readonly trials: number | null;
  /** Of the method. That of the trainings is one of `settings`. */
  readonly seed: number;
  readonly objective: Monitor;
  /** The settings that all trials share, by option name. Those of a trial override them. */
  readonly settings: Readonly<Record<string, unknown>> & { readonly epochs: number };
  /** The parameters, as written in the file of the space. */
  readonly space: Readonly<Record<string, unknown>>;
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
  let read: Partial<StudySettings & { version: number }> | null;
  try {
    read = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new RunError(`${path}: cannot be read as YAML`, { cause });
  }
  const { version, ...settings } = read ?? {};
  if (version !== VERSION)
    throw new RunError(`${path}: version ${version}; this version of fer-tui reads version ${VERSION}`);
  if (typeof settings.settings?.epochs !== 'number' || typeof settings.space !== 'object') {
    throw new RunError(`${path}: it lacks settings or space; the file is damaged`);
  }
  return settings as StudySettings;
}
