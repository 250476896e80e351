/**
 * The engine as a library: devices and tensors, layers and models, optimisers, data, and the trainer.
 *
 *   const gpu = await openGpu();
 *   const learner = new Learner(gpu, buildModel('fer-cnn'), { optimizer: adam() });
 */
export { type AugmentOptions, DEFAULT_AUGMENT, NO_AUGMENT, parseAugment } from './data/augment.js';
export { type Batch, type BatchOptions, BatchSource, type BatchTargets } from './data/batches.js';
export { loadDataset } from './data/load.js';
export { applyPreprocess, fitPreprocess, type Preprocess, type PreprocessName } from './data/preprocess.js';
export { limitSplit } from './data/rows.js';
export type {
  Dataset,
  FerplusOptions,
  FerplusOther,
  FerplusTargets,
  Fold,
  ImageShape,
  Labels,
  Leaks,
  LoadOptions,
  Split,
  SplitName,
} from './data/types.js';
export type { AdapterInfo } from './gpu/adapter.js';
export { type DeviceOptions, type Gpu, listAdapters, openGpu } from './gpu/device.js';
export * from './gpu/errors.js';
export { defineKernel, type Kernel, u32s } from './gpu/kernel.js';
export type { PatternGrid } from './gpu/kernels/local_binary_patterns.js';
export type { UpdateTensors } from './gpu/kernels/optimizers.js';
export type { Margins } from './gpu/kernels/zero_padding2d.js';
export type { MatrixUnit } from './gpu/matrix_units.js';
export type { UsualTime } from './gpu/polling.js';
export { type CommandInfo, Program } from './gpu/program.js';
export { type DispatchCall, Recorder, runOnce } from './gpu/recorder.js';
export { addShader, type Constants } from './gpu/shader.js';
export type { Extent, Padding, Shape } from './gpu/shape.js';
export { Tensor } from './gpu/tensor.js';
export { type Arithmetic, type Backward, Tape, Var } from './nn/autograd.js';
export type { Context, TensorVar } from './nn/context.js';
export type { DistillOptions, Teacher } from './nn/distill.js';
export type { DesignedFeatures } from './nn/hybrid.js';
export { ImageStore, type ImageStoreOptions } from './nn/image_store.js';
export type { GivenValues, Initializer } from './nn/init.js';
export type { Layer, LayerInputs, LayerOption, Place, WeightSpec } from './nn/layer.js';
export * from './nn/layers.js';
export { type KernelTime, Learner, type LearnerState } from './nn/learner.js';
export type { LearnerOptions, Precision } from './nn/learner_options.js';
export type { StepMetrics } from './nn/metrics_ring.js';
export { MODEL_NAMES, type ModelName } from './nn/model_names.js';
export { aboutModel } from './nn/model_plans.js';
export { buildModel, type ModelOptions } from './nn/models.js';
export {
  type GraphNode,
  type ModelSummary,
  Network,
  type OnLayer,
  type PlacedLayer,
  Sequential,
  type SummaryRow,
} from './nn/network.js';
export type { Observation } from './nn/observation.js';
export type { ActivationName } from './nn/ops/activation.js';
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
export type { Probe, ProbeOptions } from './nn/probe.js';
export type { LayerRecord, StepForm, StepMode } from './nn/step.js';
export type { Images, LossTargets, StoredImages } from './nn/step_cache.js';
export type { Trace } from './nn/trace.js';
export type { Callback, CallbackStates, Training, WeightFile } from './train/callbacks/callback.js';
export { EarlyStopping, type EarlyStoppingOptions } from './train/callbacks/early_stopping.js';
export { ModelCheckpoint, type ModelCheckpointOptions } from './train/callbacks/model_checkpoint.js';
export type { EpochLogs, Monitor, MonitorMode, MonitorOptions } from './train/callbacks/monitor.js';
export {
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
} from './train/callbacks/reduce_lr_on_plateau.js';
export { WeightAveraging } from './train/callbacks/weight_averaging.js';
export type { TrainerState } from './train/checkpoint.js';
export { resolveConfig, type TrainConfig } from './train/config.js';
export type { RunChanges } from './train/continuation.js';
export { Control, type StopReason, type TrainRequest } from './train/control.js';
export { type EvaluateOptions, type EvaluateResult, evaluateWeights } from './train/evaluate_weights.js';
export { type Evaluation, evaluateSplit } from './train/evaluation.js';
export type {
  Changed,
  DeviceMemory,
  EndEvent,
  EpochEvent,
  ErrorEvent,
  NoteEvent,
  ResultEvent,
  RunEnvironment,
  SettingChange,
  StartEvent,
  StepEvent,
  TrainEvent,
  ValidationEvent,
  ValidationNumbers,
} from './train/events.js';
export type { Feed } from './train/feed.js';
export {
  type ClassMetrics,
  classMetrics,
  macroF1,
  type ProbabilityMetrics,
  type ReliabilityBin,
  reliability,
} from './train/metrics.js';
export { type Adjustment, loadModel, type SavedModel, saveModel } from './train/model_file.js';
export type { RunContext, TrainOutcome, TrainPlan } from './train/plan.js';
export type { ScheduleName, ScheduleOptions } from './train/schedules.js';
export { type Hooks, resumeTraining, runTraining, type TrainResult } from './train/session.js';
export { Trainer } from './train/trainer.js';
export type { ForeignModel } from './train/weights.js';
export { SharedPlace, type Workplace } from './train/workplace.js';
export { CLASS_NAMES, FACE_SIZE } from './util/classes.js';
export type { Ending } from './util/endings.js';
export { DataError, EXIT, FerError, RunError, UsageError } from './util/errors.js';
export type { Box, CameraDraw, ImageDraw, ImageMix } from './util/image_draw.js';
export { type NumberList, Rng } from './util/random.js';
