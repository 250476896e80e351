import { cvReport } from '../../study/cv.js';
import { type Importance, importanceOf } from '../../study/importance.js';
import { listStudies } from '../../study/studies.js';
import { Study } from '../../study/study.js';
import { isOpen } from '../../study/trial.js';
import type { Handler } from '../handler.js';

/** The folders of all studies in a folder, newest first; those that cannot be read come last. */
export const studiesList: Handler<'studies.list'> = async ({ folder }) => {
  const broken: string[] = [];
  const paths = listStudies(folder, (path) => broken.push(path)).map(({ path }) => path);
  return [...paths, ...broken];
};

/** The importance that was computed last, which takes longer than all else. */
let latest: { readonly key: string; readonly importance: Importance | undefined } | undefined;

/** A study with its trials as far as they are now. */
export const showStudy: Handler<'studies.show'> = async ({ path }) => {
  const opened = Study.open(path);
  const { name, settings, liveTrials: trials } = opened;
  const { objective, trials: planned } = settings;
  const study = { name, path, objective, planned, trials, damagedLines: opened.damagedLines };
  if (settings.kind === 'cv') return { ...study, cv: cvReport(settings, trials), importance: undefined };
  const settled = trials.filter((trial) => !isOpen(trial));
  const key = `${path} ${settled.map(({ number, epochs }) => `${number}:${epochs}`).join(' ')}`;
  if (latest?.key !== key) latest = { key, importance: importanceOf(settled, objective) };
  return { ...study, importance: latest.importance };
};
