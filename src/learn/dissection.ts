import type { Gpu } from '../gpu/device.js';
import { sizeOf } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import { Learner, type LearnerState } from '../nn/learner.js';
import type { Observation } from '../nn/observation.js';
import { adam } from '../nn/optimizers.js';
import type { NamedArray, NamedArrays } from '../nn/parameters.js';
import type { Images } from '../nn/step_cache.js';
import { Feed } from '../train/feed.js';
import { RunError, UsageError } from '../util/errors.js';
import { badIn, correctOf, meanOf, meanSizes, mostProbable, outputStats } from './batch_numbers.js';
import type { LayerValues, Values } from './layers/arithmetic.js';
import type {
  LayerStats,
  LayerView,
  LearnReport,
  Stage,
  StageReport,
  ValueKind,
  WeightStats,
} from './report.js';
import { type LearnRequest, type LearnSource, type LoadData, openSource } from './source.js';
import { channelStats, merged, type Stats, statsOf } from './stats.js';

/** What happened to the weights in the step. */
interface Updated {
  readonly state: LearnerState;
  /** The gradient as the optimiser got it: with penalties, clipped. */
  readonly gradients: NamedArrays;
}

const COPIED_LAYERS = 4; // whose values stay on the host

/**
 * One training step, taken apart. It works on a copy of the weights. The step stays on the device, layer by layer, as long as
 * the dissection lives, and the weights are those before the step whenever no method runs. A method that needs a stage
 * computes it. Methods may be called while another runs: they take turns.
 */
export class Dissection {
  /** The weights and the optimiser's state before the step. */
  readonly before: LearnerState;
  readonly #feed: Feed;
  readonly #images: Images;
  /** The last pass whose results are on the device: none, the forward pass, or both. */
  #passed: 'none' | 'forward' | 'all' = 'none';
  #updated: Updated | undefined;
  /** Host copies of the tensors of the layers that were read last, by layer. */
  readonly #copies = new Map<number, Map<Tensor, Float32Array | Uint32Array>>();
  readonly #forwardStats = new Map<string, LayerStats>();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly learner: Learner,
    readonly source: LearnSource,
    readonly observation: Observation,
    parts: { before: LearnerState; feed: Feed; images: Images; labels: Uint32Array },
    /** True classes of the images. */
    readonly labels = parts.labels,
  ) {
    this.before = parts.before;
    this.#feed = parts.feed;
    this.#images = parts.images;
  }

  /**
   * Prepares the step that a request names.
   * @param load reads a data set, see `loadDataset` @param onCompile progress of compiling kernels
   * Throws UsageError, RunError, DataError, OutOfMemoryError.
   */
  static async open(
    gpu: Gpu,
    request: LearnRequest,
    load: LoadData,
    onCompile?: (done: number, total: number) => void,
  ): Promise<Dissection> {
    return Dissection.of(gpu, await openSource(gpu, request, load), onCompile);
  }

  /** Prepares a step that is open already. Throws OutOfMemoryError, ShaderError. */
  static async of(
    gpu: Gpu,
    source: LearnSource,
    onCompile?: (done: number, total: number) => void,
  ): Promise<Dissection> {
    const { network, options, images: batches, draws } = source;
    const learner = new Learner(gpu, network, { optimizer: adam(), ...options });
    let feed: Feed | undefined;
    try {
      if (source.weights !== undefined) learner.writeWeights(source.weights);
      if (source.state !== undefined) learner.writeState(source.state);
      feed = new Feed(gpu, batches);
      const images = feed.imagesOf(draws);
      const labels = source.labels.slice();
      if (source.guessFirst) labels[0] = await mostProbable(learner, images);
      const observation = await learner.observe(images, labels);
      await observation.compile(onCompile);
      const before = await learner.readState();
      return new Dissection(learner, source, observation, { before, feed, images, labels });
    } catch (error) {
      feed?.dispose();
      await learner.dispose();
      throw error;
    }
  }

  /** What is dissected. */
  get report(): LearnReport {
    const { network, classes, title, data, images, options, guessFirst } = this.source;
    const { gpu } = this.learner;
    const { rows } = network.summary();
    const [h = 1, w = 1, c = 1] = network.inputShape;
    return {
      ...{ network: network.name, source: title, classes, data, shape: [h, w, c] },
      layers: network.layers.map(({ name, layer, inputShape, outputShape, weights }, i) => ({
        ...{ name, kind: layer.kind, input: inputShape, output: outputShape, settings: layer.config },
        from: rows[i]?.from ?? [],
        weights: weights.map(({ name: weight, shape, trainable }) => ({ name: weight, shape, trainable })),
      })),
      ...{
        count: images.size,
        labels: [...this.labels],
        guessed: guessFirst,
        badWeights: badIn(this.before.weights),
        step: this.before.stepCount + 1,
      },
      ...{ seed: options.seed ?? 7, optimizer: (options.optimizer ?? adam()).rule },
      ...{ learningRate: this.before.learningRate, bytes: gpu.pool.stats.liveBytes, adapter: gpu.info.name },
    };
  }

  /** Computes a stage, with those before it that it needs. */
  stage(stage: Stage): Promise<StageReport> {
    return this.inTurn(async () => {
      switch (stage) {
        case 'batch':
          return this.#batch();
        case 'augmentation':
          return this.#augmentation();
        case 'forward':
          await this.#pass('forward');
          return { stage, layers: await this.#layerStats(false) };
        case 'loss':
          return this.#loss();
        case 'backward':
          await this.#pass('all');
          return { stage, layers: await this.#layerStats(true), weights: await this.#weightStats() };
        case 'update':
          await this.#pass('all');
          await this.update();
          return { stage, weights: await this.#weightStats(), learningRate: this.before.learningRate };
        case 'again':
          return this.#again();
      }
    });
  }

  /** Runs `body` when all earlier calls are done. Calls from within a turn must not take one of their own. */
  inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(body);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #batch(): StageReport {
    const { images, classes } = this.source;
    const counts = classes.map((_, c) => this.labels.filter((label) => label === c).length);
    return { stage: 'batch', pixels: images.images.slice(), counts };
  }

  async #augmentation(): Promise<StageReport> {
    await this.#pass('forward');
    const images = await this.learner.gpu.read(this.observation.images);
    const { draws, images: batches } = this.source;
    return {
      stage: 'augmentation',
      images,
      draws,
      preprocess: batches.preprocess.name,
      stats: statsOf(images),
    };
  }

  async #loss(): Promise<StageReport> {
    await this.#pass('all');
    const { gpu } = this.learner;
    const { observation, labels } = this;
    const last = observation.layers.at(-1);
    if (last?.output.grad === undefined) throw new RunError(`${this.source.network.name} has no layers`);
    const logits = await gpu.read(last.output.value);
    const gradient = await gpu.read(last.output.grad);
    const probabilities = await gpu.read(observation.probabilities);
    const losses = await gpu.read(observation.losses);
    const { labelSmoothing = 0 } = this.source.options;
    return {
      ...{ stage: 'loss', logits, gradient, probabilities, losses, labelSmoothing },
      ...{ loss: meanOf(losses), correct: correctOf(probabilities, labels) },
    };
  }

  async #again(): Promise<StageReport> {
    await this.#pass('all');
    const { gpu } = this.learner;
    const { observation, labels } = this;
    const lossesBefore = await gpu.read(observation.losses);
    const { state, gradients } = await this.update();
    const [losses, probabilities] = await this.withState(state, async () => {
      observation.run('forward');
      return [await gpu.read(observation.losses), await gpu.read(observation.probabilities)] as const;
    });
    let predicted = 0;
    for (const [name, { data: gradient }] of gradients) {
      const [old, now] = [this.weightBefore(name).data, state.weights.get(name)?.data];
      for (let i = 0; i < gradient.length; i++) {
        predicted += (gradient[i] as number) * ((now?.[i] ?? 0) - (old[i] as number));
      }
    }
    return {
      ...{
        stage: 'again',
        before: meanOf(lossesBefore),
        after: meanOf(losses),
        predicted,
        losses,
        lossesBefore,
      },
      correct: correctOf(probabilities, labels),
    };
  }

  /** Makes sure that the results of a pass are on the device. Within a turn only. */
  async #pass(passes: 'forward' | 'all'): Promise<void> {
    if (this.#passed === 'all' || this.#passed === passes) return;
    this.observation.run(passes);
    this.#passed = passes;
    this.#copies.clear();
    await this.learner.gpu.sync();
  }

  /** Takes the step once, by the fused kernels of training, and goes back to the weights before it. Within a turn only. */
  async update(): Promise<Updated> {
    if (this.#updated === undefined) {
      const { learner } = this;
      await learner.train(this.#images, this.labels);
      this.#updated = { gradients: await learner.readGradients(), state: await learner.readState() };
      learner.writeState(this.before);
    }
    return this.#updated;
  }

  /** Runs `body` with other weights, then restores those before the step and what they computed. Within a turn only. */
  async withState<T>(state: LearnerState, body: () => Promise<T>): Promise<T> {
    const { learner, observation } = this;
    try {
      learner.writeState(state);
      return await body();
    } finally {
      learner.writeState(this.before);
      if (this.#passed !== 'none') observation.run(this.#passed);
      await learner.gpu.sync();
    }
  }

  /** A weight before the step. */
  weightBefore(name: string): NamedArray {
    const array = this.before.weights.get(name);
    if (array === undefined) throw new UsageError(`no weight named ${name}`);
    return array;
  }

  /** Everything that a layer read and wrote, on the host. Runs both passes. Within a turn only. */
  async valuesOf(index: number): Promise<LayerValues> {
    await this.#pass('all');
    const { layers } = this.source.network;
    const record = this.observation.layers[index];
    const placed = layers[index];
    if (record === undefined || placed === undefined)
      throw new UsageError(`layer ${index}: expected a number from 0 to ${layers.length - 1}`);
    const read = (tensor: Tensor, integer = false): Promise<Values> => this.#copy(index, tensor, integer);
    const inner = new Map<string, Values>();
    for (const [name, { value, grad }] of record.inner) {
      inner.set(name, await read(value, name === 'argmax'));
      if (grad !== undefined) inner.set(`d${name}`, await read(grad));
    }
    const [first, ...rest] = record.inputs;
    const others: Values[] = [];
    for (const { value } of rest) others.push(await read(value));
    const gradients = new Map<string, NamedArray>();
    const short = (name: string): string => name.slice(placed.name.length + 1);
    for (const { name, shape } of placed.weights) {
      const grad = this.observation.weights.get(name)?.grad;
      if (grad !== undefined)
        gradients.set(short(name), { shape, data: Float32Array.from((await read(grad)).data) });
    }
    const optional = async (tensor: Tensor | undefined) => tensor && (await read(tensor));
    return {
      ...{ placed, index, last: index === layers.length - 1, inner, others, gradients },
      x: await read(first.value),
      y: await read(record.output.value),
      dx: await optional(first.grad),
      dy: await optional(record.output.grad),
      weights: new Map(placed.weights.map(({ name }) => [short(name), this.weightBefore(name)])),
      seed: this.source.options.seed ?? 7,
      step: this.before.stepCount,
    };
  }

  async #copy(layer: number, tensor: Tensor, integer = false): Promise<Values> {
    const arrays = this.#copies.get(layer) ?? new Map<Tensor, Float32Array | Uint32Array>();
    this.#copies.delete(layer);
    this.#copies.set(layer, arrays); // the latest is last
    const [oldest] = this.#copies.keys();
    if (this.#copies.size > COPIED_LAYERS && oldest !== undefined) this.#copies.delete(oldest);
    const { gpu } = this.learner;
    const data = arrays.get(tensor) ?? (integer ? await gpu.readU32(tensor) : await gpu.read(tensor));
    arrays.set(tensor, data);
    return { shape: tensor.shape, data };
  }

  /** One image's values in a layer. @param image its place in the batch */
  view(index: number, kind: ValueKind, image: number): Promise<LayerView> {
    return this.inTurn(async () => {
      const record = this.observation.layers[index];
      const { layers } = this.source.network;
      const placed = layers[index];
      if (record === undefined || placed === undefined)
        throw new UsageError(`layer ${index}: expected a number from 0 to ${layers.length - 1}`);
      if (!(image >= 0 && image < this.labels.length))
        throw new UsageError(`image ${image}: expected a number from 0 to ${this.labels.length - 1}`);
      const gradient = kind.endsWith('gradient');
      await this.#pass(gradient ? 'all' : 'forward');
      const variable = kind.startsWith('input') ? record.inputs[0] : record.output;
      const tensor = gradient ? variable.grad : variable.value;
      const shape = variable.value.shape.slice(1);
      const channels = shape.at(-1) ?? 1;
      const none = { layer: placed.name, kind, image, shape, gradients: [] };
      if (tensor === undefined)
        return {
          ...none,
          values: undefined,
          stats: statsOf([]),
          channels: [],
          message: 'the loss does not depend on it',
        };
      const all = (await this.#copy(index, tensor)).data as Float32Array;
      const size = sizeOf(shape);
      const parts = channelStats(all, channels);
      const dy = this.#passed === 'all' ? variable.grad : undefined;
      const backward = dy === undefined ? undefined : (await this.#copy(index, dy)).data;
      return {
        ...none,
        values: all.slice(image * size, (image + 1) * size),
        message: '',
        stats: merged(parts, all.length / channels),
        channels: parts,
        gradients: meanSizes(backward, channels),
      };
    });
  }

  async #layerStats(backward: boolean): Promise<LayerStats[]> {
    const { gpu } = this.learner;
    const result: LayerStats[] = [];
    for (const { name, output } of this.observation.layers) {
      const channels = output.value.shape.at(-1) ?? 1;
      const known = this.#forwardStats.get(name);
      const forward = known ?? outputStats(name, await gpu.read(output.value), channels);
      this.#forwardStats.set(name, forward);
      const gradient =
        backward && output.grad !== undefined ? statsOf(await gpu.read(output.grad)) : undefined;
      result.push({ ...forward, gradient });
    }
    return result;
  }

  async #weightStats(): Promise<WeightStats[]> {
    const { gpu } = this.learner;
    const result: WeightStats[] = [];
    for (const [name, { value, grad }] of this.observation.weights) {
      if (grad === undefined) continue;
      const [weight, gradient]: [Stats, Stats] = [
        statsOf(this.weightBefore(name).data),
        statsOf(await gpu.read(grad)),
      ];
      const after = this.#updated?.state.weights.get(name)?.data;
      const old = this.weightBefore(name).data;
      const moved = after && statsOf(after.map((now, i) => now - (old[i] as number))).norm / weight.norm;
      result.push({ name, shape: value.shape, weight, gradient, ratio: gradient.norm / weight.norm, moved });
    }
    return result;
  }

  /** Frees its memory on the device. */
  dispose(): Promise<void> {
    return this.inTurn(async () => {
      this.observation.dispose();
      this.#feed.dispose();
      await this.learner.dispose();
    });
  }
}
