import { type QueueAddress, queueAddress, showsPassword } from '../../queue/address.js';
import { leadStudy, openCoordinator } from '../../queue/lead_study.js';
import type { WorkerCard } from '../../queue/task.js';
import { advisersOf } from '../../study/advisers.js';
import { newSearch } from '../../study/new_search.js';
import { Outlook } from '../../study/outlook.js';
import { runStep, runStudy, type StudyHooks } from '../../study/run_study.js';
import { studyJson } from '../../study/studies.js';
import { type Advisers, Study } from '../../study/study.js';
import { TrialWorker } from '../../study/trial_worker.js';
import { Control } from '../../train/control.js';
import { duration, Printer } from '../../train/printer.js';
import { EXIT, RunError, UsageError } from '../../util/errors.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { SearchArgs, TrialArgs } from '../declarations/search.js';
import { atLeast } from '../numbers.js';
import { PASSWORD_SHOWS, workersText } from '../queue_lines.js';
import { writeJson } from '../run_command.js';
import { settingsOf, typedSettings } from '../settings_args.js';
import { listen } from '../signals.js';
import { studySummary, trialLine, valuesText } from '../study_lines.js';

/** Trials that a search shows in the end. */
const TOP = 5;

/** `fer-tui search`: creates a study, or opens one, and works on it. */
export async function search(args: SearchArgs & GlobalArgs): Promise<number> {
  const address = args.queue === undefined ? undefined : queueAddress(args.queue);
  atLeast('transfer-limit', args.transferLimit, 1);
  const study = args.resume === undefined ? create(args) : reopen(args.resume, args);
  if (args.prepare) {
    if (args.json) writeJson({ v: 1, type: 'result', path: study.path, trials: study.settings.trials });
    else
      process.stdout.write(
        `${study.path}  ${study.settings.trials} trials; run each with: fer-tui trial ${study.path} NUMBER\n`,
      );
    return EXIT.done;
  }
  if (address !== undefined) return lead(study, args, address);
  return workOn(study, args, (advisers, runner, hooks) => runStudy(study, advisers, runner, hooks));
}

/** Has the trials of a study trained by the workers of a queue. */
function lead(study: Study, args: SearchArgs & GlobalArgs, address: QueueAddress): Promise<number> {
  return workOn(study, args, async (advisers, _, hooks, say) => {
    if (showsPassword(args.queue)) say(PASSWORD_SHOWS);
    const coordinator = await openCoordinator(study, { address, say, limit: args.transferLimit });
    const onWorkers = (workers: readonly WorkerCard[]): void => say(workersText(workers, address));
    try {
      await leadStudy(study, advisers, coordinator, { ...hooks, onWorkers });
    } finally {
      await coordinator.close();
    }
  });
}

/** `fer-tui trial STUDY N`: runs one trial to its end. */
export async function trial({ study: path, number, ...args }: TrialArgs & GlobalArgs): Promise<number> {
  const study = Study.open(path);
  const done = await workOn(study, args, async (advisers, runner, hooks) => {
    const step = await study.takeTrial(number, advisers.sampler);
    if (step !== undefined) await runStep(step, runner, hooks);
  });
  const record = study.trials.find((one) => one.number === number);
  if (record?.state === 'failed') throw new RunError(`trial ${number} failed: ${record.error}`);
  return done;
}

function create(args: SearchArgs): Study {
  const { space, out, method, trials, pruner, minEpochs, reduction, objective } = args;
  if (space === undefined) {
    throw new UsageError('expected the file of a space, or --resume with the folder of a study');
  }
  if (trials !== undefined) wholeNumber('trials', trials);
  const { out: _, ...settings } = settingsOf(args);
  return Study.create(
    out,
    newSearch({ space, method, trials, pruner, minEpochs, reduction, objective, settings }),
  );
}

/** Opens a study. It keeps its settings; only the number of its trials can be another. */
function reopen(path: string, args: SearchArgs): Study {
  const { space, method, config, prepare, trials, out } = args;
  const others = { space, method, config, out, ...typedSettings(args), ...(prepare && { prepare }) };
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (other !== undefined) {
    const name = other === 'space' ? other : `--${other}`;
    throw new UsageError(`${name}: a resumed study keeps its settings; omit it, or start a new study`);
  }
  const study = Study.open(path);
  return trials === undefined ? study : study.extended(wholeNumber('trials', trials));
}

type Work = (
  advisers: Advisers,
  runner: TrialWorker,
  hooks: StudyHooks,
  say: (message: string) => void,
) => Promise<void>;

/** Works on a study until it is done or interrupted, and says how far it is and what came of it. */
export async function workOn(study: Study, { json, quiet, color }: GlobalArgs, work: Work): Promise<number> {
  const { objective, trials: planned } = study.settings;
  const advisers = advisersOf(study.settings);
  const control = new Control();
  const ignore = listen(control, 'stopping after this batch, then saving');
  const printer = new Printer(process.stderr, { color, silent: quiet });
  const worker = new TrialWorker();
  const outlook = new Outlook(study, advisers);
  let current = '';
  const show = (): void => {
    const eta = outlook.etaS;
    printer.progress(`${current}  ETA ${duration(eta)}`, outlook.epochs);
  };
  if (json)
    writeJson({ v: 1, type: 'study', t: new Date().toISOString(), path: study.path, ...study.settings });
  printer.line(`${study.path}: ${study.trials.length} of ${planned} trials begun`);
  try {
    const hooks: StudyHooks = {
      control,
      onLoadProgress: (progress) => printer.loading(progress),
      onBegin: (order) => {
        outlook.begin(order);
        const { number, values, until } = order;
        current = `trial ${number} of ${planned}, to epoch ${until}: ${valuesText(values)}`;
        if (json)
          writeJson({ type: 'begin', trial: number, values, until, run: order.run, etaS: outlook.etaS });
        show();
      },
      emit: (event, order) => {
        outlook.hear(event, order);
        if (event.type === 'note' && event.progress !== undefined) printer.show(event);
        else if (event.type === 'step' || event.type === 'epoch') show();
        if (json && event.type === 'epoch') {
          const { epoch, of, train, val } = event;
          writeJson({
            type: 'epoch',
            trial: order.number,
            epoch,
            of,
            train,
            val: val && { loss: val.loss, acc: val.acc },
            etaS: outlook.etaS,
          });
        }
      },
      onEnd: (record) => {
        outlook.end(record);
        if (json) writeJson({ type: 'trial', ...record, etaS: outlook.etaS });
        printer.line(trialLine(record, objective));
      },
    };
    await work(advisers, worker, hooks, (message) => {
      if (json) writeJson({ type: 'note', message });
      printer.line(message);
    });
    printer.close();
    if (json) writeJson({ type: 'result', ...studyJson(study) });
    else process.stdout.write(studySummary(study, TOP));
    if (json)
      writeJson({
        type: 'end',
        status: control.stopped === undefined ? 'finished' : 'stopped',
        exit: control.exit,
      });
    return control.exit;
  } finally {
    printer.close();
    await worker.close();
    ignore();
  }
}

function wholeNumber(option: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UsageError(`${option} = ${value}: expected a whole number of 1 or more`);
}
