import type { Gpu } from '../gpu/device.js';
import type { LossParts } from '../gpu/kernels/softmax_cross_entropy.js';
import type { CommandInfo } from '../gpu/program.js';
import type { Tensor } from '../gpu/tensor.js';
import type { TensorVar } from './context.js';
import type { LayerRecord, Step, StepParts } from './step.js';

/**
 * One training step that stays on the device, layer by layer, with every value and gradient. It can run again, for example
 * after a weight has changed. It never changes weights, and leaves batch norm's moving averages as it finds them.
 * `Learner.observe` makes one; the caller disposes it before the learner.
 */
export class Observation {
  /** The device that holds it. */
  readonly gpu: Gpu;
  /** The moving averages, and copies of them. */
  readonly #averages: readonly (readonly [own: Tensor, kept: Tensor])[];

  /** @param prepare writes the step's state (its index, from which dropout derives its masks) before each run */
  constructor(
    { gpu, parameters }: StepParts,
    private readonly step: Step,
    private readonly prepare: () => void,
  ) {
    this.gpu = gpu;
    this.#averages = parameters.fixed.wholes.map((own) => [
      own,
      gpu.empty(own.shape, 'moving averages before the step'),
    ]);
  }

  /** The layers in order, with their values and gradients. */
  get layers(): readonly LayerRecord[] {
    return this.step.layers;
  }

  /** The weights by name; `grad` of the trainable ones holds dLoss/dweight. The penalties and clipping come later. */
  get weights(): ReadonlyMap<string, TensorVar> {
    return this.step.vars;
  }

  /** The images after augmentation and preprocessing, [B, H, W, C]. */
  get images(): Tensor {
    return this.step.images;
  }

  get #loss(): LossParts {
    return this.step.loss as LossParts; // steps that are observed have it
  }

  /** [B, classes]. */
  get probabilities(): Tensor {
    return this.#loss.probabilities;
  }

  /** The loss of each image, [B], times the weight of its class. The loss of the step is their mean. */
  get losses(): Tensor {
    return this.#loss.losses;
  }

  /** The dispatches, in order. */
  get commands(): readonly CommandInfo[] {
    return this.step.program.commands;
  }

  /** Runs the step with the current weights; with `forward`, up to the loss only. */
  run(passes: 'forward' | 'all' = 'all'): void {
    this.#withAverages(() =>
      this.step.program.run(passes === 'forward' ? this.step.forward : this.commands.length),
    );
  }

  /** Runs the step; resolves with the device time of each dispatch in nanoseconds. Throws GpuValidationError. */
  async profile(): Promise<number[]> {
    return this.#withAverages(() => this.step.program.profile());
  }

  /** Compiles the kernels that are new to this device. */
  async compile(onProgress?: (done: number, total: number) => void): Promise<void> {
    await this.step.program.compile(onProgress);
  }

  /** The mean loss of a forward pass with the current weights. */
  async loss(): Promise<number> {
    this.run('forward');
    const losses = await this.gpu.read(this.losses);
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  /** Commands run in the order of submission, so the copies frame the run. */
  #withAverages<T>(body: () => T): T {
    this.prepare();
    for (const [own, kept] of this.#averages) this.gpu.copy(own, kept);
    const result = body();
    for (const [own, kept] of this.#averages) this.gpu.copy(kept, own);
    return result;
  }

  /** Frees its memory on the device. */
  dispose(): void {
    this.step.program.dispose();
    for (const [, kept] of this.#averages) this.gpu.free(kept);
  }
}
