import { existsSync } from 'node:fs';
import { parseAugment } from '../data/augment.js';
import { type BatchOptions, BatchSource } from '../data/batches.js';
import { resizeImages } from '../data/image.js';
import { fitPreprocess, type Preprocess } from '../data/preprocess.js';
import { limitSplit } from '../data/rows.js';
import type { Dataset } from '../data/types.js';
import type { LearnerOptions } from '../nn/learner.js';
import { buildModel, modelSizes } from '../nn/models.js';
import type { Network } from '../nn/network.js';
import { adam, type Optimizer, rmsprop, sgd } from '../nn/optimizers.js';
import { UsageError } from '../util/errors.js';
import type { Callback } from './callbacks/callback.js';
import { EarlyStopping } from './callbacks/early_stopping.js';
import { ModelCheckpoint } from './callbacks/model_checkpoint.js';
import { ReduceLROnPlateau } from './callbacks/reduce_lr_on_plateau.js';
import { Snapshots } from './callbacks/snapshots.js';
import { StepWeights } from './callbacks/step_weights.js';
import { WeightAveraging } from './callbacks/weight_averaging.js';
import { parseClassWeights } from './class_weights.js';
import { parseSizes, type TrainConfig } from './config.js';
import type { TrainPlan } from './plan.js';
import { CYCLES } from './schedules.js';
import { openNetwork } from './weights.js';

// Turns settings into a network, learner options and a training plan. No other file does that.

/**
 * Builds the network to train: a built-in one, or the one in the `architecture` file.
 * @param ownCopy path of a resumed run's copy of the architecture; if the file exists, it is read instead of the original
 * Throws UsageError when the network does not fit the data, or a setting does not apply to the network.
 */
export async function networkOf(
  config: TrainConfig,
  dataset: Dataset,
  ownCopy: string | undefined,
): Promise<Network> {
  const { height, width, channels, classes } = dataset;
  if (config.architecture !== undefined) return networkOfFile(config, config.architecture, dataset, ownCopy);
  return buildModel(config.model, {
    inputShape: [height, width, channels],
    classes: classes.length,
    activation: config.activation,
    ...withoutUndefined({
      dropout: config.dropout,
      filters: parseSizes('filters', config.filters),
      convolutions: config.convolutions,
      dense: parseSizes('dense', config.dense),
    }),
  });
}

async function networkOfFile(
  config: TrainConfig,
  architecture: string,
  { name, classes }: Dataset,
  ownCopy: string | undefined,
): Promise<Network> {
  const own = (['filters', 'convolutions', 'dense', 'dropout'] as const).find(
    (setting) => config[setting] !== undefined,
  );
  if (own !== undefined)
    throw new UsageError(`${own}: it cannot be set here, because the network comes from a file`);
  const network = await openNetwork(ownCopy !== undefined && existsSync(ownCopy) ? ownCopy : architecture);
  if (network.outputShape[0] !== classes.length) {
    throw new UsageError(
      `${architecture}: the network has ${network.outputShape[0]} outputs; expected ${classes.length}, one for each class of ${name}`,
    );
  }
  return network;
}

/**
 * The settings as `config.json` stores them, with the layer sizes of a built-in network written out. A run can then be
 * resumed even after a later version has changed what the network's name stands for.
 */
export function recorded(config: TrainConfig): TrainConfig {
  if (config.architecture !== undefined) return config;
  const { filters, convolutions, dense } = modelSizes(config.model);
  return {
    ...config,
    filters: config.filters ?? sizesText(filters),
    convolutions: config.convolutions ?? convolutions,
    dense: config.dense ?? sizesText(dense),
  };
}

const sizesText = (sizes: readonly number[]): string => (sizes.length === 0 ? 'none' : sizes.join(','));

/** Options of the learner. Throws UsageError for class weights that do not match the classes. */
export function learnerOptions(config: TrainConfig, { splits, classes }: Dataset): LearnerOptions {
  const { seed, l1, l2, labelSmoothing, precision, clipNorm, clipValue, ema, classWeights } = config;
  return {
    ...{ seed, l1, l2, labelSmoothing, precision, clipNorm, clipValue, ema },
    classWeights:
      classWeights === undefined ? undefined : parseClassWeights(classWeights, splits.train.labels, classes),
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

/**
 * Plans a training: batches, schedule, callbacks and limits.
 * @param input [H, W, C] that the network expects
 * Throws UsageError when a callback monitors a validation metric and there are no validation images.
 */
export function planOf(
  config: TrainConfig,
  dataset: Dataset,
  input: readonly [number, number, number],
): TrainPlan {
  const [height, width] = input;
  const faces = limitSplit(dataset.splits.train, config.limit ?? Number.POSITIVE_INFINITY);
  const resized = resizeImages(faces.images, [dataset.height, dataset.width], [height, width]);
  const train = { ...faces, images: resized };
  const preprocess = fitPreprocess(config.preprocess, train);
  const { validation } = dataset.splits;
  const { epochs, maxSteps, logEvery, checkpointSeconds } = config;
  return {
    ...{ validation, preprocess, classes: dataset.classes, epochs, maxSteps, logEvery, checkpointSeconds },
    source: new BatchSource(train, batchOptions(config, preprocess, input)),
    schedule: {
      name: config.schedule,
      warmupEpochs: config.warmupEpochs,
      ...withoutUndefined({
        ...{ gamma: config.gamma, stepEpochs: config.stepEpochs },
        ...{ cycles: config.cycles, final: config.finalLr },
      }),
    },
    ...callbacksOf(config, validation.labels.length > 0),
  };
}

function batchOptions(
  config: TrainConfig,
  preprocess: Preprocess,
  [height, width, channels]: readonly [number, number, number],
): BatchOptions {
  const { batch: batchSize, augment, mixup, shuffle, seed } = config;
  return {
    ...{ batchSize, preprocess, mixup, shuffle, seed, channels },
    shape: [height, width, 1],
    augment: parseAugment(augment),
  };
}

/** @param validated whether there are validation images */
function callbacksOf(
  config: TrainConfig,
  validated: boolean,
): { checkpoint: ModelCheckpoint; callbacks: readonly Callback[] } {
  const { monitor, mode, earlyStopping, reduceLr, swa, saveSteps, checkpointMonitor } = config;
  const watched = earlyStopping !== undefined || reduceLr !== undefined;
  if (!validated && watched && monitor.startsWith('val_')) {
    throw new UsageError(`monitor ${monitor}: there are no validation images; use --monitor loss or acc`);
  }
  const callbacks: Callback[] = [];
  if (swa !== undefined) callbacks.push(new WeightAveraging(swa));
  if (config.schedule === 'cosine-cycles') {
    const { epochs, warmupEpochs, cycles = CYCLES } = config;
    callbacks.push(new Snapshots(warmupEpochs, (epochs - warmupEpochs) / cycles));
  }
  if (saveSteps !== undefined) callbacks.push(new StepWeights(saveSteps));
  if (reduceLr !== undefined) {
    callbacks.push(
      new ReduceLROnPlateau({
        ...{ monitor, mode, patience: reduceLr },
        factor: config.reduceLrFactor,
        minDelta: config.reduceLrMinDelta,
        cooldown: config.reduceLrCooldown,
        minLr: config.minLr,
      }),
    );
  }
  if (earlyStopping !== undefined) {
    callbacks.push(
      new EarlyStopping({
        ...{ monitor, mode, patience: earlyStopping },
        minDelta: config.minDelta,
        restoreBestWeights: config.restoreBestWeights,
      }),
    );
  }
  const checkpoint = new ModelCheckpoint({
    monitor: validated || !checkpointMonitor.startsWith('val_') ? checkpointMonitor : 'acc',
    mode: config.checkpointMode,
    saveBestOnly: config.saveBestOnly,
  });
  return { checkpoint, callbacks };
}

/** Leaves out options that are undefined, so that the defaults of the callee apply. */
function withoutUndefined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
