import { newCv } from '../../study/new_cv.js';
import { Study } from '../../study/study.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { CvArgs } from '../declarations/search.js';
import { typedSettings } from '../settings_args.js';
import { optionNames, queueOf, reopenStudy, runOrLead, startStudy } from '../study_work.js';

/** `fer-tui cv`: creates a study whose trials are folds, or opens one, and works on it. */
export async function cv(args: CvArgs & GlobalArgs): Promise<number> {
  const address = queueOf(args);
  if (args.resume !== undefined) return runOrLead(reopen(args.resume, args), args, address);
  return startStudy(create(args), args, address);
}

function create({ configs = [], folds, repeats, objective, out, ...args }: CvArgs): Study {
  return Study.create(out, newCv({ configs, folds, repeats, objective, settings: typedSettings(args) }));
}

function reopen(path: string, args: CvArgs): Study {
  const { configs = [], folds, repeats, objective, out, prepare } = args;
  const others = { folds, repeats, objective, ...typedSettings(args), out, prepare: prepare || undefined };
  return reopenStudy(path, undefined, { configs: configs[0], ...optionNames(others) });
}
