import type { Gpu } from '../gpu/device.js';
import { ShapeError } from '../gpu/errors.js';
import type { MetricTensors } from '../gpu/kernels/metrics.js';
import type { CommandInfo } from '../gpu/recorder.js';
import { SharedBuffers } from '../gpu/shared_buffers.js';
import type { Tensor } from '../gpu/tensor.js';
import type { ImageMix } from '../util/image_draw.js';
import type { Network } from './network.js';
import { adam, type Optimizer } from './optimizers.js';
import { type NamedArray, type NamedArrays, Parameters } from './parameters.js';
import { recordStep, type StepParts } from './step.js';
import { batchSize, countImages, fillStep, type Images, StepCache, storeOf } from './step_cache.js';
import { readTrace, type Trace } from './trace.js';

/** The numbers of one step. */
export interface StepMetrics {
  /** Counted from 1 over the life of the learner; for evaluation: the batch's index from 1. */
  readonly step: number;
  /** Mean cross-entropy of the batch plus penalty, before the update. */
  readonly loss: number;
  /** The part of `loss` that L1 and L2 make. */
  readonly penalty: number;
  /** Right answers out of `count`. */
  readonly correct: number;
  /** Images in the batch. */
  readonly count: number;
}

/** Options of a `Learner`. */
export interface LearnerOptions {
  /** Weights and dropout follow from it; default 7. */
  readonly seed?: number;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** Factor of the sum of absolute values of all kernels, which is added to the loss; default 0. */
  readonly l1?: number;
  /** Factor of the sum of squares of all kernels, which is added to the loss; default 0. */
  readonly l2?: number;
  /** What an image of each class counts in training; default 1. */
  readonly classWeights?: readonly number[] | undefined;
  /** Largest norm of the gradient of all weights together; a longer one is shortened. Default: none. */
  readonly clipNorm?: number | undefined;
  /** Largest absolute value of each number of a gradient; default: none. */
  readonly clipValue?: number | undefined;
  /** Momentum of an exponential moving average of the weights, for `withAverage`; default: none is kept. */
  readonly ema?: number | undefined;
  /** Whether `takeAverage` will gather an equal average of the weights instead; default false. */
  readonly swa?: boolean;
  /** Label smoothing in training; default 0. */
  readonly labelSmoothing?: number;
  /** Default float32. */
  readonly precision?: Precision;
}

/**
 * What training computes with. With mixed_float16 the convolutions of a training step keep what lies between their own
 * kernels as halves, which is most of what a step loads and stores. Everything is computed in float32 even so, and weights,
 * sums, what the optimiser keeps, evaluation and prediction are float32 as well.
 */
export type Precision = 'float32' | 'mixed_float16';

/** Everything that training changes, on the host. */
export interface LearnerState {
  /** Steps done. */
  readonly stepCount: number;
  /** Rate of the next step. */
  readonly learningRate: number;
  /** How many times `takeAverage` was called. */
  readonly averaged: number;
  /** All weights by name. */
  readonly weights: NamedArrays;
  /** By the optimiser's word and the weight, e.g. `moment/conv2d/kernel`. */
  readonly optimizer: NamedArrays;
}

/** Device time of one dispatch of a step. */
export interface KernelTime extends CommandInfo {
  /** Time on the device. */
  readonly nanoseconds: number;
}

/** How many steps may wait for the host to read their numbers. */
const RING_SLOTS = 1024;
/** How many submitted steps may be unfinished: enough to keep the device busy, few enough to stop quickly. */
const IN_FLIGHT = 2;

/**
 * A model on a device: its weights, its optimiser's state, and the recorded steps that train and evaluate it.
 * Nothing is read back per step: numbers gather in a ring on the device until `metrics` fetches them.
 */
export class Learner {
  readonly #parts: StepParts;
  readonly #parameters: Parameters;
  readonly #steps: StepCache;
  readonly #train: MetricTensors;
  readonly #evaluation: MetricTensors;
  readonly #waiting: Promise<void>[] = [];
  #pending: number[] = [];
  #collected: StepMetrics[] = [];
  #evaluated = 0;
  #stepCount = 0;
  #seed: number;
  readonly #swa: boolean;
  #averaged = 0;
  /** Learning rate of the next steps. */
  learningRate: number;

  constructor(
    /** The device that it computes on. */
    readonly gpu: Gpu,
    /** The network that it trains. */
    readonly model: Network,
    options: LearnerOptions = {},
  ) {
    const optimizer = options.optimizer ?? adam();
    this.#seed = (options.seed ?? 7) >>> 0;
    this.#swa = options.swa ?? false;
    if (this.#swa && options.ema !== undefined) throw new RangeError('ema and swa: only one average is kept');
    this.learningRate = optimizer.learningRate;
    const classes = model.outputShape.at(-1) ?? 1;
    const metricTensors = (name: string): MetricTensors => ({
      ring: gpu.empty([RING_SLOTS, 4], `${name}/ring`),
      confusion: gpu.tensor(new Uint32Array(classes * classes), [classes, classes], `${name}/confusion`),
    });
    this.#train = metricTensors('train');
    this.#evaluation = metricTensors('evaluation');
    this.#parameters = new Parameters(gpu, model, optimizer, {
      seed: this.#seed,
      averaged: this.#swa || options.ema !== undefined,
    });
    const even = new Array<number>(classes).fill(1);
    this.#parts = {
      gpu,
      model,
      parameters: this.#parameters,
      optimizer,
      shared: new SharedBuffers(gpu.pool),
      step: gpu.empty([4], 'step'),
      penalty: { l1: options.l1 ?? 0, l2: options.l2 ?? 0 },
      classWeights: this.#weightsOfClasses(options.classWeights ?? even),
      evenWeights: this.#weightsOfClasses(even),
      clipNorm: options.clipNorm,
      clipValue: options.clipValue,
      ema: options.ema,
      labelSmoothing: options.labelSmoothing ?? 0,
      format: options.precision === 'mixed_float16' ? 'f16' : 'f32',
    };
    this.#steps = new StepCache(this.#parts, (mode) => (mode === 'train' ? this.#train : this.#evaluation));
  }

  /** Hears how many of a new step's kernels are compiled. */
  set onCompile(hear: ((done: number, total: number) => void) | undefined) {
    this.#steps.onCompile = hear;
  }

  #weightsOfClasses(weights: readonly number[]): Tensor {
    const classes = this.model.outputShape.at(-1) ?? 1;
    if (weights.length !== classes) {
      throw new ShapeError(this.model.name, 'one weight a class', `${classes}`, `${weights.length}`);
    }
    return this.gpu.tensor(Float32Array.from(weights), [classes], 'class weights');
  }

  /** Training steps done so far. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /**
   * Queues one training step. Resolves when few enough steps are in flight, not when this one is done.
   * @param mix what each image is blended with (mixup); the weights of the classes and smoothing apply to both
   */
  async train(images: Images, labels: Uint32Array, mix?: readonly ImageMix[]): Promise<void> {
    const step = await this.#steps.ready('train', images, labels, mix);
    if (this.#pending.length === RING_SLOTS) await this.#collect();
    this.#begin();
    step.program.run();
    await this.#throttle();
  }

  /** Queues one batch of evaluation (moving averages, no dropout, no update). */
  async evaluate(images: Images, labels: Uint32Array): Promise<void> {
    const step = await this.#steps.ready('evaluate', images, labels);
    if (this.#evaluated === RING_SLOTS)
      throw new RangeError(`more than ${RING_SLOTS} batches; use larger ones`);
    this.#writeStep(this.#evaluated++);
    step.program.run();
    await this.#throttle();
  }

  /** Class probabilities [B, classes] of images [B, H, W, C]. */
  async predict(images: Images): Promise<Float32Array> {
    const count = countImages(this.model, images);
    const step = await this.#steps.ready('predict', images, new Uint32Array(count));
    step.program.run();
    return await this.gpu.read(step.probabilities);
  }

  /** The numbers of all training steps since the last call, in order. Waits for the steps in flight. */
  async metrics(): Promise<StepMetrics[]> {
    await this.#collect();
    return this.#collected.splice(0);
  }

  /** Ends an evaluation: its numbers per batch and the confusion counts [true, predicted], then starts over. */
  async evaluationMetrics(): Promise<{
    /** The numbers of each batch, in order. */
    batches: StepMetrics[];
    /** [true class][predicted class], counted over all batches. */
    confusion: number[][];
  }> {
    const ring = await this.gpu.read(this.#evaluation.ring);
    const counts = await this.gpu.readU32(this.#evaluation.confusion);
    const classes = this.model.outputShape.at(-1) ?? 1;
    const batches = Array.from({ length: this.#evaluated }, (_, i) => slotMetrics(ring, i, i + 1));
    this.gpu.write(this.#evaluation.confusion, new Uint32Array(classes * classes));
    this.#evaluated = 0;
    const confusion = Array.from({ length: classes }, (_, r) => [
      ...counts.subarray(r * classes, (r + 1) * classes),
    ]);
    return { batches, confusion };
  }

  /**
   * A training step like any other, with the same bits, and all that goes on in it: before it, the same step is run
   * layer by layer (the step itself fuses some) with everything kept, and its effect on the moving averages undone.
   */
  async trace(images: Images, labels: Uint32Array): Promise<Trace> {
    const batch = batchSize(this.model, images, labels);
    const store = storeOf(images);
    const step = await recordStep(this.#parts, { batch, mode: 'observe', metrics: this.#train, store });
    try {
      const moving = await this.#parameters.readFixed();
      fillStep(this.#parts, step, images, labels);
      this.#writeStep(0, this.#stepCount);
      step.program.run();
      this.#parameters.writeSome(moving);
      await this.train(images, labels);
      return await readTrace(this.gpu, step);
    } finally {
      step.program.dispose();
    }
  }

  /**
   * A training step like any other, each of its kernels timed; without labels, inference. Open the device with
   * `profile` for exact times. Throws GpuValidationError without timestamp queries.
   */
  async profile(images: Images, labels?: Uint32Array): Promise<KernelTime[]> {
    const count = countImages(this.model, images);
    const mode = labels === undefined ? 'predict' : 'train';
    const { program } = await this.#steps.ready(mode, images, labels ?? new Uint32Array(count));
    if (mode === 'train') {
      if (this.#pending.length === RING_SLOTS) await this.#collect();
      this.#begin();
    }
    const times = await program.profile();
    return program.commands.map((command, i) => ({ ...command, nanoseconds: times[i] ?? 0 }));
  }

  /** The kernels of a training step of so many images, in order, without running it. */
  async commands(batch: number): Promise<readonly CommandInfo[]> {
    const { program } = await recordStep(this.#parts, { batch, mode: 'train', metrics: this.#train });
    program.dispose();
    return program.commands;
  }

  /** All weights, moving averages included, in layer order. */
  async readWeights(): Promise<Map<string, NamedArray>> {
    return this.#parameters.read();
  }

  /** Replaces all weights. Throws ShapeError when a name is missing, unknown, or of another shape. */
  writeWeights(weights: NamedArrays): void {
    this.#parameters.write(weights);
    this.#steps.weightsChanged();
  }

  /**
   * Takes the weights as they are now into their equal average (stochastic weight averaging, Izmailov et al. 2018,
   * arXiv 1803.05407). Batch norm needs statistics of the averaged network: they are gathered from `batches`, which it
   * sees as in training, without an update.
   */
  async takeAverage(batches: Iterable<{ images: Images; labels: Uint32Array }>): Promise<void> {
    this.#averaged++;
    this.#steps.weightsChanged();
    await this.#parameters.takeAverage(this.#averaged, async () => {
      for (const { images, labels } of batches) {
        const step = await this.#steps.ready('calibrate', images, labels);
        this.#writeStep(0, this.#stepCount);
        step.program.run();
        await this.#throttle();
      }
    });
    this.#steps.weightsChanged();
  }

  /** Runs `body` with the average of the weights in their place, if there is one: evaluate, predict, read. */
  async withAverage<T>(body: () => Promise<T>): Promise<T> {
    if (this.#parameters.average === undefined || (this.#swa && this.#averaged === 0)) return body();
    this.#steps.weightsChanged();
    try {
      return await this.#parameters.withAverage(body);
    } finally {
      this.#steps.weightsChanged();
    }
  }

  /** What, beside its settings, the next steps depend on. */
  async readState(): Promise<LearnerState> {
    const { learningRate } = this;
    const [weights, optimizer] = [await this.#parameters.read(), await this.#parameters.readState()];
    return { stepCount: this.#stepCount, learningRate, averaged: this.#averaged, weights, optimizer };
  }

  /** Takes training up where `readState` was called: the same steps give the same bits. Throws ShapeError. */
  writeState(state: LearnerState): void {
    this.writeWeights(state.weights);
    this.#parameters.writeState(state.optimizer);
    this.#stepCount = state.stepCount;
    this.learningRate = state.learningRate;
    this.#averaged = state.averaged;
  }

  /** Gives back all memory. */
  async dispose(): Promise<void> {
    await this.#steps.dispose();
    this.#parts.shared.dispose();
    this.#parameters.dispose();
    const kept = [this.#parts.step, this.#parts.classWeights, this.#parts.evenWeights];
    for (const { ring, confusion } of [this.#train, this.#evaluation]) kept.push(ring, confusion);
    for (const tensor of kept) this.gpu.free(tensor);
  }

  #begin(): void {
    this.#steps.weightsChanged();
    const index = this.#stepCount++;
    const slot = index % RING_SLOTS;
    this.#pending.push(index + 1);
    this.#writeStep(slot, index, this.#parts.optimizer.stepRate(index + 1, this.learningRate));
  }

  #writeStep(slot: number, index = 0, rate = 0): void {
    const words = new Uint32Array([index, this.#seed, 0, slot]);
    new Float32Array(words.buffer)[2] = rate;
    this.gpu.write(this.#parts.step, words);
  }

  async #throttle(): Promise<void> {
    const done = this.gpu.sync();
    done.catch(() => undefined); // reported when it is awaited, here or in metrics()
    this.#waiting.push(done);
    if (this.#waiting.length >= IN_FLIGHT) await this.#waiting.shift();
  }

  async #collect(): Promise<void> {
    if (this.#pending.length === 0) return;
    await Promise.all(this.#waiting.splice(0));
    const ring = await this.gpu.read(this.#train.ring);
    const steps = this.#pending;
    this.#pending = [];
    for (const step of steps) this.#collected.push(slotMetrics(ring, (step - 1) % RING_SLOTS, step));
  }
}

function slotMetrics(ring: Float32Array, slot: number, step: number): StepMetrics {
  const [data = 0, correct = 0, penalty = 0, count = 0] = ring.subarray(slot * 4, slot * 4 + 4);
  return { step, loss: data + penalty, penalty, correct, count };
}
