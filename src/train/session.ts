import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listOf } from '../data/class_names.js';
import { HELD_OUT_SEED } from '../data/hold_out.js';
import { allNotes } from '../data/split_builder.js';
import type { Dataset, LoadOptions } from '../data/types.js';
import { toKeras } from '../formats/keras_architecture.js';
import type { Gpu } from '../gpu/device.js';
import { tuningOf } from '../gpu/tuning.js';
import { readChoices, suits, writeTable } from '../gpu/tuning_table.js';
import { Learner } from '../nn/learner.js';
import { atomicWrite, WriteError } from '../util/atomic_write.js';
import { DataError, EXIT } from '../util/errors.js';
import { readWhole } from '../util/read_whole.js';
import { VERSION } from '../util/version.js';
import { learnerOptions, networkOf, planOf, recorded } from './assemble.js';
import { StepWeights } from './callbacks/step_weights.js';
import { CommandFile } from './command_file.js';
import type { TrainConfig } from './config.js';
import { changedText, continued, type RunChanges, restoreCheckpoint } from './continuation.js';
import type { Control } from './control.js';
import { compareData, dataHash } from './data_identity.js';
import { dataOptions } from './data_options.js';
import { inputOf } from './evaluation.js';
import type { Changed, StartEvent, TrainEvent } from './events.js';
import { writeInitial } from './initial_weights.js';
import { requireRightKernels } from './kernel_check.js';
import { kernelHints } from './kernel_hints.js';
import type { TrainOutcome, TrainPlan } from './plan.js';
import { compileNotes, deviceMemory, progressNotes } from './reports.js';
import { heldOutSeedOf, RunFolder } from './run_folder.js';
import { type RunLog, reported } from './run_log.js';
import { steer } from './steering.js';
import { openTeachers, recordTeachers } from './teachers.js';
import { TensorboardLog } from './tensorboard_log.js';
import { Trainer } from './trainer.js';
import { OWN_PLACE, type Workplace } from './workplace.js';

/** The callbacks and controls that the caller of a run provides. */
export interface Hooks {
  /** Called with every event. */
  emit(event: TrainEvent): void;
  /** Pauses, stops and otherwise steers the training. */
  readonly control: Control;
  /** Called with the progress of loading the data set. */
  readonly onLoadProgress?: LoadOptions['onProgress'];
  /** Which commands other processes may send, through a file in the run's folder; default: none. */
  readonly takesCommands?: 'all' | 'harmless';
  /** Saves a checkpoint and stops once the run has this many epochs; default: trains to the end. */
  readonly until?: number | undefined;
  /** Provides the device and the data; default: the run opens its own, and closes them at the end. */
  readonly place?: Workplace;
}

/** How a run ended, and where its files are. */
export interface TrainResult extends TrainOutcome {
  /** Its name. */
  readonly run: string;
  /** Its folder. */
  readonly path: string;
  /** The exit code of the process. */
  readonly exit: number;
}

/**
 * Runs one training: loads the data, opens the device, trains, and saves in a run folder. The last event is always `end`.
 * Throws FerError after an `error` event.
 */
export async function runTraining(config: TrainConfig, hooks: Hooks): Promise<TrainResult> {
  return reported(
    (event) => hooks.emit(event),
    (log) => train(config, undefined, log, hooks),
  );
}

/**
 * Continues a run that was stopped, crashed or was killed, from its last checkpoint and with its own settings. On the same
 * adapter the result is bit for bit that of an uninterrupted run. `changes` give it other settings from there on, even if it
 * has finished: the optimiser, the best value and the callbacks keep their state, and a schedule is computed over the new
 * total of epochs.
 * Throws like `runTraining`; UsageError when the changes are wrong, which leaves the run as it was.
 * @param path the run's folder
 */
export async function resumeTraining(
  path: string,
  hooks: Hooks,
  changes: RunChanges = {},
): Promise<TrainResult> {
  return reported(
    (event) => hooks.emit(event),
    (log) => {
      const folder = log.keepLocked(reopen(path));
      const { config, changed } = continued(folder, changes);
      log.writeTo(folder);
      const allowed = changes.allowChangedData === true;
      return train(config, { folder, changed, allowed }, log, hooks);
    },
  );
}

function reopen(path: string): RunFolder {
  try {
    return RunFolder.reopen(path);
  } catch (cause) {
    throw cause instanceof WriteError ? cause.inside(path) : cause;
  }
}

/** The run that a session continues. */
interface Resumed {
  readonly folder: RunFolder;
  readonly changed: Changed;
  /** Whether its data are allowed to have changed. */
  readonly allowed: boolean;
}

/**
 * One session of a run, from its settings to its result. A run has one session when it begins, and another one each time it
 * is resumed.
 * @param resumed the run to continue. A new run creates its folder only after all its settings have been checked, so that a
 *   mistake in them leaves no folder behind.
 */
async function train(
  config: TrainConfig,
  resumed: Resumed | undefined,
  log: RunLog,
  hooks: Hooks,
): Promise<TrainResult> {
  const { emit } = log;
  const { place = OWN_PLACE, until, control } = hooks;
  let dataset: Dataset | undefined = await load(config, resumed?.folder, hooks);
  const { name: data, skipped } = dataset;
  const notes = allNotes(dataset);
  const latest = resumed?.folder.latestStart;
  const differences = resumed === undefined ? [] : compareData(dataset, config, latest, resumed.allowed);
  const gpu = await place.open(config.adapter);
  let tensorboard: TensorboardLog | undefined;
  let commands: CommandFile | undefined;
  let learner: Learner | undefined;
  let trainer: Trainer | undefined;
  let failure: unknown;
  try {
    if (resumed !== undefined) differences.push(...restoreKernels(gpu, resumed.folder, latest));
    const network = await networkOf(config, dataset, {
      ...{ gpu, ownCopy: resumed?.folder.architecture },
      onMeasured: progressNotes(
        emit,
        'features',
        (done, total) => `measuring LBP features ${Math.round((100 * done) / total)} %`,
      ),
    });
    const plan = planOf(config, dataset, inputOf({ model: network }));
    const teachers = await openTeachers(config, network, plan.preprocess, dataset.classes);
    const options = learnerOptions(config, dataset);
    learner = new Learner(gpu, network, { ...options, ...(teachers && { distill: teachers.distill }) });
    const begun = config.init === undefined ? undefined : await writeInitial(config.init, learner);
    trainer = new Trainer(learner, plan);

    control.requireGoing();
    if (config.kernelCheck) {
      const { store, source } = trainer.feed;
      const { mix, soft } = source.targets(0, 0);
      const form = { store, mixed: mix !== undefined, softLabels: soft !== undefined };
      const halves = config.precision === 'mixed_float16';
      await requireRightKernels(learner, { batch: source.batchSize, form, halves }, compileNotes(emit));
    }
    if (config.saveSteps !== undefined) StepWeights.prepare(config.saveSteps);
    const folder = resumed?.folder ?? log.keepLocked(RunFolder.create(config.out));
    if (teachers !== undefined) recordTeachers(folder, teachers.record);
    const { table } = tuningOf(gpu);
    if (!existsSync(folder.tuning)) writeTable(folder.tuning, gpu.info, table);
    if (config.architecture !== undefined) folder.writeJson('architecture', toKeras(network));
    if (config.labels !== undefined && resumed === undefined) copyLabels(config.labels, folder);
    folder.begin(recorded(config));
    log.writeTo(folder);
    if (hooks.takesCommands !== undefined)
      commands = new CommandFile(folder.path, (command) => steer(control, command), hooks.takesCommands);
    if (config.tensorboard) tensorboard = new TensorboardLog(join(folder.path, 'tensorboard'));

    const changed = resumed?.changed ?? {};
    const changes = Object.keys(changed).length > 0;
    const settings = { config: reportedSettings(config, latest) };
    emit({ ...startEvent(config, dataset, folder, learner, plan), ...settings, ...(changes && { changed }) });
    if (changes) {
      emit({ type: 'note', kind: 'resume', message: `settings changed: ${changedText(changed)}` });
    }
    for (const message of differences) emit({ type: 'note', kind: 'resume', message });
    const fresh = folder.hasCheckpoint || begun === undefined ? [] : begun;
    for (const message of [...notes, ...fresh]) emit({ type: 'note', kind: 'data', message });
    // From here on, only the device holds the images.
    trainer.releaseImages();
    dataset = undefined;
    await place.uploaded();
    for (const message of kernelHints(gpu, config)) emit({ type: 'note', kind: 'tune', message });
    if (folder.hasCheckpoint) restoreCheckpoint(folder, trainer, changed, emit);
    const outcome = await trainer.run({
      ...{ control, folder, until },
      emit: (event) => {
        tensorboard?.log(event);
        emit(event);
      },
    });
    const { status, ...numbers } = outcome;
    const result = { run: folder.name, path: folder.path, ...numbers };
    folder.writeJson('summary', { ...result, data, skipped, notes, status, adapter: gpu.info.name });
    emit({ type: 'result', ...result });
    // A request to stop that came too late to stop anything does not count.
    const exit = status === 'stopped' ? control.exit : EXIT.done;
    emit({ type: 'end', status, exit });
    return { ...result, status, exit };
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    commands?.close();
    tensorboard?.close();
    const free = async (): Promise<void> => {
      trainer?.dispose();
      await learner?.dispose();
    };
    await place.leave(gpu, free, failure);
  }
}

/** Copies the corrections of labels into the run's folder: the file may change before the run is resumed or reviewed. */
function copyLabels(path: string, folder: RunFolder): void {
  atomicWrite(folder.labels, readWhole(path));
}

/**
 * Makes a resumed run use the kernels that it started with, even if the device has been tuned since. Choices that were
 * measured on another adapter, or with other subgroups or matrix units, may be slow here; the run then uses those of this device.
 * @returns the reasons why its result may differ from that of an uninterrupted run, a sentence each
 */
function restoreKernels(gpu: Gpu, { tuning }: RunFolder, latest: StartEvent | undefined): string[] {
  const { name, subgroupMin, subgroupMax, matrixUnit } = gpu.info;
  if (!existsSync(tuning)) {
    return latest === undefined
      ? []
      : ['tuning.json is missing: the run continues with the kernels chosen for this device now'];
  }
  const same = suits(tuning, gpu.info);
  if (same) {
    const { table } = tuningOf(gpu);
    table.clear();
    for (const [key, way] of readChoices(tuning)) table.set(key, way);
  }
  const differ = 'results may differ in their last digits';
  if (latest !== undefined && latest.adapter !== name)
    return [`the run was trained on ${latest.adapter} and continues on ${name}: ${differ}`];
  const today = `${subgroupMin}-${subgroupMax}, matrix units ${matrixUnit ? 'on' : 'off'}`;
  return same
    ? []
    : [
        `the run was trained with other subgroups or matrix units of ${name} than the present ones (${today}): ${differ}`,
      ];
}

async function load(
  config: TrainConfig,
  resumed: RunFolder | undefined,
  { place = OWN_PLACE, control, onLoadProgress }: Hooks,
): Promise<Dataset> {
  const options = dataOptions(config, resumed?.path);
  const dataset = await place.load(config.data, {
    ...options,
    leaks: options.leaks ?? 'count',
    onProgress: (progress) => {
      control.requireGoing();
      onLoadProgress?.(progress);
    },
  });
  if (dataset.splits.train.labels.length === 0) {
    throw new DataError(
      `${config.data} has no training images; expected rows with Usage "Training" or a folder "train"`,
    );
  }
  const before = resumed?.classes ?? dataset.classes;
  if (before.join('\n') !== dataset.classes.join('\n')) {
    throw new DataError(
      `${config.data} has the classes ${listOf(dataset.classes)} now; the run began with ${listOf(before)}: restore the data, or begin a new run`,
    );
  }
  if (dataset.classes.length < 2) {
    throw new DataError(
      `${config.data} has one class, ${dataset.classes[0]}; expected two or more to tell apart`,
    );
  }
  return dataset;
}

/**
 * The settings for the `start` event. The layer sizes are as in the previous one: `config.json` has those of a built-in
 * network written out.
 */
function reportedSettings(config: TrainConfig, latest: StartEvent | undefined): StartEvent['config'] {
  if (latest === undefined) return { ...config };
  const { filters, convolutions, dense } = latest.config;
  return { ...config, filters, convolutions, dense };
}

function startEvent(
  config: TrainConfig,
  dataset: Dataset,
  folder: RunFolder,
  learner: Learner,
  { source, validation, classes }: TrainPlan,
): Omit<StartEvent, 'config'> {
  const counts = classes.map((_, c) => dataset.splits.train.labels.filter((label) => label === c).length);
  const most = counts.indexOf(Math.max(...counts));
  const majority = validation.labels.filter((label) => label === most).length / validation.labels.length;
  return {
    v: 1,
    type: 'start',
    t: new Date().toISOString(),
    run: folder.name,
    path: folder.path,
    model: learner.model.name,
    parameters: learner.model.summary().trainable,
    adapter: learner.gpu.info.name,
    environment: {
      version: VERSION,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
    },
    data: {
      name: dataset.name,
      train: source.size,
      validation: validation.labels.length,
      classes,
      majority: validation.labels.length > 0 ? majority : null,
      skipped: dataset.skipped,
      notes: allNotes(dataset),
      heldOutSeed: heldOutSeedOf(folder.path) ?? HELD_OUT_SEED,
      sha256: dataHash(dataset),
    },
    of: config.epochs,
    stepsPerEpoch: source.batchesPerEpoch,
    memory: deviceMemory(learner),
  };
}
