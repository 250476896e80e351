import type { Gpu, PackedTensors } from '../gpu/device.js';
import { ShapeError } from '../gpu/errors.js';
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
  /** Extents, the last one contiguous. */
  readonly shape: Shape;
  /** Values, row by row. */
  readonly data: Float32Array;
}

/** Arrays by name, e.g. `conv2d/kernel`. */
export type NamedArrays = ReadonlyMap<string, NamedArray>;

/** What the average of the weights, and its own statistics of batch norm, are called beside the optimiser's state. */
const [AVERAGE, STATISTICS] = ['average', 'statistics'];

/**
 * Everything on the device that training changes: the weights, trainable ones side by side in one buffer, places for
 * their gradients, and the optimiser's state, laid out like them. Names are those of the model's weights; state has the
 * optimiser's word in front, e.g. `moment/conv2d/kernel`.
 */
export class Parameters {
  /** Every weight of the model. */
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly trained: PackedTensors;
  readonly gradients: PackedTensors;
  /** The optimiser's state as its kernel binds it; a word that it does not use is one element long. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** What no gradient moves: batch norm's moving averages. */
  readonly fixed: PackedTensors;
  /** An average of `trained.whole`, if there is one. */
  readonly average: Tensor | undefined;
  /** What belongs to that average in place of `fixed`. */
  readonly statistics: PackedTensors | undefined;
  readonly #packedState: ReadonlyMap<string, PackedTensors>;

  constructor(
    private readonly gpu: Gpu,
    private readonly model: Network,
    optimizer: Optimizer,
    { seed, averaged }: { readonly seed: number; readonly averaged: boolean },
  ) {
    const shapes = new Map(
      model.weights.filter(({ trainable }) => trainable).map(({ name, shape }) => [name, shape]),
    );
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
    this.state = Object.fromEntries([...this.#packedState].map(([word, { whole }]) => [word, whole]));
    if (!averaged) return;
    const average = gpu.pack(shapes, AVERAGE);
    this.#packedState = new Map([...this.#packedState, [AVERAGE, average]]);
    this.average = average.whole;
    if (fixed.size > 0) {
      this.statistics = gpu.pack(fixed, STATISTICS);
      this.#packedState = new Map([...this.#packedState, [STATISTICS, this.statistics]]);
    }
    this.#beginAverage();
  }

  #beginAverage(): void {
    for (const [own, other] of this.#averages()) this.gpu.copy(own, other);
  }

  /** What training changes, each beside its average; empty without one. */
  #averages(): (readonly [Tensor, Tensor])[] {
    const { trained, average, fixed, statistics } = this;
    return [
      ...(average === undefined ? [] : [[trained.whole, average] as const]),
      ...(statistics === undefined ? [] : [[fixed.whole, statistics.whole] as const]),
    ];
  }

  #weight(name: string): Tensor {
    const tensor = this.weights.get(name);
    if (tensor === undefined) throw new ShapeError(this.model.name, 'weights fit', 'a weight it has', name);
    return tensor;
  }

  /** All weights, moving averages included, in layer order. */
  async read(): Promise<Map<string, NamedArray>> {
    const trained = await this.#readPacked(this.trained);
    const fixed = await this.readFixed();
    return new Map(
      this.model.weights.map(({ name }) => [name, (trained.get(name) ?? fixed.get(name)) as NamedArray]),
    );
  }

  /** The weights that no gradient moves: moving averages. */
  async readFixed(): Promise<Map<string, NamedArray>> {
    return this.#readPacked(this.fixed);
  }

  /** Replaces all weights; an average begins anew from them. Throws ShapeError when a name is missing, unknown, or of another shape. */
  write(arrays: NamedArrays): void {
    this.#writeAll(this.weights, arrays);
    this.#beginAverage();
  }

  /** Replaces some weights. Throws ShapeError for one that is unknown or of another shape. */
  writeSome(arrays: NamedArrays): void {
    for (const [name, { data }] of arrays) this.gpu.write(this.#weight(name), data);
  }

  async readState(): Promise<Map<string, NamedArray>> {
    const result = new Map<string, NamedArray>();
    for (const [word, packed] of this.#packedState) {
      if (packed.parts.has('unused')) continue;
      for (const [name, array] of await this.#readPacked(packed)) result.set(`${word}/${name}`, array);
    }
    return result;
  }

  /** Replaces the optimiser's state. Throws ShapeError when it is that of another optimiser or model. */
  writeState(arrays: NamedArrays): void {
    const own = [...this.#packedState].flatMap(([word, { parts }]) =>
      parts.has('unused') ? [] : [...parts].map(([name, tensor]) => [`${word}/${name}`, tensor] as const),
    );
    this.#writeAll(new Map(own), arrays);
  }

  #writeAll(own: ReadonlyMap<string, Tensor>, arrays: NamedArrays): void {
    for (const name of arrays.keys()) {
      if (!own.has(name)) throw new ShapeError(this.model.name, 'weights fit', 'only weights it has', name);
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

  /** One read for all of them. */
  async #readPacked({ whole, parts }: PackedTensors): Promise<Map<string, NamedArray>> {
    const values = await this.gpu.read(whole);
    return new Map(
      [...parts].map(([name, { shape, offset }]) => [
        name,
        { shape, data: values.slice(offset / 4, offset / 4 + sizeOf(shape)) },
      ]),
    );
  }

  /** Puts the average in the place of the weights while `body` runs; without one only runs it. */
  async withAverage<T>(body: () => Promise<T>): Promise<T> {
    const { gpu } = this;
    const exchanged = this.#averages();
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
   * Takes the weights into their equal average, as the `count`th ones. Its statistics of batch norm are those that
   * `calibrate` leaves behind when it runs with the average in the place of the weights.
   */
  async takeAverage(count: number, calibrate: () => Promise<void>): Promise<void> {
    const { average, statistics, fixed, gpu } = this;
    if (average === undefined) return;
    await runOnce(
      gpu,
      (rec) => updateAverage(rec, this.trained.whole, average, 1 - 1 / count),
      () => gpu.sync(),
    );
    if (statistics === undefined) return;
    if (count === 1) gpu.copy(fixed.whole, statistics.whole);
    await this.withAverage(async () => {
      await calibrate();
      gpu.copy(fixed.whole, statistics.whole);
    });
  }

  dispose(): void {
    const packed = [this.trained, this.gradients, this.fixed, ...this.#packedState.values()];
    for (const { whole } of packed) this.gpu.free(whole);
  }
}
