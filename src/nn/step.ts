import type { Gpu } from '../gpu/device.js';
import { distillBackward, distillForward } from '../gpu/kernels/distillation.js';
import { add, addInto, fill } from '../gpu/kernels/elementwise.js';
import { clipNorm, clipValue } from '../gpu/kernels/gradient_clip.js';
import { accumulateMetrics, type MetricTensors } from '../gpu/kernels/metrics.js';
import { MIX_WORDS, mixImages } from '../gpu/kernels/mixup.js';
import { updateAverage } from '../gpu/kernels/moving_average.js';
import {
  type LossParts,
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyForward,
  type Targets,
} from '../gpu/kernels/softmax_cross_entropy.js';
import type { Format } from '../gpu/kernels/storage.js';
import { trainingLoss } from '../gpu/kernels/training_loss.js';
import { decayWeights } from '../gpu/kernels/weight_decay.js';
import { addPenalty, addPenaltyGradient, type Penalty } from '../gpu/kernels/weight_penalty.js';
import type { Program } from '../gpu/program.js';
import { Recorder } from '../gpu/recorder.js';
import { sizeOf } from '../gpu/shape.js';
import type { SharedBuffers } from '../gpu/shared_buffers.js';
import type { Tensor } from '../gpu/tensor.js';
import { Tape, Var } from './autograd.js';
import type { Context, TensorVar } from './context.js';
import type { Distillation } from './distill.js';
import type { ImageStore } from './image_store.js';
import type { LayerInputs } from './layer.js';
import type { Network, OnLayer } from './network.js';
import type { Optimizer } from './optimizers.js';
import type { Parameters } from './parameters.js';

/** Everything on the device that outlives a step. */
export interface StepParts {
  readonly gpu: Gpu;
  readonly model: Network;
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  /** Working memory that the steps of all modes and batch sizes use in turn. */
  readonly shared: SharedBuffers;
  /** The step state [index, seed, learning rate, ring slot], which the host writes before each step. */
  readonly stepState: Tensor;
  /** Weight decay times learning rate [1], which the host writes before each step; undefined without weight decay. */
  readonly decay: Tensor | undefined;
  readonly penalty: Penalty;
  readonly labelSmoothing: number;
  /** Storage format of the tensors between the kernels of a training step's convolutions. */
  readonly format: Format;
  /** Weights of the classes in training [C], and all ones [C] for everything else. */
  readonly classWeights: Tensor;
  readonly evenWeights: Tensor;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  /** Momentum of the exponential moving average of the weights, if one is kept. */
  readonly ema: number | undefined;
  /** The teachers of a training step, if there are any. */
  readonly distillation: Distillation | undefined;
}

/** A layer's inputs and output; their gradients are in `grad`. */
export interface LayerRecord {
  /** Its name in the network. */
  readonly name: string;
  /** The variables that it reads. */
  readonly inputs: LayerInputs;
  /** The variable that it makes. */
  readonly output: TensorVar;
  /**
   * Intermediate values of its kernels, by name: `z`, the output of a convolution or dense layer before its activation;
   * `depthwise`, the value between the two parts of a separable convolution; batch norm's `mean` and `rstd` (1 / standard
   * deviation), both [C]; max pooling's `argmax` (u32), the position of the maximum in each window.
   */
  readonly inner: ReadonlyMap<string, TensorVar>;
}

/** A recorded step for one batch size, with the tensors that the host fills and reads. */
export interface Step {
  readonly program: Program;
  /** Must run after each change of the weights, before `program`; absent in training. */
  readonly prepare: Program | undefined;
  /** [B, H, W, C] */
  readonly images: Tensor;
  /** Which images of the store fill `images`; absent without a store. */
  readonly draws: Tensor | undefined;
  /** [B] (u32) */
  readonly labels: Tensor;
  /** How images are mixed, [B, MIX_WORDS]; only of steps that mix. */
  readonly mix: Tensor | undefined;
  /** Distributions in place of the labels, [B, classes]; only of steps that have them. */
  readonly soft: Tensor | undefined;
  /** Losses [B] and more; absent where training needs only the gradient, or inference only the probabilities. */
  readonly loss: LossParts | undefined;
  /** [B, classes]; absent where training needs only the gradient. */
  readonly probabilities: Tensor | undefined;
  /** How many dispatches of `program` are the forward pass. */
  readonly forward: number;
  /** All layers with their values; only in the mode `observe`. */
  readonly layers: readonly LayerRecord[];
  /** Weight variables by name; in the mode `observe` their gradients can be read. */
  readonly vars: ReadonlyMap<string, TensorVar>;
}

/**
 * `observe` is `train` layer by layer, with all values kept and without the update. `calibrate` is the forward pass of
 * `train` alone, which updates batch norm's moving averages and nothing else.
 */
export type StepMode = 'train' | 'observe' | 'calibrate' | 'evaluate' | 'predict';

/** Where the images of a step come from, and which targets its loss has. */
export interface StepForm {
  /** The images are drawn from it; default: they are uploaded. */
  readonly store?: ImageStore | undefined;
  /** Whether images are mixed with each other (mixup, CutMix). */
  readonly mixed?: boolean;
  /** Whether the targets of the loss are distributions in place of labels. */
  readonly softLabels?: boolean;
}

/**
 * Records one step: forward, loss, metrics, and for `train` also backward and the optimiser's update. The tape exists only
 * during recording; a run replays the recorded dispatches. Throws ShapeError, OutOfMemoryError, ShaderError.
 */
export async function recordStep(
  parts: StepParts,
  options: {
    batch: number;
    mode: StepMode;
    metrics: MetricTensors;
  } & StepForm,
): Promise<Step> {
  const { gpu, model } = parts;
  const { batch, mode, store } = options;
  const observing = mode === 'observe';
  const training = mode === 'train' || mode === 'calibrate' || observing;
  const rec = new Recorder(gpu, observing ? { keepAll: true } : { shared: parts.shared });
  const prepare = training ? rec : new Recorder(gpu);
  try {
    const images = rec.allocPrivate([batch, ...model.inputShape], 'images');
    const labels = rec.allocPrivate([batch], 'labels');
    const draws = store && rec.scope('batch', () => store.record(rec, images));
    const mix = options.mixed ? rec.allocPrivate([batch, MIX_WORDS], 'mix') : undefined;
    const soft = options.softLabels
      ? rec.allocPrivate([batch, model.outputShape.at(-1) ?? 1], 'distributions')
      : undefined;
    const input = mix === undefined ? images : rec.scope('batch', () => mixImages(rec, images, mix));
    const targets = {
      labels,
      mix,
      soft,
      weights: training ? parts.classWeights : parts.evenWeights,
      smoothing: training ? parts.labelSmoothing : 0,
    };
    const distillation = mode === 'train' || observing ? parts.distillation : undefined;
    const teacher = await rec.scope('teacher', () => distillation?.record(rec, input, parts.stepState));
    const vars = weightVars(parts, training);
    const tape = tensorTape(rec);
    let inner = new Map<string, TensorVar>();
    const ctx: Context = {
      ...{ rec, prepare, tape, training, deferredNorms: new Map(), stepState: parts.stepState },
      format: training ? parts.format : 'f32',
      softmaxed: mode === 'predict' ? new Set() : undefined,
      observe: observing ? (name, value) => inner.set(name, value) : undefined,
      weight: (name) => mustGet(vars, name),
    };
    const layers: LayerRecord[] = [];
    const onLayer: OnLayer = (name, inputs, output) => {
      layers.push({ name, inputs, output, inner });
      inner = new Map();
    };
    // Training does not need the gradient of the images, but an observed step shows it.
    const imageVar = new Var(input, observing, 'images');
    const logits = model.call(ctx, imageVar, observing ? onLayer : undefined);
    const plain = mode === 'train' && mix === undefined && soft === undefined && distillation === undefined;
    const softmaxed = ctx.softmaxed?.has(logits) === true;
    const { loss, probabilities, forward, dlogits } = softmaxed
      ? { loss: undefined, probabilities: logits.value, forward: rec.length, dlogits: undefined }
      : plain
        ? plainLoss(rec, parts, options, logits, targets)
        : separateLoss(rec, parts, options, logits, { ...targets, teacher });
    if (dlogits !== undefined) {
      tape.backward(logits, dlogits);
      if (!observing) rec.scope('optimizer', () => update(rec, parts, vars));
    }
    return {
      prepare: training ? undefined : await prepare.finish(),
      program: await rec.finish(),
      images,
      draws,
      labels,
      mix,
      soft,
      ...{ loss, probabilities, forward, layers, vars },
    };
  } catch (error) {
    rec.abandon();
    prepare.abandon();
    throw error;
  }
}

/** A tape over tensors. It adds the gradients of a Var with several users, and releases tensors after their last use. */
export function tensorTape(rec: Recorder): Tape<Tensor> {
  return new Tape<Tensor>({
    add: (a, b) => {
      // Branches may share one gradient tensor. Do not overwrite one that another Var still needs.
      const sum = a.storage.refs > 1 ? add(rec, a, b) : a;
      if (sum === a) addInto(rec, a, b);
      else rec.release(a);
      rec.release(b);
      return sum;
    },
    release: (tensor) => rec.release(tensor),
    label: (op) => rec.currentScope || op,
    around: (label, body) => rec.scope(`${label}/backward`, body),
  });
}

/** The weights as variables by name. With `training`, the trainable ones need a gradient; otherwise none does. */
export function weightVars({ model, parameters }: StepParts, training: boolean): Map<string, TensorVar> {
  return new Map(
    model.weights.map(({ name, trainable }) => [
      name,
      new Var(mustGet(parameters.weights, name), training && trainable, name),
    ]),
  );
}

interface LossOptions {
  readonly mode: StepMode;
  readonly metrics: MetricTensors;
}

interface StepLoss extends Pick<Step, 'loss' | 'probabilities' | 'forward'> {
  /** The gradient of the logits, in training. */
  readonly dlogits: Tensor | undefined;
}

/** The gradient of the logits of a training step that compares with labels alone, and its metrics, in one dispatch. */
function plainLoss(
  rec: Recorder,
  parts: StepParts,
  { metrics }: LossOptions,
  logits: TensorVar,
  targets: Targets,
): StepLoss {
  const dlogits = rec.scope('loss', () =>
    trainingLoss(rec, logits.value, targets, penaltyOf(rec, parts), parts.stepState, metrics),
  );
  return { loss: undefined, probabilities: undefined, forward: rec.length, dlogits };
}

/** Loss, metrics and the gradient of the logits, each in its own dispatch, if the mode has them. */
function separateLoss(
  rec: Recorder,
  parts: StepParts,
  { mode, metrics }: LossOptions,
  logits: TensorVar,
  { teacher, ...targets }: Targets & { teacher: Tensor | undefined },
): StepLoss {
  const { distillation } = parts;
  const { loss, klGradient } = rec.scope('loss', () => {
    const made = softmaxCrossEntropyForward(rec, logits.value, targets);
    const klGradient =
      teacher &&
      distillation &&
      distillForward(rec, logits.value, teacher, made.losses, distillation.options);
    if (mode === 'train' || mode === 'evaluate')
      accumulateMetrics(rec, made, targets.labels, penaltyOf(rec, parts), parts.stepState, metrics);
    return { loss: made, klGradient };
  });
  const forward = rec.length;
  const { probabilities } = loss;
  if (mode !== 'train' && mode !== 'observe') return { loss, probabilities, forward, dlogits: undefined };
  const dlogits = rec.scope('loss/backward', () => {
    const gradient = softmaxCrossEntropyBackward(rec, loss.probabilities, targets);
    if (distillation !== undefined && klGradient !== undefined) {
      distillBackward(rec, klGradient, gradient, distillation.options);
      rec.release(klGradient);
    }
    return gradient;
  });
  return { loss, probabilities, forward, dlogits };
}

/** The L1 and L2 penalty of all weights that have one, [1]; undefined if none has. */
function penaltyOf(rec: Recorder, parts: StepParts): Tensor | undefined {
  if (!penalizes(parts)) return undefined;
  const penalty = rec.alloc([1], 'penalty');
  fill(rec, penalty, 0);
  for (const name of penalized(parts))
    addPenalty(rec, mustGet(parts.parameters.weights, name), parts.penalty, penalty);
  return penalty;
}

function penalizes({ penalty: { l1, l2 } }: StepParts): boolean {
  return l1 > 0 || l2 > 0;
}

/** The penalty applies to kernels, not to biases and batch norm, like Keras's kernel_regularizer. */
function penalized({ model }: StepParts): string[] {
  return model.weights.map(({ name }) => name).filter((name) => name.endsWith('kernel'));
}

/** Gathers all gradients in one buffer (or as few as possible), so that one dispatch clips them and one updates all weights. */
function update(rec: Recorder, parts: StepParts, vars: ReadonlyMap<string, TensorVar>): void {
  const decayed = new Set(penalizes(parts) ? penalized(parts) : []);
  for (const [name, { value, grad, needsGrad }] of vars) {
    if (!needsGrad) continue;
    if (grad === undefined || grad.size !== sizeOf(value.shape))
      throw new Error(`weight ${name} has no gradient`);
    rec.scope(name, () => {
      if (decayed.has(name)) addPenaltyGradient(rec, value, parts.penalty, grad);
      rec.rebind(grad, mustGet(parts.parameters.gradients.parts, name));
    });
  }
  const { parameters, optimizer, stepState, decay, ema } = parts;
  const gradients = parameters.gradients.wholes;
  if (parts.clipValue !== undefined) for (const one of gradients) clipValue(rec, one, parts.clipValue);
  if (parts.clipNorm !== undefined) clipNorm(rec, gradients, parts.clipNorm);
  for (const [i, weight] of parameters.trained.wholes.entries()) {
    if (decay !== undefined) decayWeights(rec, weight, decay);
    const gradient = gradients[i] as Tensor;
    optimizer.update(rec, { weight, gradient, stepState, state: parameters.stateOf(i) });
  }
  if (ema === undefined) return;
  // The batch norm statistics of the latest weights do not suit averaged weights. Averaged statistics nearly do.
  for (const [own, average] of parameters.averages) updateAverage(rec, own, average, ema);
}

/** The weight of this name. Throws Error if there is none. */
export function mustGet<V>(map: ReadonlyMap<string, V>, name: string): V {
  const value = map.get(name);
  if (value === undefined) throw new Error(`no weight named ${name}`);
  return value;
}
