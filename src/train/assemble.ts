import { existsSync } from 'node:fs';
import { parseAugment } from '../data/augment.js';
import { type BatchOptions, BatchSource } from '../data/batches.js';
import { resizeImages } from '../data/image.js';
import { limitSplit } from '../data/load.js';
import { fitPreprocess, type Preprocess } from '../data/preprocess.js';
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
import { StepWeights } from './callbacks/step_weights.js';
import { WeightAveraging } from './callbacks/weight_averaging.js';
import { parseClassWeights } from './class_weights.js';
import { parseSizes, type TrainConfig } from './config.js';
import type { TrainPlan } from './plan.js';
import { openNetwork } from './weights.js';

/** Where settings become a network, a learner and a plan: nowhere else is a setting given to what it sets. */

/**
 * The network to train: a named one, or that of a file.
 * @param kept the run's own copy of the network of a file: a resumed run reads it in place of the file
 * Throws UsageError when the network does not fit the data, or the settings not the network.
 */
export async function networkOf(config: TrainConfig, dataset: Dataset, kept: string): Promise<Network> {
  const { height, width, channels, classes } = dataset;
  if (config.architecture !== undefined) return networkOfFile(config, config.architecture, dataset, kept);
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
  kept: string,
): Promise<Network> {
  const own = (['filters', 'convolutions', 'dense', 'dropout'] as const).find(
    (setting) => config[setting] !== undefined,
  );
  if (own !== undefined) throw new UsageError(`${own}: the network of a file has its own`);
  const network = await openNetwork(existsSync(kept) ? kept : architecture);
  if (network.outputShape[0] !== classes.length) {
    throw new UsageError(
      `${architecture}: the network tells ${network.outputShape[0]} classes apart; ${name} has ${classes.length}`,
    );
  }
  return network;
}

/**
 * The settings as a run keeps them: with the sizes of a named network written out, so that the run can be resumed even if
 * the name comes to mean another network.
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

/** Settings of the learner. Throws UsageError for class weights that do not fit the classes. */
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
 * What to train on, how, and for how long.
 * @param input [H, W, C] of the network
 * Throws UsageError when validation numbers are to be watched and there are no validation images.
 */
export function planOf(
  config: TrainConfig,
  dataset: Dataset,
  input: readonly [number, number, number],
): TrainPlan {
  const [height, width] = input;
  const faces = limitSplit(dataset.splits.train, config.limit ?? Number.POSITIVE_INFINITY);
  const resized = resizeImages(faces.images, [dataset.height, dataset.width], [height, width]);
  const train = { images: resized, labels: faces.labels };
  const preprocess = fitPreprocess(config.preprocess, train);
  const { validation } = dataset.splits;
  const { epochs, maxSteps, logEvery, checkpointSeconds } = config;
  return {
    ...{ validation, preprocess, classes: dataset.classes, epochs, maxSteps, logEvery, checkpointSeconds },
    source: new BatchSource(train, batchOptions(config, preprocess, input)),
    schedule: {
      name: config.schedule,
      warmupEpochs: config.warmupEpochs,
      ...withoutUndefined({ gamma: config.gamma, stepEpochs: config.stepEpochs, final: config.finalLr }),
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

/** Without what was not set, so that defaults further in hold. */
function withoutUndefined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
