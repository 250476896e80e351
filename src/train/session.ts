import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseAugment } from '../data/augment.js';
import { BatchSource } from '../data/batches.js';
import { resizeImages } from '../data/image.js';
import { limitSplit, loadDataset } from '../data/load.js';
import { fitPreprocess, type Preprocess } from '../data/preprocess.js';
import type { Dataset, LoadOptions } from '../data/types.js';
import { toKeras } from '../formats/keras_architecture.js';
import { type Gpu, openGpu } from '../gpu/device.js';
import { tuningOf } from '../gpu/tuning.js';
import { readChoices, writeTable } from '../gpu/tuning_table.js';
import { Learner, type LearnerOptions } from '../nn/learner.js';
import { buildModel } from '../nn/models.js';
import type { Network } from '../nn/network.js';
import { adam, type Optimizer, rmsprop, sgd } from '../nn/optimizers.js';
import type { NamedArray, NamedArrays } from '../nn/parameters.js';
import { makeFolder } from '../util/atomic_write.js';
import { DataError, EXIT, FerError, RunError, UsageError } from '../util/errors.js';
import { collectGarbage } from '../util/memory.js';
import { EarlyStopping, ModelCheckpoint, ReduceLROnPlateau } from './callbacks.js';
import { loadCheckpoint } from './checkpoint.js';
import { parseClassWeights } from './class_weights.js';
import { parseSizes, resolveConfig, type TrainConfig } from './config.js';
import type { Control } from './control.js';
import { inputOf } from './evaluation.js';
import type { EndEvent, TrainEvent } from './events.js';
import type { TrainOutcome } from './plan.js';
import { deviceMemory } from './reports.js';
import { RunFolder } from './run_folder.js';
import { TensorboardLog } from './tensorboard_log.js';
import { Trainer } from './trainer.js';
import { openNetwork, openWeights, saveModel } from './weights.js';

export interface Hooks {
  emit(event: TrainEvent): void;
  readonly control: Control;
  readonly onLoadProgress?: LoadOptions['onProgress'];
}

export interface TrainResult extends TrainOutcome {
  readonly run: string;
  readonly path: string;
}

/**
 * One run from its settings to its folder: loads the data, opens the device, trains, and always ends the event
 * stream with an `end` event. Throws FerError after having emitted it as an `error` event.
 */
export async function runTraining(config: TrainConfig, hooks: Hooks): Promise<TrainResult> {
  return session(hooks, (emit, own) => sitting(config, () => own(RunFolder.create(config.out)), emit, hooks));
}

/**
 * Goes on with a run that ended, crashed or was killed, from its last checkpoint and with the settings that it was begun
 * with. On the same adapter it ends in the same bits as if nothing had happened. Throws like `runTraining`.
 * @param path the run's folder
 */
export async function resumeTraining(path: string, hooks: Hooks): Promise<TrainResult> {
  return session(hooks, (emit, own) => {
    const folder = own(RunFolder.reopen(path));
    return sitting(resolveConfig(folder.readConfig() as Record<string, unknown>), () => folder, emit, hooks);
  });
}

type Emit = (event: TrainEvent) => void;

/** Gives `body` an event stream that also goes into the run's folder once there is one, and ends it whatever happens. */
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
        hooks.emit(event); // the log itself may be what failed (a full disk); the watcher still hears of it
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
    const network = await networkOf(config, dataset, folder);
    const learner = new Learner(gpu, network, learnerOptions(config, dataset));
    if (config.init !== undefined) learner.writeWeights(await initialWeights(config.init, learner));
    const trainer = makeTrainer(config, dataset, learner);
    folder.writeJson('config', config);
    emit(startEvent(config, dataset, folder, trainer, gpu.info.name));
    // From here on the images lie on the device alone.
    trainer.releaseImages();
    dataset = undefined;
    await collectGarbage();
    if (untuned) {
      const message = 'no kernels were measured on this adapter yet; "fer-tui tune" may make it faster';
      emit({ type: 'event', kind: 'tune', message });
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

/** Weights of a file, under the names of the network that is trained: they go to its weights in their order. */
async function initialWeights(path: string, { model }: Learner): Promise<NamedArrays> {
  const { weights } = await openWeights(path, toKeras(model));
  const given = [...weights.values()];
  if (given.length !== model.weights.length) {
    throw new RunError(`${path}: ${given.length} weights; ${model.name} has ${model.weights.length}`);
  }
  return new Map(model.weights.map(({ name }, i) => [name, given[i] as NamedArray]));
}

/** A run keeps the kernels that it was begun with, even if the device is tuned anew between two sittings. */
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
  emit({ type: 'event', kind: 'resume', message, step });
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

/** Without what was not set, so that the network's own settings hold. */
function withoutUndefined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

/** The network that is trained. That of a file is kept in the run's folder: a resumed run needs no other. */
async function networkOf(config: TrainConfig, dataset: Dataset, folder: RunFolder): Promise<Network> {
  const { height, width, channels, classes } = dataset;
  if (config.architecture !== undefined) {
    const own = (['filters', 'convolutions', 'dense', 'dropout'] as const).find(
      (name) => config[name] !== undefined,
    );
    if (own !== undefined) throw new UsageError(`${own}: the network of a file has its own`);
    const network = await openNetwork(
      existsSync(folder.architecture) ? folder.architecture : config.architecture,
    );
    if (network.outputShape[0] !== classes.length) {
      throw new UsageError(
        `${config.architecture}: the network tells ${network.outputShape[0]} classes apart; ${dataset.name} has ${classes.length}`,
      );
    }
    folder.writeJson('architecture', toKeras(network));
    return network;
  }
  return buildModel(config.model, {
    inputShape: [height, width, channels],
    classes: classes.length,
    ...withoutUndefined({
      dropout: config.dropout,
      filters: parseSizes('filters', config.filters),
      convolutions: config.convolutions,
      dense: parseSizes('dense', config.dense),
    }),
    activation: config.activation,
  });
}

function learnerOptions(config: TrainConfig, { splits, classes }: Dataset): LearnerOptions {
  const { seed, l1, l2, labelSmoothing, precision, clipNorm, clipValue, ema } = config;
  const classWeights =
    config.classWeights === undefined
      ? undefined
      : parseClassWeights(config.classWeights, splits.train.labels, classes);
  return {
    ...{ seed, l1, l2, labelSmoothing, precision, clipNorm, clipValue, ema, classWeights },
    swa: config.swa !== undefined,
    optimizer: optimizerOf(config),
  };
}

function optimizerOf(config: TrainConfig): Optimizer {
  const { optimizer, lr: learningRate, momentum, nesterov, centered, amsgrad } = config;
  const { rho, beta1, beta2, epsilon } = config;
  switch (optimizer) {
    case 'adam':
      return adam({ learningRate, amsgrad, ...withoutUndefined({ beta1, beta2, epsilon }) });
    case 'rmsprop':
      return rmsprop({ learningRate, momentum, centered, ...withoutUndefined({ rho, epsilon }) });
    case 'sgd':
      return sgd({ learningRate, momentum, nesterov });
  }
}

function makeTrainer(config: TrainConfig, dataset: Dataset, learner: Learner): Trainer {
  const [height, width, channels] = inputOf(learner);
  const faces = limitSplit(dataset.splits.train, config.limit ?? Number.POSITIVE_INFINITY);
  const resized = resizeImages(faces.images, [dataset.height, dataset.width], [height, width]);
  const train = { images: resized, labels: faces.labels };
  const preprocess = fitPreprocess(config.preprocess, train);
  const source = new BatchSource(train, {
    batchSize: config.batch,
    shape: [height, width, 1],
    channels,
    preprocess,
    augment: parseAugment(config.augment),
    mixup: config.mixup,
    shuffle: config.shuffle,
    seed: config.seed,
  });
  const { validation } = dataset.splits;
  const validated = validation.labels.length > 0;
  const watched = [config.earlyStopping, config.reduceLr].some((patience) => patience !== undefined);
  if (!validated && watched && config.monitor.startsWith('val_')) {
    throw new UsageError(
      `monitor ${config.monitor}: there are no validation images; use --monitor loss or acc`,
    );
  }
  const { monitor, mode, epochs, maxSteps, logEvery, checkpointSeconds } = config;
  return new Trainer(learner, {
    ...{ source, validation, preprocess, classes: dataset.classes, epochs, maxSteps, logEvery },
    schedule: {
      name: config.schedule,
      warmupEpochs: config.warmupEpochs,
      ...(config.gamma !== undefined && { gamma: config.gamma }),
      ...(config.stepEpochs !== undefined && { stepEpochs: config.stepEpochs }),
      ...(config.finalLr !== undefined && { final: config.finalLr }),
    },
    checkpoint: new ModelCheckpoint({
      monitor: validated || !config.checkpointMonitor.startsWith('val_') ? config.checkpointMonitor : 'acc',
      mode: config.checkpointMode,
      saveBestOnly: config.saveBestOnly,
    }),
    checkpointSeconds,
    swaFrom: config.swa,
    ...(config.earlyStopping !== undefined && {
      earlyStopping: new EarlyStopping({
        ...{ monitor, mode },
        patience: config.earlyStopping,
        minDelta: config.minDelta,
        restoreBestWeights: config.restoreBestWeights,
      }),
    }),
    ...(config.reduceLr !== undefined && {
      reduceLr: new ReduceLROnPlateau({
        ...{ monitor, mode },
        patience: config.reduceLr,
        factor: config.reduceLrFactor,
        minDelta: config.reduceLrMinDelta,
        cooldown: config.reduceLrCooldown,
        minLr: config.minLr,
      }),
    }),
    ...(config.saveSteps !== undefined && {
      onStep: stepSaver(config.saveSteps, learner, preprocess, dataset),
    }),
  });
}

/** Keeps the weights after every step, for comparisons with other frameworks. */
function stepSaver(folder: string, learner: Learner, preprocess: Preprocess, { classes }: Dataset) {
  makeFolder(folder);
  return async (step: number): Promise<void> => {
    const path = join(folder, `step-${String(step).padStart(6, '0')}.safetensors`);
    const weights = await learner.readWeights();
    saveModel(path, {
      network: learner.model,
      classes,
      preprocess,
      weights,
      notes: { step: String(step) },
    });
  };
}

function startEvent(
  config: TrainConfig,
  dataset: Dataset,
  folder: RunFolder,
  trainer: Trainer,
  adapter: string,
): TrainEvent {
  const { source, validation, classes } = trainer.plan;
  const counts = classes.map((_, c) => dataset.splits.train.labels.filter((label) => label === c).length);
  const most = counts.indexOf(Math.max(...counts));
  const majority = validation.labels.filter((label) => label === most).length / validation.labels.length;
  return {
    v: 1,
    type: 'start',
    t: new Date().toISOString(),
    run: folder.name,
    path: folder.path,
    model: trainer.learner.model.name,
    parameters: trainer.learner.model.summary().trainable,
    adapter,
    data: {
      name: dataset.name,
      train: source.size,
      validation: validation.labels.length,
      classes,
      majority: validation.labels.length > 0 ? majority : null,
    },
    of: config.epochs,
    stepsPerEpoch: source.batchesPerEpoch,
    memory: deviceMemory(trainer.learner),
    config: { ...config },
  };
}

function endOf({ status }: TrainOutcome, { exit }: Control): EndEvent {
  return { type: 'end', status, exit };
}
