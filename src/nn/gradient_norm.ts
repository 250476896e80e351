import type { Gpu } from '../gpu/device.js';
import { sumOfSquares } from '../gpu/kernels/weight_penalty.js';
import type { Program } from '../gpu/program.js';
import { Recorder } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';

/** Computes the 2-norm of a gradient on the device and reads back one number. The first measurement records the program. */
export class GradientNorm {
  readonly #reads = new Map<number, Promise<Float32Array>>();
  #recorded: Promise<{ readonly program: Program; readonly squares: Tensor }> | undefined;

  /** @param gradients those of all weights, side by side, in one or several buffers */
  constructor(
    private readonly gpu: Gpu,
    private readonly gradients: readonly Tensor[],
  ) {}

  /**
   * Queues a measurement of a step's gradient after all work queued before. Resolves when it is queued, not when it is done.
   * Throws ShaderError, OutOfMemoryError.
   */
  async queue(step: number): Promise<void> {
    this.#recorded ??= this.#record();
    const { program, squares } = await this.#recorded;
    program.run();
    const read = this.gpu.read(squares);
    read.catch(() => undefined); // an error is thrown where the norm is awaited
    this.#reads.set(step, read);
  }

  /** Returns and forgets the norm of a step's gradient; undefined if it was not measured. Throws what `Gpu.read` throws. */
  async take(step: number): Promise<number | undefined> {
    const read = this.#reads.get(step);
    this.#reads.delete(step);
    return read && Math.sqrt((await read)[0] ?? 0);
  }

  /** Frees its memory on the device. */
  async dispose(): Promise<void> {
    (await this.#recorded)?.program.dispose();
  }

  async #record(): Promise<{ program: Program; squares: Tensor }> {
    const rec = new Recorder(this.gpu);
    try {
      const squares = rec.scope('gradient norm', () => sumOfSquares(rec, ...this.gradients));
      return { program: await rec.finish(), squares };
    } catch (error) {
      rec.abandon();
      throw error;
    }
  }
}
