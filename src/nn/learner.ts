import type { Gpu } from '../gpu/device.js';
import { ShapeError } from '../gpu/errors.js';
import { type CommandInfo, Program } from '../gpu/program.js';
import { SharedBuffers } from '../gpu/shared_buffers.js';
import type { Tensor } from '../gpu/tensor.js';
import { Distillation } from './distill.js';
import { Flight } from './flight.js';
import { GradientNorm } from './gradient_norm.js';
import type { LearnerOptions } from './learner_options.js';
import { MetricsRing, RING_SLOTS, type StepMetrics } from './metrics_ring.js';
import type { Network } from './network.js';
import { Observation } from './observation.js';
import { adam } from './optimizers.js';
import { type NamedArray, type NamedArrays, Parameters } from './parameters.js';
import { type Probe, type ProbeOptions, recordProbe } from './probe.js';
import { recordStep, type StepForm, type StepMode, type StepParts } from './step.js';
import {
  batchSize,
  countImages,
  fillStep,
  type Images,
  type LossTargets,
  StepCache,
  storeOf,
} from './step_cache.js';
import { readTrace, type Trace } from './trace.js';

/** The complete state of training, copied to the host. */
export interface LearnerState {
  /** Number of training steps so far. */
  readonly stepCount: number;
  /** Learning rate of the next step. */
  readonly learningRate: number;
  /** Number of calls of `takeAverage` so far. */
  readonly averaged: number;
  /** All weights by name. */
  readonly weights: NamedArrays;
  /** Optimiser state by `<state name>/<weight>`, e.g. `moment/conv2d/kernel`. */
  readonly optimizer: NamedArrays;
}

/** Device time of one dispatch of a step. */
export interface KernelTime extends CommandInfo {
  /** Device time. */
  readonly nanoseconds: number;
}

/**
 * A model on a device: its weights, its optimiser's state, and the recorded steps that train and evaluate it. Nothing is
 * read back per step. Metrics collect in a ring buffer on the device until `metrics` reads them.
 */
export class Learner {
  readonly #parts: StepParts;
  readonly #parameters: Parameters;
  readonly #steps: StepCache;
  readonly #train: MetricsRing;
  readonly #evaluation: MetricsRing;
  readonly #gradientNorm: GradientNorm;
  readonly #flight: Flight;
  #collected: StepMetrics[] = [];
  #stepCount = 0;
  #seed: number;
  readonly #swa: boolean;
  #averaged = 0;
  /** Learning rate of the next steps. */
  learningRate: number;

  /** Throws ShapeError for a wrong number of class weights, RangeError for both `ema` and `swa`, OutOfMemoryError. */
  constructor(
    /** The device that it computes on. */
    readonly gpu: Gpu,
    /** The network that it trains. */
    readonly model: Network,
    options: LearnerOptions = {},
  ) {
    const optimizer = options.optimizer ?? adam();
    this.#flight = new Flight(() => gpu.sync());
    this.#seed = (options.seed ?? 7) >>> 0;
    this.#swa = options.swa ?? false;
    if (this.#swa && options.ema !== undefined)
      throw new RangeError('ema and swa exclude each other: only one average is kept');
    this.learningRate = optimizer.learningRate;
    const classes = model.outputShape.at(-1) ?? 1;
    this.#train = new MetricsRing(gpu, classes, 'train');
    this.#evaluation = new MetricsRing(gpu, classes, 'evaluation');
    this.#parameters = new Parameters(gpu, model, optimizer, {
      seed: this.#seed,
      averaged: this.#swa || options.ema !== undefined,
    });
    this.#gradientNorm = new GradientNorm(gpu, this.#parameters.gradients.wholes);
    const even = new Array<number>(classes).fill(1);
    this.#parts = {
      gpu,
      model,
      parameters: this.#parameters,
      optimizer,
      shared: new SharedBuffers(gpu.pool),
      stepState: gpu.empty([4], 'step state'),
      decay: optimizer.weightDecay > 0 ? gpu.empty([1], 'weight decay') : undefined,
      penalty: { l1: options.l1 ?? 0, l2: options.l2 ?? 0 },
      classWeights: this.#weightsOfClasses(options.classWeights ?? even),
      evenWeights: this.#weightsOfClasses(even),
      clipNorm: options.clipNorm,
      clipValue: options.clipValue,
      ema: options.ema,
      distillation: options.distill && new Distillation(gpu, model, options.distill),
      labelSmoothing: options.labelSmoothing ?? 0,
      format: options.precision === 'mixed_float16' ? 'f16' : 'f32',
    };
    this.#steps = new StepCache(
      this.#parts,
      (mode) => (mode === 'train' ? this.#train : this.#evaluation).tensors,
    );
  }

  /** Called with the progress of compiling a new step's kernels. */
  set onCompile(listener: ((done: number, total: number) => void) | undefined) {
    this.#steps.onCompile = listener;
  }

  #weightsOfClasses(weights: readonly number[]): Tensor {
    const classes = this.model.outputShape.at(-1) ?? 1;
    if (weights.length !== classes) {
      throw new ShapeError(this.model.name, 'one weight per class', `${classes}`, `${weights.length}`);
    }
    return this.gpu.tensor(Float32Array.from(weights), [classes], 'class weights');
  }

  /** Number of training steps so far. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /**
   * Queues one training step. Resolves when few enough steps are in flight, not when this one is done. Throws ShapeError
   * and what `Gpu.check` throws.
   * @param targets of the loss, besides the labels
   */
  async train(images: Images, labels: Uint32Array, targets?: LossTargets): Promise<void> {
    const step = await this.#steps.ready('train', images, labels, targets);
    if (this.#train.full) await this.#collect();
    this.#beginStep();
    step.program.run();
    await this.#flight.submitted();
  }

  /** Queues one batch of an evaluation (moving averages, no dropout, no update). Throws ShapeError, RangeError. */
  async evaluate(images: Images, labels: Uint32Array): Promise<void> {
    const step = await this.#steps.ready('evaluate', images, labels);
    const { full, size } = this.#evaluation;
    if (full) throw new RangeError(`an evaluation of more than ${RING_SLOTS} batches; use larger batches`);
    this.#writeStepState(this.#evaluation.claim(size + 1));
    step.program.run();
    await this.#flight.submitted();
  }

  /** Class probabilities [B, classes] of images [B, H, W, C]. Throws ShapeError. */
  async predict(images: Images): Promise<Float32Array> {
    const count = countImages(this.model, images);
    const step = await this.#steps.ready('predict', images, new Uint32Array(count));
    return step.program.read(step.probabilities as Tensor);
  }

  /** The metrics of all training steps since the last call, in order. Waits for the steps in flight. */
  async metrics(): Promise<StepMetrics[]> {
    await this.#collect();
    return this.#collected.splice(0);
  }

  /** Ends an evaluation: returns its metrics, and starts over. */
  async evaluationMetrics(): Promise<{
    /** The metrics of each batch, in order. */
    batches: StepMetrics[];
    /** [true class][predicted class], counted over all batches. */
    confusion: number[][];
  }> {
    const batches = await this.#evaluation.read();
    const confusion = await this.#evaluation.readConfusion();
    return { batches, confusion };
  }

  /**
   * A training step, bit for bit like `train`, with a record of its inner values. For the record, the same step first
   * runs layer by layer (`train` fuses layers) and keeps everything. Its effect on the moving averages is undone.
   */
  async trace(images: Images, labels: Uint32Array): Promise<Trace> {
    const observation = await this.observe(images, labels);
    try {
      observation.run();
      await this.train(images, labels);
      return await readTrace(observation);
    } finally {
      observation.dispose();
    }
  }

  /**
   * Records the next training step on a batch for inspection layer by layer, without an update of the weights. Nothing runs
   * before `Observation.run`. The caller disposes it. Throws ShapeError, OutOfMemoryError.
   */
  async observe(images: Images, labels: Uint32Array): Promise<Observation> {
    const batch = batchSize(this.model, images, labels);
    const store = storeOf(images);
    const step = await recordStep(this.#parts, {
      batch,
      mode: 'observe',
      metrics: this.#train.tensors,
      store,
    });
    fillStep(this.#parts, step, images, labels);
    const index = this.#stepCount;
    return new Observation(this.#parts, step, () => this.#writeStepState(0, index));
  }

  /**
   * Queues a measurement of the 2-norm of the last step's gradient, after penalties and clipping. The metrics of that step then
   * contain it. It takes a few dispatches and changes nothing. Throws ShaderError, OutOfMemoryError.
   */
  async measureGradient(): Promise<void> {
    await this.#gradientNorm.queue(this.#stepCount);
  }

  /** The gradient of the last training step as passed to the optimiser: after penalties and clipping. */
  async readGradients(): Promise<Map<string, NamedArray>> {
    return this.#parameters.readGradients();
  }

  /**
   * A view into the network in inference mode: outputs of all layers, and gradients of any of them. It lives until its
   * `dispose`, which must come before that of the learner. Throws UsageError for an unknown layer, OutOfMemoryError.
   */
  async probe(options: ProbeOptions): Promise<Probe> {
    return recordProbe(this.#parts, options);
  }

  /**
   * A training step (without labels: inference) with the device time of each kernel. Open the device with `profile` for
   * exact times. Throws GpuValidationError on adapters without timestamp queries.
   */
  async profile(images: Images, labels?: Uint32Array): Promise<KernelTime[]> {
    const count = countImages(this.model, images);
    const mode = labels === undefined ? 'predict' : 'train';
    const { program } = await this.#steps.ready(mode, images, labels ?? new Uint32Array(count));
    if (mode === 'train') {
      if (this.#train.full) await this.#collect();
      this.#beginStep();
    }
    const times = await program.profile();
    return program.commands.map((command, i) => ({ ...command, nanoseconds: times[i] ?? 0 }));
  }

  /** The dispatches of a step for a batch size, in order, without running it. */
  async commands(batch: number, mode: StepMode = 'train', form: StepForm = {}): Promise<CommandInfo[]> {
    const options = { batch, mode, metrics: this.#train.tensors, ...form };
    const { program, prepare } = await recordStep(this.#parts, options);
    for (const made of [program, prepare]) made?.dispose();
    return [...(prepare?.commands ?? []), ...program.commands];
  }

  /**
   * Compiles the kernels of a step for a batch size, without running it, and reports to `onCompile`. Otherwise the first step
   * compiles them.
   *
   * @returns whether the driver's cache lacked them
   */
  async compile(batch: number, mode: StepMode, form: StepForm = {}): Promise<boolean> {
    const options = { batch, mode, metrics: this.#train.tensors, ...form };
    const { program, prepare } = await recordStep(this.#parts, options);
    const programs = prepare === undefined ? [program] : [prepare, program];
    const cold = await Program.compileAll(this.gpu, programs, this.#steps.onCompile);
    for (const made of programs) made.dispose();
    return cold;
  }

  /** All weights, moving averages included, in layer order. */
  async readWeights(): Promise<Map<string, NamedArray>> {
    return this.#parameters.read();
  }

  /** Replaces all weights. Throws ShapeError for a weight that is missing, unknown, or of another shape. */
  writeWeights(weights: NamedArrays): void {
    this.#parameters.write(weights);
    this.#steps.weightsChanged();
  }

  /**
   * Adds the current weights to the equally weighted average (stochastic weight averaging, Izmailov et al. 2018, arXiv 1803.05407).
   * Batch norm needs statistics of the averaged network. They come from running `batches` through it in training mode,
   * without updating the weights.
   */
  async takeAverage(batches: Iterable<{ images: Images; labels: Uint32Array }>): Promise<void> {
    this.#averaged++;
    this.#steps.weightsChanged();
    await this.#parameters.takeAverage(this.#averaged, () => this.measureStatistics(batches));
    this.#steps.weightsChanged();
  }

  /** Runs batches through the network in training mode, which moves batch norm's statistics and no other weight. */
  async measureStatistics(batches: Iterable<{ images: Images; labels: Uint32Array }>): Promise<void> {
    for (const { images, labels } of batches) {
      const step = await this.#steps.ready('calibrate', images, labels);
      this.#writeStepState(0, this.#stepCount);
      step.program.run();
      await this.#flight.submitted();
    }
    this.#steps.weightsChanged();
  }

  /** Runs `body` (evaluate, predict, read) with the average of the weights in their place, if there is one. */
  async withAverage<T>(body: () => Promise<T>): Promise<T> {
    if (this.#parameters.average === undefined || (this.#swa && this.#averaged === 0)) return body();
    this.#steps.weightsChanged();
    try {
      return await this.#parameters.withAverage(body);
    } finally {
      this.#steps.weightsChanged();
    }
  }

  /** The state that, with the options, determines all further steps. */
  async readState(): Promise<LearnerState> {
    const { learningRate } = this;
    const [weights, optimizer] = [await this.#parameters.read(), await this.#parameters.readState()];
    return { stepCount: this.#stepCount, learningRate, averaged: this.#averaged, weights, optimizer };
  }

  /** Restores a state from `readState`: the same steps then give the same bits. Throws ShapeError. */
  writeState(state: LearnerState): void {
    this.writeWeights(state.weights);
    this.#parameters.writeState(state.optimizer);
    this.#stepCount = state.stepCount;
    this.learningRate = state.learningRate;
    this.#averaged = state.averaged;
  }

  /** Frees all device memory. */
  async dispose(): Promise<void> {
    await this.#steps.dispose();
    await this.#gradientNorm.dispose();
    this.#parts.shared.dispose();
    this.#parameters.dispose();
    this.#parts.distillation?.dispose();
    const { stepState, decay, classWeights, evenWeights } = this.#parts;
    const kept = [stepState, classWeights, evenWeights, ...(decay === undefined ? [] : [decay])];
    for (const tensor of kept) this.gpu.free(tensor);
    for (const ring of [this.#train, this.#evaluation]) ring.dispose();
  }

  #beginStep(): void {
    this.#steps.weightsChanged();
    const index = this.#stepCount++;
    const slot = this.#train.claim(index + 1);
    const { optimizer, decay } = this.#parts;
    this.#writeStepState(slot, index, optimizer.stepRate(index + 1, this.learningRate));
    if (decay !== undefined)
      this.gpu.write(decay, Float32Array.of(optimizer.weightDecay * this.learningRate));
  }

  #writeStepState(slot: number, index = 0, rate = 0): void {
    const words = new Uint32Array([index, this.#seed, 0, slot]);
    new Float32Array(words.buffer)[2] = rate;
    this.gpu.write(this.#parts.stepState, words);
  }

  async #collect(): Promise<void> {
    if (this.#train.size === 0) return;
    await this.#flight.landed();
    for (const metrics of await this.#train.read()) {
      const gradientNorm = await this.#gradientNorm.take(metrics.step);
      this.#collected.push(gradientNorm === undefined ? metrics : { ...metrics, gradientNorm });
    }
  }
}
