import { importanceOf } from '../../study/importance.js';
import { bestTrial } from '../../study/score.js';
import { findStudy, listStudies, studyJson } from '../../study/studies.js';
import { isOpen } from '../../study/trial.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { EXIT } from '../../util/errors.js';
import { minute } from '../../util/minute.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { ListStudiesArgs, ShowStudyArgs } from '../declarations/studies.js';
import { importanceText } from '../importance_text.js';
import { wholeNumber } from '../numbers.js';
import { writeJson } from '../run_command.js';
import { metricText, studySummary, trialsCsv, valuesText } from '../study_lines.js';
import { table } from '../table.js';

/** `fer-tui studies`: lists the studies in a folder. */
export async function studies({ folder, json }: ListStudiesArgs & GlobalArgs): Promise<number> {
  const found = listStudies(folder);
  if (json) {
    writeJson({ v: 1, type: 'result', studies: found.map(studyJson) });
    return EXIT.done;
  }
  if (found.length === 0) {
    process.stdout.write(`no studies in ${folder}/ yet; start one with "fer-tui search"\n`);
    return EXIT.done;
  }
  const rows = found.map((study) => {
    const { settings } = study;
    const trials = study.liveTrials;
    const best = bestTrial(trials, settings.objective);
    const how =
      settings.kind === 'cv' ? `cv, ${settings.folds} folds` : `${settings.method}, ${settings.pruner}`;
    const done = trials.filter((trial) => !isOpen(trial)).length;
    return [
      ...[study.name, how, `${done}/${settings.trials}`, settings.objective],
      ...[best === undefined ? '-' : `${metricText(best.metric, settings.objective)} (${best.number})`],
      minute(settings.created),
      best === undefined ? '' : valuesText(best.values),
    ];
  });
  const head = [
    'study',
    'method, pruner',
    'trials',
    'objective',
    'best (trial)',
    'created',
    'settings of the best',
  ];
  process.stdout.write(table(head, rows));
  return EXIT.done;
}

/** `fer-tui studies show NAME`: prints the trials of a study. */
export async function showStudy({
  name,
  folder,
  top,
  csv,
  json,
  color,
}: ShowStudyArgs & GlobalArgs): Promise<number> {
  if (top !== undefined) wholeNumber('top', top, 1);
  const study = findStudy(name, folder);
  if (json) writeJson({ v: 1, type: 'result', ...studyJson(study, top) });
  else if (csv) process.stdout.write(trialsCsv(study));
  else {
    const { glyphs } = detectCapability(process.env, process.stdout.isTTY === true, { color });
    const importance = importanceOf(study.trials, study.settings.objective);
    process.stdout.write(studySummary(study, top ?? Number.POSITIVE_INFINITY));
    if (study.settings.kind === 'search') process.stdout.write(`\n${importanceText(importance, glyphs)}`);
  }
  return EXIT.done;
}
