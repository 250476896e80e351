import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../util/errors.js';
import { configurationOf, cvReport } from './cv.js';
import { ranked } from './score.js';
import { isHeadless, isStudy } from './settings.js';
import { Study } from './study.js';
import { countStates } from './trial.js';

/**
 * All studies in a folder, the latest first.
 * @param onBroken called for each study that cannot be read, with its path and the error
 */
export function listStudies(
  parent = 'studies',
  onBroken: (path: string, error: RunError) => void = () => undefined,
): Study[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .map((name) => join(parent, name))
    .filter(isStudy)
    .flatMap((path) => {
      try {
        return [Study.open(path)];
      } catch (error) {
        if (!(error instanceof RunError)) throw error;
        onBroken(path, error);
        return [];
      }
    })
    .sort((a, b) => (a.settings.created < b.settings.created ? 1 : -1));
}

/** Finds a study by its path, or by its name in `parent`. Throws RunError that lists the studies there are. */
export function findStudy(name: string, parent = 'studies'): Study {
  const places = [name, join(parent, name)];
  const path = places.find(isStudy) ?? places.find(isHeadless);
  if (path !== undefined) return Study.open(path);
  const names = listStudies(parent).map((study) => study.name);
  const known = names.length > 0 ? `there are: ${names.join(', ')}` : `there are none in ${parent}/ yet`;
  throw new RunError(`no study "${name}"; ${known}`);
}

/** A study for `--json`: its settings, trials in each state, the report of a cross-validation, and its trials, the best first. */
export function studyJson(study: Study, top = Number.POSITIVE_INFINITY): object {
  const { name, path, settings, liveTrials } = study;
  const best = ranked(liveTrials, settings.objective).slice(0, top);
  const trials =
    settings.kind === 'cv'
      ? best.map((trial) => ({ ...trial, configuration: configurationOf(trial, settings) }))
      : best;
  const report = settings.kind === 'cv' ? cvReport(settings, liveTrials) : {};
  return {
    name,
    path,
    ...settings,
    planned: settings.trials,
    states: countStates(liveTrials),
    ...(study.damagedLines > 0 && { damagedLines: study.damagedLines }),
    ...report,
    trials,
  };
}
