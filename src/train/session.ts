import { parseAugment } from '../data/augment.js';
import { BatchSource } from '../data/batches.js';
import { limitSplit, loadDataset } from '../data/load.js';
import { fitPreprocess } from '../data/preprocess.js';
import type { Dataset, LoadOptions } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { buildModel } from '../nn/models.js';
import { adam, type Optimizer, rmsprop, sgd } from '../nn/optimizers.js';
import { DataError, EXIT, FerError } from '../util/errors.js';
import type { TrainConfig } from './config.js';
import type { Control } from './control.js';
import type { EndEvent, TrainEvent } from './events.js';
import { RunFolder } from './run_folder.js';
import { Trainer, type TrainOutcome } from './trainer.js';

export interface Hooks {
  emit(event: TrainEvent): void;
  readonly control: Control;
  readonly onLoadProgress?: LoadOptions['onProgress'];
}

export interface TrainResult extends TrainOutcome {
  readonly run: string;
  readonly path: string;
}

/** Exit codes of the reasons to stop. */
const STOP_EXIT = { sigint: EXIT.interrupted, sigterm: EXIT.terminated, pipe: EXIT.done } as const;

/**
 * One run from its settings to its folder: loads the data, opens the device, trains, and always ends the event
 * stream with an `end` event. Throws FerError after having emitted it as an `error` event.
 */
export async function runTraining(config: TrainConfig, hooks: Hooks): Promise<TrainResult> {
  let folder: RunFolder | undefined;
  const emit = (event: TrainEvent): void => {
    folder?.log(event);
    hooks.emit(event);
  };
  try {
    const dataset = await load(config, hooks.onLoadProgress);
    const gpu = await openGpu({ adapter: config.adapter });
    try {
      folder = RunFolder.create(config.out);
      const trainer = makeTrainer(
        config,
        dataset,
        new Learner(gpu, modelOf(config, dataset), learnerOptions(config)),
      );
      folder.writeJson('config', config);
      emit(startEvent(config, dataset, folder, trainer, gpu.info.name));
      const outcome = await trainer.run({ emit, control: hooks.control, folder });
      const { epochs, steps, bestEpoch, bestValAcc, seconds } = outcome;
      const result = { run: folder.name, path: folder.path, epochs, steps, bestEpoch, bestValAcc, seconds };
      folder.writeJson('summary', { ...result, status: outcome.status, adapter: gpu.info.name });
      emit({ type: 'result', ...result });
      emit(endOf(outcome, hooks.control));
      return { ...outcome, run: folder.name, path: folder.path };
    } finally {
      gpu.close();
    }
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

function modelOf(config: TrainConfig, dataset: Dataset) {
  const { height, width, channels, classes } = dataset;
  return buildModel(config.model, {
    inputShape: [height, width, channels],
    classes: classes.length,
    ...(config.dropout !== undefined && { dropout: config.dropout }),
  });
}

function learnerOptions(config: TrainConfig) {
  const { seed, l2, labelSmoothing } = config;
  return { seed, l2, labelSmoothing, optimizer: optimizerOf(config) };
}

function optimizerOf({ optimizer, lr, momentum, nesterov }: TrainConfig): Optimizer {
  switch (optimizer) {
    case 'adam':
      return adam({ learningRate: lr });
    case 'rmsprop':
      return rmsprop({ learningRate: lr, momentum });
    case 'sgd':
      return sgd({ learningRate: lr, momentum, nesterov });
  }
}

function makeTrainer(config: TrainConfig, dataset: Dataset, learner: Learner): Trainer {
  const train = limitSplit(dataset.splits.train, config.limit ?? Number.POSITIVE_INFINITY);
  const preprocess = fitPreprocess(config.preprocess, train);
  const source = new BatchSource(train, {
    batchSize: config.batch,
    preprocess,
    augment: parseAugment(config.augment),
    shuffle: config.shuffle,
    seed: config.seed,
  });
  return new Trainer(learner, {
    source,
    validation: dataset.splits.validation,
    preprocess,
    classes: dataset.classes,
    epochs: config.epochs,
    maxSteps: config.maxSteps ?? Number.POSITIVE_INFINITY,
    logEvery: config.logEvery,
  });
}

function startEvent(
  config: TrainConfig,
  dataset: Dataset,
  folder: RunFolder,
  trainer: Trainer,
  adapter: string,
): TrainEvent {
  const { source, validation } = trainer.plan;
  return {
    v: 1,
    type: 'start',
    t: new Date().toISOString(),
    run: folder.name,
    path: folder.path,
    model: config.model,
    parameters: trainer.learner.model.summary().trainable,
    adapter,
    data: { name: dataset.name, train: source.size, validation: validation.labels.length },
    of: config.epochs,
    stepsPerEpoch: source.batchesPerEpoch,
    config: { ...config },
  };
}

function endOf({ status }: TrainOutcome, { stopped }: Control): EndEvent {
  return { type: 'end', status, exit: stopped === undefined ? EXIT.done : STOP_EXIT[stopped] };
}
