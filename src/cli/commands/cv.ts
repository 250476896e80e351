import { newCv } from '../../study/new_cv.js';
import { Study } from '../../study/study.js';
import { EXIT } from '../../util/errors.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { CvArgs } from '../declarations/search.js';
import { wholeNumber } from '../numbers.js';
import { typedSettings } from '../settings_args.js';
import { optionNames, queueOf, reopenStudy, runOrLead, sayPrepared } from '../study_work.js';

/** `fer-tui cv`: creates a study whose trials are folds, or opens one, and works on it. */
export async function cv(args: CvArgs & GlobalArgs): Promise<number> {
  const address = queueOf(args);
  const study = args.resume === undefined ? create(args) : reopen(args.resume, args);
  if (args.prepare) {
    sayPrepared(study, args);
    return EXIT.done;
  }
  return runOrLead(study, args, address);
}

function create({ configs = [], folds, repeats, objective, out, ...args }: CvArgs): Study {
  wholeNumber('folds', folds, 2);
  wholeNumber('repeats', repeats, 1);
  return Study.create(out, newCv({ configs, folds, repeats, objective, settings: typedSettings(args) }));
}

function reopen(path: string, args: CvArgs): Study {
  const { configs = [], out, prepare } = args;
  const others = { ...typedSettings(args), out, prepare: prepare || undefined };
  return reopenStudy(path, undefined, { configs: configs[0], ...optionNames(others) });
}
