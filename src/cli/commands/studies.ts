import { importanceOf } from '../../study/importance.js';
import { bestTrial } from '../../study/score.js';
import { findStudy, listStudies, studyJson } from '../../study/studies.js';
import { isOpen } from '../../study/trial.js';
import { detectCapability } from '../../tui/paint/capability.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { minute } from '../../util/minute.js';
import { printable } from '../../util/printable.js';
import { terminalSize } from '../../util/terminal_size.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { ListStudiesArgs, ShowStudyArgs } from '../declarations/studies.js';
import { importanceText } from '../importance_text.js';
import { writeJson } from '../run_command.js';
import { sliceText } from '../slice_text.js';
import { metricText, studySummary, trialsCsv, valuesText } from '../study_lines.js';
import { table } from '../table.js';

/** `fer-tui studies`: lists the studies in a folder. */
export async function studies({ folder, json }: ListStudiesArgs & GlobalArgs): Promise<number> {
  const broken: string[] = [];
  const found = listStudies(folder, (_, { message }) => broken.push(message));
  if (json) {
    const studies = found.map((study) => studyJson(study));
    writeJson({ v: 1, type: 'result', studies, ...(broken.length > 0 && { broken }) });
    return EXIT.done;
  }
  for (const message of broken) process.stderr.write(`fer-tui: ${printable(message)}\n`);
  if (found.length === 0 && broken.length === 0) {
    process.stdout.write(`no studies in ${printable(folder)}/ yet; start one with "fer-tui search"\n`);
    return EXIT.done;
  }
  if (found.length === 0) return EXIT.run;
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
  if (csv && top !== undefined) throw new UsageError('csv: it prints all trials; omit --top');
  if (csv && json) throw new UsageError('csv: it prints a table, not JSON; omit --csv or --json');
  const study = findStudy(name, folder);
  if (csv) {
    process.stdout.write(trialsCsv(study));
    return EXIT.done;
  }
  const { kind, objective } = study.settings;
  const importance = kind === 'search' ? importanceOf(study.trials, objective) : undefined;
  if (json) {
    const found = kind === 'search' && { importance: importance ?? null };
    writeJson({ v: 1, type: 'result', ...studyJson(study, top), ...found });
    return EXIT.done;
  }
  process.stdout.write(studySummary(study, top ?? Number.POSITIVE_INFINITY, true));
  if (kind === 'search') {
    const capability = detectCapability(process.env, process.stdout.isTTY === true, { color });
    process.stdout.write(`\n${importanceText(importance, capability.glyphs)}`);
    process.stdout.write(sliceText(study, capability, terminalSize(process.stdout).cols));
  }
  return EXIT.done;
}
