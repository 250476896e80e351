import { loadDataset } from '../data/load.js';
import { type QueueAddress, queueAddress, showsPassword } from '../queue/address.js';
import { leadStudy, openCoordinator, trialsOfWorkers } from '../queue/lead_study.js';
import type { WorkerCard } from '../queue/task.js';
import { advisersOf } from '../study/advisers.js';
import { Outlook } from '../study/outlook.js';
import { runStudy, type StudyHooks } from '../study/run_study.js';
import type { StudySettings } from '../study/settings.js';
import { parseSpace, sizeOf } from '../study/space.js';
import { studyJson } from '../study/studies.js';
import { type Advisers, Study } from '../study/study.js';
import { TrialWorker } from '../study/trial_worker.js';
import { resolveConfig } from '../train/config.js';
import { Control } from '../train/control.js';
import { dataOptions } from '../train/data_options.js';
import { duration, Printer } from '../train/printer.js';
import { counted } from '../util/counted.js';
import { EXIT, UsageError } from '../util/errors.js';
import { printable } from '../util/printable.js';
import type { GlobalArgs } from './declarations/globals.js';
import { PASSWORD_SHOWS, workersText } from './queue_lines.js';
import { writeJson } from './run_command.js';
import { listen } from './signals.js';
import { studySummary, trialLines, valuesText } from './study_lines.js';

/** Number of trials that are shown at the end. */
const TOP = 5;

/**
 * Opens a study to go on with it. It keeps its settings; a search can have more trials.
 * @param others what else was given, by name
 * Throws RunError, UsageError.
 */
export function reopenStudy(
  path: string,
  trials: number | undefined,
  others: Readonly<Record<string, unknown>>,
): Study {
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (other !== undefined) {
    throw new UsageError(`${other}: a resumed study keeps its settings; omit it, or start a new study`);
  }
  const study = Study.open(path);
  if (trials === undefined) return study;
  const most = mostTrials(study.settings);
  const before = study.settings.trials;
  if (trials < before) {
    throw new UsageError(
      `trials = ${trials}: a resumed study keeps its trials; expected at least its ${before}`,
    );
  }
  if (trials > before && trials > most) {
    throw new UsageError(`trials = ${trials}: the space has only ${most} combinations`);
  }
  return study.extended(trials);
}

/** Trials that a study can have. */
function mostTrials(study: StudySettings): number {
  if (study.kind === 'cv') return study.trials;
  return sizeOf(parseSpace(study.space, study.settings, 'space'));
}

/** Options as they are typed: `--lr`. */
export function optionNames(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [`--${name}`, value]));
}

/**
 * Checks the data of a study that was just created, and runs it unless told otherwise (`--prepare`). When it cannot begin, no folder is left.
 * Throws what `runTrial` throws.
 */
export async function startStudy(
  study: Study,
  args: QueueArgs & GlobalArgs & { readonly prepare: boolean },
  address: QueueAddress | undefined,
): Promise<number> {
  try {
    await checkData(study, args);
    if (!args.prepare) return await runOrLead(study, args, address);
    sayPrepared(study, args);
    return EXIT.done;
  } catch (error) {
    await study.removeIfUnused();
    throw error;
  }
}

/** Loads the data of the first trial, so that what is wrong with them is told before anything else. Throws DataError, UsageError. */
async function checkData({ settings }: Study, { quiet, color }: GlobalArgs): Promise<void> {
  const values = advisersOf(settings).sampler.suggest(1, []);
  const { data, ...config } = resolveConfig({ ...settings.settings, ...values });
  const printer = new Printer(process.stderr, { color, silent: quiet });
  const onProgress = printer.loading.bind(printer);
  await loadDataset(data, { ...dataOptions(config), onProgress }).finally(() => printer.close());
}

/** Prints how to run the trials of a study that was created without being run (`--prepare`). */
function sayPrepared({ path, settings }: Study, { json }: GlobalArgs): void {
  const { trials } = settings;
  if (json) writeJson({ v: 1, type: 'result', path, trials });
  else
    process.stdout.write(
      `${printable(path)}  ${counted(trials, 'trial')}; run each with: fer-tui trial ${printable(path)} NUMBER\n`,
    );
}

/** The arguments of `search` and `cv` about a queue. */
interface QueueArgs {
  readonly queue?: string | undefined;
  readonly transferLimit: number;
}

/** The queue that was asked for; undefined: none. Throws UsageError. */
export function queueOf({ queue }: Pick<QueueArgs, 'queue'>): QueueAddress | undefined {
  return queue === undefined ? undefined : queueAddress(queue);
}

/** Runs the trials of a study here, or has them run by the workers of a queue. */
export function runOrLead(
  study: Study,
  args: QueueArgs & GlobalArgs,
  address: QueueAddress | undefined,
): Promise<number> {
  if (address === undefined) {
    return workOn(study, args, async (advisers, runner, hooks, say) => {
      warnOfWorkers(study, trialsOfWorkers(study), say);
      await runStudy(study, advisers, runner, hooks);
      checkSuccess(study, hooks);
    });
  }
  return workOn(study, args, async (advisers, _, hooks, say) => {
    if (showsPassword(args.queue)) say(PASSWORD_SHOWS);
    const coordinator = await openCoordinator(study, { address, say, limit: args.transferLimit });
    const onWorkers = (workers: readonly WorkerCard[]): void => say(workersText(workers, address));
    try {
      await leadStudy(study, advisers, coordinator, { ...hooks, onWorkers });
    } finally {
      await coordinator.close();
    }
    checkSuccess(study, hooks);
  });
}

/** Warns about trials that may be trained twice: here, and by workers whose search has ended. */
export function warnOfWorkers(
  study: Study,
  numbers: readonly number[],
  say: (message: string) => void,
): void {
  if (numbers.length === 0) return;
  say(
    `${study.path}: a worker of its queue may still be training trial ${numbers.join(', ')}, which is trained here once more; ^C and --resume with --queue take over what it has done`,
  );
}

/** A study that has run to its end needs a trial that did not fail. Throws the error of the first one. */
function checkSuccess(study: Study, { control }: StudyHooks): void {
  if (control.stopped === undefined) study.checkSuccess();
}

type Work = (
  advisers: Advisers,
  runner: TrialWorker,
  hooks: StudyHooks,
  say: (message: string) => void,
) => Promise<void>;

/** Works on a study until it is done or interrupted, and prints its progress and results. */
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
  printer.line(`${study.path}: ${study.trials.length} of ${counted(planned, 'trial')} begun`);
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
        for (const line of trialLines(record, objective)) printer.line(line);
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
