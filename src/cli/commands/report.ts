import { join } from 'node:path';
import { reportPage } from '../../pages/report.js';
import { studyPage } from '../../pages/study_report.js';
import { isStudy } from '../../study/settings.js';
import { Study } from '../../study/study.js';
import { type RunReview, reviewRun } from '../../train/run_review.js';
import { findRun } from '../../train/runs.js';
import { atomicWrite } from '../../util/atomic_write.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { ReportArgs } from '../declarations/report.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';

/** `fer-tui report NAME`: writes a run or a study as one HTML page. */
export async function report(args: ReportArgs & GlobalArgs): Promise<number> {
  const { name, folder, data, adapter } = args;
  const study = [name, join('studies', name)].find(isStudy);
  if (study !== undefined) return reportStudy(Study.open(study), args);
  const run = findRun(name, folder);
  const progress = new ProgressLine(args.quiet);
  let review: RunReview;
  try {
    const onProgress = progress.show.bind(progress);
    review = await reviewRun(run, { data, adapter, onProgress });
  } finally {
    progress.close();
  }
  const out = args.out ?? join(run.path, 'report.html');
  atomicWrite(out, reportPage(review));
  const missing = whatIsMissing(review);
  if (missing !== undefined) {
    process.stderr.write(`the page lacks what the weights would show: ${missing}\n`);
  }
  const { path, status } = run;
  const result = { run: run.name, path, status, out, ...measured(review), missing: missing ?? null };
  if (args.json) writeJson({ v: 1, type: 'result', ...result });
  else process.stdout.write(`${printable(out)}\n`);
  return EXIT.done;
}

function reportStudy(study: Study, { out, json }: ReportArgs & GlobalArgs): number {
  const { name, path, settings, liveTrials: trials } = study;
  const file = out ?? join(path, 'report.html');
  atomicWrite(file, studyPage({ name, path, settings, trials }));
  if (json) writeJson({ v: 1, type: 'result', study: name, path, trials: trials.length, out: file });
  else process.stdout.write(`${printable(file)}\n`);
  return EXIT.done;
}

/** What the page has measured, without pictures. */
function measured({ weights, evaluation }: RunReview) {
  const file = 'value' in weights ? weights.value.file : null;
  if ('missing' in evaluation) return { weights: file, evaluation: null };
  const { mistakes, ...numbers } = evaluation.value;
  const withoutPictures = mistakes.map(({ picture: _, ...mistake }) => mistake);
  return { weights: file, evaluation: { ...numbers, mistakes: withoutPictures } };
}

/** Why the page lacks what the weights would show. */
function whatIsMissing({ weights, evaluation }: RunReview): string | undefined {
  if ('missing' in weights) return weights.missing;
  return 'missing' in evaluation ? evaluation.missing : undefined;
}
