import type { Gpu } from '../gpu/device.js';
import { add, addInto, fill } from '../gpu/kernels/elementwise.js';
import { clipNorm, clipValue } from '../gpu/kernels/gradient_clip.js';
import { accumulateMetrics, type MetricTensors } from '../gpu/kernels/metrics.js';
import { mixImages } from '../gpu/kernels/mixup.js';
import { updateAverage } from '../gpu/kernels/moving_average.js';
import {
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyForward,
  type Targets,
} from '../gpu/kernels/softmax_cross_entropy.js';
import type { Format } from '../gpu/kernels/storage.js';
import { addPenalty, addPenaltyGradient, type Penalty } from '../gpu/kernels/weight_penalty.js';
import { type Program, Recorder } from '../gpu/recorder.js';
import { sizeOf } from '../gpu/shape.js';
import type { SharedBuffers } from '../gpu/shared_buffers.js';
import type { Tensor } from '../gpu/tensor.js';
import { Tape, Var } from './autograd.js';
import type { Context, TensorVar } from './context.js';
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
  /** What the steps of all modes and batch sizes compute in, one after the other. */
  readonly shared: SharedBuffers;
  /** [index, seed, rate, slot]: what changes from step to step. */
  readonly step: Tensor;
  readonly penalty: Penalty;
  readonly labelSmoothing: number;
  /** How the convolutions of training steps store what lies between their kernels. */
  readonly format: Format;
  /** Weights of the classes in training [C], and ones, for everything else. */
  readonly classWeights: Tensor;
  readonly evenWeights: Tensor;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  /** Momentum of the weights' moving average, if there is one. */
  readonly ema: number | undefined;
}

/** What a layer took, made, and got back; tensors of the program. */
export interface LayerRecord {
  readonly name: string;
  readonly inputs: LayerInputs;
  readonly output: TensorVar;
}

/** A recorded step for one batch size, with the tensors that the host fills and reads. */
export interface Step {
  readonly program: Program;
  /** What must have run since the weights last changed; absent in training. */
  readonly prepare: Program | undefined;
  readonly images: Tensor;
  /** Which images of the store are picked into `images`; absent without one. */
  readonly draws: Tensor | undefined;
  readonly labels: Tensor;
  /** What each image is blended with, [B, 2]; only of a step that blends. */
  readonly mix: Tensor | undefined;
  readonly probabilities: Tensor;
  /** What each layer did; filled in by `observe`. */
  readonly layers: readonly LayerRecord[];
  /** Weight variables by name; after observing, their gradients can be read. */
  readonly vars: ReadonlyMap<string, TensorVar>;
}

/**
 * `observe` is `train` layer by layer, with all values kept, and without the update; `calibrate` is the way there
 * alone, which moves the statistics of batch norm and nothing else.
 */
export type StepMode = 'train' | 'observe' | 'calibrate' | 'evaluate' | 'predict';

/**
 * Records one step: forward, loss, metrics, and for `train` backward and the optimiser's updates. The tape lives
 * only here; what is replayed afterwards is the list of dispatches that it led to.
 */
export async function recordStep(
  parts: StepParts,
  options: {
    batch: number;
    mode: StepMode;
    metrics: MetricTensors;
    store?: ImageStore | undefined;
    /** Whether images are blended with each other (mixup). */
    mixed?: boolean;
  },
): Promise<Step> {
  const { gpu, model } = parts;
  const { batch, mode, store } = options;
  const observing = mode === 'observe';
  const training = mode === 'train' || mode === 'calibrate' || observing;
  const rec = new Recorder(gpu, observing ? { keepAll: true } : { shared: parts.shared });
  const prepare = training ? rec : new Recorder(gpu);
  try {
    const images = rec.allocOwn([batch, ...model.inputShape], 'images');
    const labels = rec.allocOwn([batch], 'labels');
    const draws = store && rec.scope('batch', () => store.record(rec, images));
    const mix = options.mixed ? rec.allocOwn([batch, 2], 'mix') : undefined;
    const input = mix === undefined ? images : rec.scope('batch', () => mixImages(rec, images, mix));
    const targets = {
      labels,
      mix,
      weights: training ? parts.classWeights : parts.evenWeights,
      smoothing: training ? parts.labelSmoothing : 0,
    };
    const vars = weightVars(parts, training);
    const tape = new Tape<Tensor>({
      add: (a, b) => {
        // Where branches meet, both got one gradient: what another still needs must not change.
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
    const ctx: Context = {
      ...{ rec, prepare, tape, training, left: new Map(), step: parts.step },
      format: training ? parts.format : 'f32',
      weight: (name) => mustGet(vars, name),
    };
    const layers: LayerRecord[] = [];
    const note: OnLayer = (name, inputs, output) => layers.push({ name, inputs, output });
    const logits = model.call(ctx, new Var(input, false, 'images'), observing ? note : undefined);
    const parting = rec.scope('loss', () => lossAndMetrics(rec, parts, options, logits, targets));
    if (training && mode !== 'calibrate') {
      const dlogits = rec.scope('loss/backward', () =>
        softmaxCrossEntropyBackward(rec, parting.probabilities, targets),
      );
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
      probabilities: parting.probabilities,
      layers,
      vars,
    };
  } catch (error) {
    rec.abandon();
    prepare.abandon();
    throw error;
  }
}

function weightVars({ model, parameters }: StepParts, training: boolean): Map<string, TensorVar> {
  return new Map(
    model.weights.map(({ name, trainable }) => [
      name,
      new Var(mustGet(parameters.weights, name), training && trainable, name),
    ]),
  );
}

function lossAndMetrics(
  rec: Recorder,
  parts: StepParts,
  { mode, metrics }: { mode: StepMode; metrics: MetricTensors },
  logits: TensorVar,
  targets: Targets,
): { probabilities: Tensor } {
  const loss = softmaxCrossEntropyForward(rec, logits.value, targets);
  if (mode === 'train' || mode === 'evaluate') {
    const penalty = rec.alloc([1], 'penalty');
    fill(rec, penalty, 0);
    if (penalizes(parts)) {
      for (const name of penalized(parts))
        addPenalty(rec, mustGet(parts.parameters.weights, name), parts.penalty, penalty);
    }
    accumulateMetrics(rec, loss, targets.labels, penalty, parts.step, metrics);
  }
  return { probabilities: loss.probabilities };
}

function penalizes({ penalty: { l1, l2 } }: StepParts): boolean {
  return l1 > 0 || l2 > 0;
}

/** Kernels carry the penalty; biases and batch norm do not, as with Keras's kernel_regularizer. */
function penalized({ model }: StepParts): string[] {
  return model.weights.map(({ name }) => name).filter((name) => name.endsWith('kernel'));
}

/** Gathers the gradients in one buffer, where one dispatch clips them and one updates all weights. */
function update(rec: Recorder, parts: StepParts, vars: ReadonlyMap<string, TensorVar>): void {
  const decayed = new Set(penalizes(parts) ? penalized(parts) : []);
  for (const [name, { value, grad, needsGrad }] of vars) {
    if (!needsGrad) continue;
    if (grad === undefined || grad.size !== sizeOf(value.shape)) throw new Error(`${name} got no gradient`);
    rec.scope(name, () => {
      if (decayed.has(name)) addPenaltyGradient(rec, value, parts.penalty, grad);
      rec.place(grad, mustGet(parts.parameters.gradients.parts, name));
    });
  }
  const { trained, gradients, state, average, fixed, statistics } = parts.parameters;
  const { optimizer, step, ema } = parts;
  if (parts.clipValue !== undefined) clipValue(rec, gradients.whole, parts.clipValue);
  if (parts.clipNorm !== undefined) clipNorm(rec, gradients.whole, parts.clipNorm);
  optimizer.update(rec, { weight: trained.whole, gradient: gradients.whole, step, state });
  if (average === undefined || ema === undefined) return;
  updateAverage(rec, trained.whole, average, ema);
  // Batch norm's statistics of the last weights do not fit an average of weights; their own average nearly does.
  if (statistics !== undefined) updateAverage(rec, fixed.whole, statistics.whole, ema);
}

function mustGet<V>(map: ReadonlyMap<string, V>, name: string): V {
  const value = map.get(name);
  if (value === undefined) throw new Error(`no weight named ${name}`);
  return value;
}
