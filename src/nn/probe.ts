import { GpuValidationError } from '../gpu/errors.js';
import { softmaxForward } from '../gpu/kernels/softmax.js';
import type { Program } from '../gpu/program.js';
import { Recorder } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';
import { UsageError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { Var } from './autograd.js';
import type { Context, TensorVar } from './context.js';
import type { Network } from './network.js';
import type { NamedArray } from './parameters.js';
import { mustGet, type StepParts, tensorTape, weightVars } from './step.js';

/** What a probe computes. */
export interface ProbeOptions {
  /** Images per run. */
  readonly batch: number;
  /**
   * Name of the layer whose output is differentiated; the last layer's name stands for the logits. Default: no backward pass.
   */
  readonly of?: string | undefined;
  /** Name of the layer where the backward pass may end, which saves time; default: it goes on to the images. */
  readonly downTo?: string | undefined;
}

/** The tensors of a recorded probe. */
interface Recording {
  readonly program: Program;
  /** Dispatches of the forward pass. */
  readonly forward: number;
  readonly images: TensorVar;
  readonly probabilities: Tensor;
  /** The gradient that the backward pass starts from. */
  readonly seed: Tensor | undefined;
  readonly outputs: ReadonlyMap<string, TensorVar>;
}

/**
 * A network in inference mode (moving averages, no dropout) that keeps the output of every layer and the gradients of any
 * weighted sum of one layer's outputs. It runs the layers one by one, with the kernels and the autograd of training, and
 * the weights of its learner as they are at each run. Made by `Learner.probe`.
 */
export class Probe {
  readonly #recording: Recording;

  constructor(
    /** The network. */
    readonly network: Network,
    /** Images per run. */
    readonly batch: number,
    recording: Recording,
  ) {
    this.#recording = recording;
  }

  /** Names of all layers, in order. */
  get layers(): readonly string[] {
    return [...this.#recording.outputs.keys()];
  }

  /**
   * Queues the forward pass. Images do not influence each other.
   * @param images [batch, H, W, C], preprocessed. Throws GpuValidationError on a wrong length.
   */
  forward(images: Float32Array): void {
    const { program, forward, images: target } = this.#recording;
    program.gpu.write(target.value, images);
    program.run(forward);
  }

  /**
   * Queues the backward pass of the last `forward`. It may run again with another seed.
   * @param seed [batch, ...output of the layer `of`]: the gradient at that output. 1 for one class, 0 for the others, gives
   *   the gradients of that class's logit. Throws GpuValidationError on a wrong length, and without a backward pass.
   */
  backward(seed: Float32Array): void {
    const { program, forward, seed: target } = this.#recording;
    if (target === undefined)
      throw new GpuValidationError('a probe without the option "of" has no backward pass');
    program.gpu.write(target, seed);
    program.run(undefined, forward);
  }

  /** The output of a layer, [batch, ...]; of a last softmax its input, the logits. Throws UsageError for an unknown layer. */
  async output(layer: string): Promise<NamedArray> {
    return this.#read(layerOf(this.#recording.outputs, layer).value);
  }

  /** The class probabilities, [batch, classes]. */
  async probabilities(): Promise<Float32Array> {
    return (await this.#read(this.#recording.probabilities)).data;
  }

  /**
   * The gradient at the output of a layer, [batch, ...]; undefined where the layer `of` does not depend on it, or the
   * backward pass does not reach it. Throws UsageError for an unknown layer.
   */
  async gradient(layer: string): Promise<NamedArray | undefined> {
    const { grad } = layerOf(this.#recording.outputs, layer);
    return grad && this.#read(grad);
  }

  /** The gradient at the images, [batch, H, W, C]; undefined where the backward pass does not reach them. */
  async imageGradient(): Promise<NamedArray | undefined> {
    const { grad } = this.#recording.images;
    return grad && this.#read(grad);
  }

  async #read(tensor: Tensor): Promise<NamedArray> {
    return { shape: tensor.shape, data: await this.#recording.program.gpu.read(tensor) };
  }

  /** Frees its memory on the device. */
  dispose(): void {
    this.#recording.program.dispose();
  }
}

/** Records a probe. Throws UsageError for an unknown layer, OutOfMemoryError, ShaderError. */
export async function recordProbe(parts: StepParts, options: ProbeOptions): Promise<Probe> {
  const { gpu, model, stepState } = parts;
  const { batch, of, downTo } = options;
  const rec = new Recorder(gpu, { keepAll: true });
  try {
    const images: TensorVar = new Var(
      rec.allocPrivate([batch, ...model.inputShape], 'images'),
      of !== undefined,
      'images',
    );
    const vars = weightVars(parts, false);
    const tape = tensorTape(rec);
    // Work that depends on the weights alone is part of the forward pass, so that the weights may change between two runs.
    const ctx: Context = {
      ...{ rec, prepare: rec, tape, training: false, deferredNorms: new Map(), stepState, format: 'f32' },
      weight: (name) => mustGet(vars, name),
    };
    const outputs = new Map<string, TensorVar>();
    const logits = model.call(ctx, images, (name, _, output) => outputs.set(name, output));
    const probabilities = rec.scope('probabilities', () => softmaxForward(rec, logits.value));
    const forward = rec.length;
    let seed: Tensor | undefined;
    if (of !== undefined) {
      const output = layerOf(outputs, of);
      seed = rec.allocPrivate(output.value.shape, 'seed');
      tape.backward(output, seed, downTo === undefined ? undefined : layerOf(outputs, downTo));
    }
    const program = await rec.finish();
    return new Probe(model, batch, { program, forward, images, probabilities, seed, outputs });
  } catch (error) {
    rec.abandon();
    throw error;
  }
}

function layerOf(outputs: ReadonlyMap<string, TensorVar>, layer: string): TensorVar {
  const output = outputs.get(layer);
  if (output !== undefined) return output;
  const similar = nearest(layer, outputs.keys());
  const help =
    similar === undefined
      ? `expected one of ${[...outputs.keys()].join(', ')}`
      : `did you mean "${similar}"?`;
  throw new UsageError(`there is no layer "${layer}" in this network; ${help}`);
}
