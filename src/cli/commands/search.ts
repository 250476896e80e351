import { trialsOfWorkers } from '../../queue/lead_study.js';
import { newSearch } from '../../study/new_search.js';
import { runStep } from '../../study/run_study.js';
import { Study } from '../../study/study.js';
import { EXIT, FerError, UsageError } from '../../util/errors.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { SearchArgs, TrialArgs } from '../declarations/search.js';
import { settingsOf, typedSettings } from '../settings_args.js';
import {
  optionNames,
  queueOf,
  reopenStudy,
  runOrLead,
  startStudy,
  warnOfWorkers,
  workOn,
} from '../study_work.js';

/** `fer-tui search`: creates a study, or opens one, and works on it. */
export async function search(args: SearchArgs & GlobalArgs): Promise<number> {
  const address = queueOf(args);
  if (args.resume !== undefined) return runOrLead(reopen(args.resume, args), args, address);
  return startStudy(create(args), args, address);
}

/** `fer-tui trial STUDY N`: runs one trial to its end. */
export async function trial({ study: path, number, ...args }: TrialArgs & GlobalArgs): Promise<number> {
  const study = Study.open(path);
  const done = await workOn(study, args, async (advisers, runner, hooks, say) => {
    const led = trialsOfWorkers(study).filter((one) => one === number);
    warnOfWorkers(study, led, say);
    const step = await study.takeTrial(number, advisers.sampler);
    if (step !== undefined) await runStep(step, runner, hooks);
  });
  const record = study.trials.find((one) => one.number === number);
  if (record?.state === 'failed')
    throw new FerError(`trial ${number} failed: ${record.error}`, record.exit ?? EXIT.run);
  return done;
}

function create(args: SearchArgs & GlobalArgs): Study {
  const { space, out, method, trials, pruner, minEpochs, reduction, objective } = args;
  if (space === undefined) {
    throw new UsageError('expected the file of a space, or --resume with the folder of a study');
  }
  const { out: _, ...settings } = settingsOf(args); // here --out is the folder of the study
  const search = newSearch({ space, method, trials, pruner, minEpochs, reduction, objective, settings });
  if (trials !== undefined && trials > search.trials && !args.quiet) {
    process.stderr.write(`trials = ${trials}: the space has only ${search.trials} combinations\n`);
  }
  return Study.create(out, search);
}

function reopen(path: string, args: SearchArgs): Study {
  const { space, method, config, out, trials, pruner, objective } = args;
  const own = { method, pruner, 'min-epochs': args.minEpochs, reduction: args.reduction, objective };
  const options = { ...own, config, ...typedSettings(args), out, prepare: args.prepare || undefined };
  return reopenStudy(path, trials, { space, ...optionNames(options) });
}
