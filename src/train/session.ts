import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '../data/load.js';
import type { Dataset, LoadOptions } from '../data/types.js';
import { toKeras } from '../formats/keras_architecture.js';
import { type Gpu, openGpu } from '../gpu/device.js';
import { tuningOf } from '../gpu/tuning.js';
import { readChoices, writeTable } from '../gpu/tuning_table.js';
import { Learner } from '../nn/learner.js';
import type { NamedArray, NamedArrays } from '../nn/parameters.js';
import { DataError, EXIT, FerError, RunError } from '../util/errors.js';
import { collectGarbage } from '../util/memory.js';
import { learnerOptions, networkOf, planOf, recorded } from './assemble.js';
import { loadCheckpoint } from './checkpoint.js';
import { resolveConfig, type TrainConfig } from './config.js';
import type { Control } from './control.js';
import { inputOf } from './evaluation.js';
import type { EndEvent, TrainEvent } from './events.js';
import type { TrainOutcome, TrainPlan } from './plan.js';
import { deviceMemory } from './reports.js';
import { RunFolder } from './run_folder.js';
import { TensorboardLog } from './tensorboard_log.js';
import { Trainer } from './trainer.js';
import { openWeights } from './weights.js';

/** What a run reports to and listens to. */
export interface Hooks {
  /** Hears every event. */
  emit(event: TrainEvent): void;
  /** What steers the training. */
  readonly control: Control;
  /** Hears how far the data set is loaded. */
  readonly onLoadProgress?: LoadOptions['onProgress'];
}

/** How a run ended, and where it lies. */
export interface TrainResult extends TrainOutcome {
  /** Its name. */
  readonly run: string;
  /** Its folder. */
  readonly path: string;
}

/**
 * Runs one training: loads the data, opens the device, trains, and saves in a run folder. The last event is always `end`.
 * Throws FerError after an `error` event.
 */
export async function runTraining(config: TrainConfig, hooks: Hooks): Promise<TrainResult> {
  return session(hooks, (emit, own) => sitting(config, () => own(RunFolder.create(config.out)), emit, hooks));
}

/**
 * Continues a run that was stopped, crashed or was killed, from its last checkpoint and with its own settings. On the same
 * adapter the result is bit for bit that of an uninterrupted run. Throws like `runTraining`.
 * @param path the run's folder
 */
export async function resumeTraining(path: string, hooks: Hooks): Promise<TrainResult> {
  return session(hooks, (emit, own) => {
    const folder = own(RunFolder.reopen(path));
    return sitting(resolveConfig(folder.readConfig()), () => folder, emit, hooks);
  });
}

type Emit = (event: TrainEvent) => void;

/** Logs the events of `body` in the run's folder once it exists. If `body` throws, reports the error and the end. */
async function session(
  hooks: Hooks,
  body: (emit: Emit, own: (folder: RunFolder) => RunFolder) => Promise<TrainResult>,
): Promise<TrainResult> {
  let folder: RunFolder | undefined;
  const emit = (event: TrainEvent): void => {
    folder?.log(event);
    hooks.emit(event);
  };
  try {
    return await body(emit, (made) => {
      folder = made;
      return made;
    });
  } catch (error) {
    const exit = error instanceof FerError ? error.exitCode : EXIT.bug;
    const failing = [
      { type: 'error', message: error instanceof Error ? error.message : String(error), exit },
      { type: 'end', status: 'failed', exit },
    ] as const;
    for (const event of failing) {
      try {
        emit(event);
      } catch {
        hooks.emit(event); // writing the log may be what failed, for example because the disk is full
      }
    }
    throw error;
  } finally {
    folder?.close();
  }
}

async function sitting(
  config: TrainConfig,
  openFolder: () => RunFolder,
  emit: Emit,
  hooks: Hooks,
): Promise<TrainResult> {
  let dataset: Dataset | undefined = await load(config, hooks.onLoadProgress);
  const gpu = await openGpu({ adapter: config.adapter });
  let board: TensorboardLog | undefined;
  try {
    const folder = openFolder();
    if (config.tensorboard) board = new TensorboardLog(join(folder.path, 'tensorboard'));
    const tell: Emit = (event) => {
      board?.log(event);
      emit(event);
    };
    settleTuning(gpu, folder);
    const untuned = tuningOf(gpu).table.size === 0;
    const network = await networkOf(config, dataset, folder.architecture);
    if (config.architecture !== undefined) folder.writeJson('architecture', toKeras(network));
    const learner = new Learner(gpu, network, learnerOptions(config, dataset));
    if (config.init !== undefined) learner.writeWeights(await initialWeights(config.init, learner));
    const plan = planOf(config, dataset, inputOf(learner));
    const trainer = new Trainer(learner, plan);
    folder.writeJson('config', recorded(config));
    emit(startEvent(config, dataset, folder, learner, plan));
    // From here on, only the device holds the images.
    trainer.releaseImages();
    dataset = undefined;
    await collectGarbage();
    if (untuned) {
      const message = 'this adapter has no measured kernels yet; "fer-tui tune" may make training faster';
      emit({ type: 'note', kind: 'tune', message });
    }
    if (folder.hasCheckpoint) takeUp(folder, trainer, emit);
    const outcome = await trainer.run({ emit: tell, control: hooks.control, folder });
    const { epochs, steps, bestEpoch, bestValAcc, seconds } = outcome;
    const result = { run: folder.name, path: folder.path, epochs, steps, bestEpoch, bestValAcc, seconds };
    folder.writeJson('summary', { ...result, status: outcome.status, adapter: gpu.info.name });
    emit({ type: 'result', ...result });
    emit(endOf(outcome, hooks.control));
    return { ...outcome, run: folder.name, path: folder.path };
  } finally {
    board?.close();
    gpu.close();
  }
}

/** The weights of a file, assigned in order to the weight names of the network. Throws RunError when the numbers differ. */
async function initialWeights(path: string, { model }: Learner): Promise<NamedArrays> {
  const { weights } = await openWeights(path, toKeras(model));
  const given = [...weights.values()];
  if (given.length !== model.weights.length) {
    throw new RunError(`${path}: ${given.length} weights; ${model.name} has ${model.weights.length}`);
  }
  return new Map(model.weights.map(({ name }, i) => [name, given[i] as NamedArray]));
}

/** Makes a resumed run use the kernels that it started with, even if the device has been tuned since. */
function settleTuning(gpu: Gpu, folder: RunFolder): void {
  const { table } = tuningOf(gpu);
  if (!existsSync(folder.tuning)) {
    writeTable(folder.tuning, gpu.info, table);
    return;
  }
  table.clear();
  for (const [key, way] of readChoices(folder.tuning)) table.set(key, way);
}

function takeUp(folder: RunFolder, trainer: Trainer, emit: Emit): void {
  const { learner, trainer: state } = loadCheckpoint(folder.checkpoint);
  trainer.learner.writeState(learner);
  trainer.restore(state);
  const { stepCount: step } = learner;
  const message = `resumed at step ${step}, epoch ${state.epoch + 1}`;
  emit({ type: 'note', kind: 'resume', message, step });
}

async function load(config: TrainConfig, onProgress: LoadOptions['onProgress']): Promise<Dataset> {
  const dataset = await loadDataset(config.data, {
    skipBad: config.skipBad,
    seed: config.seed,
    ...(onProgress && { onProgress }),
  });
  if (dataset.splits.train.labels.length === 0) {
    throw new DataError(
      `${config.data} has no training images; expected rows with Usage "Training" or a folder "train"`,
    );
  }
  return dataset;
}

function startEvent(
  config: TrainConfig,
  dataset: Dataset,
  folder: RunFolder,
  learner: Learner,
  { source, validation, classes }: TrainPlan,
): TrainEvent {
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
    data: {
      name: dataset.name,
      train: source.size,
      validation: validation.labels.length,
      classes,
      majority: validation.labels.length > 0 ? majority : null,
    },
    of: config.epochs,
    stepsPerEpoch: source.batchesPerEpoch,
    memory: deviceMemory(learner),
    config: { ...config },
  };
}

function endOf({ status }: TrainOutcome, { exit }: Control): EndEvent {
  return { type: 'end', status, exit };
}
