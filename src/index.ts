/**
 * The engine as a library: devices and tensors, layers and models, optimisers, data, and the trainer.
 *
 *   const gpu = await openGpu();
 *   const learner = new Learner(gpu, buildModel('fer-cnn'), { optimizer: adam() });
 */
export { type AugmentOptions, DEFAULT_AUGMENT, NO_AUGMENT, parseAugment } from './data/augment.js';
export { type Batch, type BatchOptions, BatchSource } from './data/batches.js';
export { limitSplit, loadDataset } from './data/load.js';
export { applyPreprocess, fitPreprocess, type Preprocess, type PreprocessName } from './data/preprocess.js';
export type { Dataset, LoadOptions, Split, SplitName } from './data/types.js';
export { type AdapterInfo, type DeviceOptions, type Gpu, listAdapters, openGpu } from './gpu/device.js';
export * from './gpu/errors.js';
export { Program, Recorder, runOnce } from './gpu/recorder.js';
export type { Padding, Shape } from './gpu/shape.js';
export { Tensor } from './gpu/tensor.js';
export { type Arithmetic, type Backward, Tape, Var } from './nn/autograd.js';
export { ImageStore, type ImageStoreOptions } from './nn/image_store.js';
export type { Initializer } from './nn/init.js';
export type { Layer } from './nn/layer.js';
export * from './nn/layers.js';
export {
  type KernelTime,
  Learner,
  type LearnerOptions,
  type LearnerState,
  type Precision,
  type StepMetrics,
} from './nn/learner.js';
export { aboutModel, buildModel, MODEL_NAMES, type ModelName, type ModelOptions } from './nn/models.js';
export { type GraphNode, type ModelSummary, Network, Sequential } from './nn/network.js';
export {
  type AdamOptions,
  adam,
  type Optimizer,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from './nn/optimizers.js';
export type { NamedArray, NamedArrays } from './nn/parameters.js';
export type { Images, StoredImages } from './nn/step_cache.js';
export type { Trace } from './nn/trace.js';
export type { Callback, Training, WeightFile } from './train/callbacks/callback.js';
export { EarlyStopping, type EarlyStoppingOptions } from './train/callbacks/early_stopping.js';
export { ModelCheckpoint, type ModelCheckpointOptions } from './train/callbacks/model_checkpoint.js';
export type { EpochLogs, Monitor, MonitorMode, MonitorOptions } from './train/callbacks/monitor.js';
export {
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
} from './train/callbacks/reduce_lr_on_plateau.js';
export { WeightAveraging } from './train/callbacks/weight_averaging.js';
export { resolveConfig, type TrainConfig } from './train/config.js';
export { Control } from './train/control.js';
export { type Evaluation, evaluateSplit, evaluateWeights } from './train/evaluation.js';
export type { TrainEvent } from './train/events.js';
export { type ClassMetrics, classMetrics, macroF1 } from './train/metrics.js';
export type { RunContext, TrainOutcome, TrainPlan } from './train/plan.js';
export { resumeTraining, runTraining } from './train/session.js';
export { Trainer } from './train/trainer.js';
export { loadModel, type SavedModel, saveModel } from './train/weights.js';
export { CLASS_NAMES, FACE_SIZE } from './util/classes.js';
export { DataError, EXIT, FerError, RunError, UsageError } from './util/errors.js';
export { Rng } from './util/random.js';
