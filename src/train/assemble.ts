import { existsSync } from 'node:fs';
import { parseAugment } from '../data/augment.js';
import { type BatchOptions, BatchSource } from '../data/batches.js';
import { resizeImages } from '../data/image.js';
import { fitPreprocess, type Preprocess } from '../data/preprocess.js';
import { limitSplit } from '../data/rows.js';
import type { Dataset, Split } from '../data/types.js';
import type { Gpu } from '../gpu/device.js';
import type { DesignedFeatures } from '../nn/hybrid.js';
import type { LearnerOptions } from '../nn/learner_options.js';
import { modelSizes } from '../nn/model_plans.js';
import { buildModel } from '../nn/models.js';
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
import { fitFeatures, hasPatterns, pixelWeights } from './features.js';
import type { TrainPlan } from './plan.js';
import { CYCLES } from './schedules.js';
import { sizesText } from './unset_text.js';
import { openNetwork } from './weights.js';

// Turns settings into a network, learner options and a training plan. No other file does that.

/** What a network is built with. */
export interface NetworkOptions {
  /** The device that measures designed features. */
  readonly gpu: Gpu;
  /** Path of a resumed run's copy of the architecture; if the file exists, it is read instead of the original. */
  readonly ownCopy?: string | undefined;
  /** Hears how many training images have been measured. */
  readonly onMeasured?: ((done: number, total: number) => void) | undefined;
}

/**
 * Builds the network to train: a built-in one, or the one in the `architecture` file.
 * Throws UsageError when the network does not fit the data, or a setting does not apply to the network.
 */
export async function networkOf(
  config: TrainConfig,
  dataset: Dataset,
  { gpu, ownCopy, onMeasured }: NetworkOptions,
): Promise<Network> {
  const { height, width, channels, classes } = dataset;
  if (config.architecture !== undefined) return networkOfFile(config, config.architecture, dataset, ownCopy);
  const build = (features: DesignedFeatures | undefined): Network =>
    buildModel(config.model, {
      inputShape: [height, width, channels],
      classes: classes.length,
      activation: config.activation,
      ...withoutUndefined({
        features,
        dropout: config.dropout,
        filters: parseSizes('filters', config.filters),
        convolutions: config.convolutions,
        dense: parseSizes('dense', config.dense),
      }),
    });
  return withFeatures(config, dataset, gpu, build, onMeasured);
}

/**
 * Builds a network with the designed features that the settings ask for, chosen and measured on the training images.
 * @param build makes it of the features; of undefined where the settings ask for raw pixels alone
 * @param onMeasured hears how many images have been measured
 */
export async function withFeatures(
  config: TrainConfig,
  dataset: Dataset,
  gpu: Gpu,
  build: (features: DesignedFeatures | undefined) => Network,
  onMeasured?: (done: number, total: number) => void,
): Promise<Network> {
  if (config.features === 'raw') return build(undefined);
  const size = [dataset.height, dataset.width] as const;
  const { train, preprocess } = trainingFaces(config, dataset, size);
  const { features, values } = await fitFeatures(gpu, config, train, size, onMeasured);
  const network = build(features);
  return network.withInitialValues(new Map([...values, ...pixelWeights(network, preprocess)]));
}

/** The images to train on, resized, and the preprocessing that they determine. */
export function trainingFaces(
  config: TrainConfig,
  dataset: Dataset,
  [height, width]: readonly [number, number],
): { readonly train: Split; readonly preprocess: Preprocess } {
  const faces = limitSplit(dataset.splits.train, config.limit ?? Number.POSITIVE_INFINITY);
  const images = resizeImages(faces.images, [dataset.height, dataset.width], [height, width]);
  const train = { ...faces, images };
  return { train, preprocess: fitPreprocess(config.preprocess, train) };
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
  if (hasPatterns(network)) {
    throw new UsageError(
      `${architecture}: the network takes LBP features; build it with --features instead, which measures them on this data`,
    );
  }
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
  const { rho, beta1, beta2, epsilon, weightDecay } = config;
  switch (optimizer) {
    case 'adam':
      return adam({ learningRate, weightDecay, amsgrad, ...withoutUndefined({ beta1, beta2, epsilon }) });
    case 'rmsprop':
      return rmsprop({
        learningRate,
        weightDecay,
        momentum,
        centered,
        ...withoutUndefined({ rho, epsilon }),
      });
    case 'sgd':
      return sgd({ learningRate, weightDecay, momentum, nesterov });
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
  const { train, preprocess } = trainingFaces(config, dataset, [height, width]);
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
  const { batch: batchSize, augment, mixup, cutmix, shuffle, seed } = config;
  return {
    ...{ batchSize, preprocess, mixup, cutmix, shuffle, seed, channels },
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
