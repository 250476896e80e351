import type { Gpu, PackedTensors } from '../gpu/device.js';
import { ShapeError, WeightTooLargeError } from '../gpu/errors.js';
import { updateAverage } from '../gpu/kernels/moving_average.js';
import { runOnce } from '../gpu/recorder.js';
import { formatShape, type Shape, sizeOf } from '../gpu/shape.js';
import type { Tensor } from '../gpu/tensor.js';
import { Rng } from '../util/random.js';
import { initialize } from './init.js';
import type { Network } from './network.js';
import { allState, type Optimizer } from './optimizers.js';

/** A named array on the host. */
export interface NamedArray {
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** The values in row-major order. */
  readonly data: Float32Array;
}

/** Arrays by name, e.g. `conv2d/kernel`. */
export type NamedArrays = ReadonlyMap<string, NamedArray>;

/** Names in the optimiser's state of the averaged weights, and of the batch norm statistics that belong to them. */
const [AVERAGE, STATISTICS] = ['average', 'statistics'];

/**
 * Everything on the device that training changes: the weights, their gradients, and the optimiser's state. Trainable
 * weights lie side by side in one buffer, or in several where the device allows none of that size; gradients and state have
 * the same layout. Arrays are named like the model's weights. The names of state arrays start with the state's name, e.g.
 * `moment/conv2d/kernel`.
 */
export class Parameters {
  /** Every weight of the model. */
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly trained: PackedTensors;
  readonly gradients: PackedTensors;
  /** Weights without gradients: batch norm's moving averages. */
  readonly fixed: PackedTensors;
  /** The average of `trained`, if one is kept. */
  readonly average: PackedTensors | undefined;
  /** The counterpart of `fixed` that belongs to the average. */
  readonly statistics: PackedTensors | undefined;
  readonly #packedState: ReadonlyMap<string, PackedTensors>;
  readonly #optimizerState: ReadonlyMap<string, PackedTensors>;

  constructor(
    private readonly gpu: Gpu,
    private readonly model: Network,
    optimizer: Optimizer,
    { seed, averaged }: { readonly seed: number; readonly averaged: boolean },
  ) {
    const shapes = new Map(
      model.weights.filter(({ trainable }) => trainable).map(({ name, shape }) => [name, shape]),
    );
    requireRoom(gpu, model.name, shapes);
    this.trained = gpu.pack(shapes, 'weights');
    this.gradients = gpu.pack(shapes, 'gradients');
    const fixed = new Map(
      model.weights.filter(({ trainable }) => !trainable).map(({ name, shape }) => [name, shape]),
    );
    this.fixed = gpu.pack(fixed, 'statistics');
    this.weights = new Map(
      model.weights.map(({ name }) => [
        name,
        (this.trained.parts.get(name) ?? this.fixed.parts.get(name)) as Tensor,
      ]),
    );
    model.weights.forEach(({ name, shape, initializer }, i) => {
      gpu.write(this.#weight(name), initialize(initializer, shape, new Rng(seed, i)));
    });
    this.#packedState = new Map(
      allState(optimizer).map((word) => [
        word,
        gpu.pack(optimizer.usedState.includes(word) ? shapes : new Map([['unused', [1]]]), word),
      ]),
    );
    this.#optimizerState = new Map(this.#packedState);
    if (!averaged) return;
    this.average = gpu.pack(shapes, AVERAGE);
    this.#packedState = new Map([...this.#packedState, [AVERAGE, this.average]]);
    if (fixed.size > 0) {
      this.statistics = gpu.pack(fixed, STATISTICS);
      this.#packedState = new Map([...this.#packedState, [STATISTICS, this.statistics]]);
    }
    this.#beginAverage();
  }

  #beginAverage(): void {
    for (const [own, other] of this.averages) this.gpu.copy(own, other);
  }

  /** The optimiser's state tensors by name, for the buffer of `trained` with this index. An unused one has one element. */
  stateOf(buffer: number): Readonly<Record<string, Tensor>> {
    return Object.fromEntries(
      [...this.#optimizerState].map(([word, { wholes }]) => [word, (wholes[buffer] ?? wholes[0]) as Tensor]),
    );
  }

  /** Pairs of weights and their averages; empty if no average is kept. */
  get averages(): (readonly [Tensor, Tensor])[] {
    const { trained, average, fixed, statistics } = this;
    return [...pairs(trained, average), ...pairs(fixed, statistics)];
  }

  #weight(name: string): Tensor {
    const tensor = this.weights.get(name);
    if (tensor === undefined)
      throw new ShapeError(this.model.name, 'weights match the model', 'the name of a weight', name);
    return tensor;
  }

  /** All weights, moving averages included, in layer order. */
  async read(): Promise<Map<string, NamedArray>> {
    const trained = await this.#readPacked(this.trained);
    const fixed = await this.#readPacked(this.fixed);
    return new Map(
      this.model.weights.map(({ name }) => [name, (trained.get(name) ?? fixed.get(name)) as NamedArray]),
    );
  }

  /**
   * Replaces all weights and restarts the average from them. Throws ShapeError for a weight that is missing, unknown, or
   * of another shape.
   */
  write(arrays: NamedArrays): void {
    this.#writeAll(this.weights, arrays);
    this.#beginAverage();
  }

  /** The gradients of the last training step, after penalties and clipping. */
  async readGradients(): Promise<Map<string, NamedArray>> {
    return this.#readPacked(this.gradients);
  }

  /** The optimiser's state, with the average and its statistics if one is kept. */
  async readState(): Promise<Map<string, NamedArray>> {
    const result = new Map<string, NamedArray>();
    for (const [word, packed] of this.#packedState) {
      if (packed.parts.has('unused')) continue;
      for (const [name, array] of await this.#readPacked(packed)) result.set(`${word}/${name}`, array);
    }
    return result;
  }

  /** Replaces the optimiser's state. Throws ShapeError if it belongs to another optimiser or model. */
  writeState(arrays: NamedArrays): void {
    const own = [...this.#packedState].flatMap(([word, { parts }]) =>
      parts.has('unused') ? [] : [...parts].map(([name, tensor]) => [`${word}/${name}`, tensor] as const),
    );
    this.#writeAll(new Map(own), arrays);
  }

  #writeAll(own: ReadonlyMap<string, Tensor>, arrays: NamedArrays): void {
    for (const name of arrays.keys()) {
      if (!own.has(name))
        throw new ShapeError(this.model.name, 'weights match the model', 'the name of a weight', name);
    }
    for (const [name, tensor] of own) {
      const given = arrays.get(name);
      const got = given === undefined ? 'nothing' : formatShape(given.shape);
      if (given === undefined || got !== formatShape(tensor.shape)) {
        throw new ShapeError(this.model.name, `weight ${name}`, formatShape(tensor.shape), got);
      }
      this.gpu.write(tensor, given.data);
    }
  }

  /** Reads all packed tensors, each buffer in one transfer. */
  async #readPacked({ wholes, parts }: PackedTensors): Promise<Map<string, NamedArray>> {
    const values = new Map<GPUBuffer, Float32Array>();
    for (const whole of wholes) values.set(whole.buffer, await this.gpu.read(whole));
    return new Map(
      [...parts].map(([name, { shape, buffer, offset }]) => {
        const whole = values.get(buffer) as Float32Array;
        return [name, { shape, data: whole.slice(offset / 4, offset / 4 + sizeOf(shape)) }];
      }),
    );
  }

  /** Runs `body` with the average in place of the weights, if one is kept. */
  async withAverage<T>(body: () => Promise<T>): Promise<T> {
    const { gpu } = this;
    const exchanged = this.averages;
    const kept = exchanged.map(([own, other]) => {
      const copy = gpu.empty(own.shape, 'weights in training');
      gpu.copy(own, copy);
      gpu.copy(other, own);
      return copy;
    });
    try {
      return await body();
    } finally {
      exchanged.forEach(([own], i) => {
        const copy = kept[i] as Tensor;
        gpu.copy(copy, own);
        gpu.free(copy);
      });
    }
  }

  /**
   * Adds the weights to the equally weighted average, as its `count`th set. `calibrate` then runs with the average in place of the
   * weights; the batch norm statistics that it leaves behind become those of the average.
   */
  async takeAverage(count: number, calibrate: () => Promise<void>): Promise<void> {
    const { average, statistics, fixed, gpu } = this;
    if (average === undefined) return;
    await runOnce(
      gpu,
      (rec) => {
        for (const [own, mean] of pairs(this.trained, average)) updateAverage(rec, own, mean, 1 - 1 / count);
      },
      () => gpu.sync(),
    );
    if (statistics === undefined) return;
    const keep = (): void => {
      for (const [own, mean] of pairs(fixed, statistics)) gpu.copy(own, mean);
    };
    if (count === 1) keep();
    await this.withAverage(async () => {
      await calibrate();
      keep();
    });
  }

  dispose(): void {
    const packed = [this.trained, this.gradients, this.fixed, ...this.#packedState.values()];
    for (const { wholes } of packed) for (const whole of wholes) this.gpu.free(whole);
  }
}

/** The corresponding buffers of two sets of tensors with the same layout; empty without the second set. */
function pairs(one: PackedTensors, other: PackedTensors | undefined): (readonly [Tensor, Tensor])[] {
  return other === undefined ? [] : one.wholes.map((whole, i) => [whole, other.wholes[i] as Tensor]);
}

/** Throws WeightTooLargeError for a weight that does not fit into a buffer of the adapter. */
function requireRoom({ pool }: Gpu, model: string, shapes: ReadonlyMap<string, Shape>): void {
  for (const [name, shape] of shapes) {
    const bytes = 4 * sizeOf(shape);
    if (!pool.fits(bytes)) throw new WeightTooLargeError(model, name, bytes, pool.largest);
  }
}
