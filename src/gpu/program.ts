import { type Compilable, compileKernels } from './compile.js';
import type { Gpu } from './device.js';
import { DisposedError, GpuValidationError } from './errors.js';
import { UsualTime } from './polling.js';
import type { Constants } from './shader.js';
import type { Tensor } from './tensor.js';

/** One dispatch with its bind group: ready to be encoded. */
export interface Command extends Compilable {
  /** The recorder's scope at the time of recording, e.g. `conv2d_1/forward`. */
  readonly scope: string;
  readonly groups: readonly [number, number, number];
  readonly bytes: number;
}

/** Public description of one dispatch of a program. */
export interface CommandInfo {
  /** Shader and entry point, e.g. `elu.forward`. */
  readonly kernel: string;
  /** The layer and pass that it belongs to, e.g. `conv2d_1/backward`. */
  readonly scope: string;
  /** Number of workgroups. */
  readonly workgroups: number;
  /** Values that are compiled into the shader. */
  readonly constants: Constants;
  /** Bytes of all tensors that it binds. */
  readonly bytes: number;
}

/** A recorded list of dispatches with all its memory. */
export class Program {
  #disposed = false;
  /** How long `read` usually waits. */
  readonly #usual = new UsualTime();

  constructor(
    /** The device that it runs on. */
    readonly gpu: Gpu,
    private readonly list: readonly Command[],
    private readonly free: () => void,
  ) {}

  /** The dispatches, in order of execution. */
  get commands(): readonly CommandInfo[] {
    return this.list.map(({ kernel, scope, groups: [x, y, z], constants, bytes }) => {
      return { kernel: kernel.name, scope, workgroups: x * y * z, constants, bytes };
    });
  }

  /** Compiles the kernels that are new to this device. Otherwise the first run compiles them. See compile.ts. */
  async compile(onProgress?: (done: number, total: number) => void): Promise<void> {
    await Program.compileAll(this.gpu, [this], onProgress);
  }

  /**
   * Compiles the kernels of several programs at once.
   *
   * @returns whether the driver's cache lacked them, so that it took a second device
   */
  static async compileAll(
    gpu: Gpu,
    programs: readonly Program[],
    onProgress?: ((done: number, total: number) => void) | undefined,
  ): Promise<boolean> {
    return compileKernels(
      gpu,
      programs.flatMap(({ list }) => list),
      onProgress,
    );
  }

  /**
   * Submits the dispatches in one compute pass and returns at once. `Gpu.read` and `Gpu.sync` wait for the result.
   * @param end index after the last dispatch to run; default: all are run @param begin index of the first dispatch
   */
  run(end = this.list.length, begin = 0): void {
    const encoder = this.gpu.device.createCommandEncoder();
    this.#encode(encoder, begin, end);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Runs all dispatches and reads a tensor of floats, in one submission. Throws what `Gpu.check` throws. */
  async read(tensor: Tensor): Promise<Float32Array> {
    return this.gpu.read(tensor, (encoder) => this.#encode(encoder, 0, this.list.length), this.#usual);
  }

  #encode(encoder: GPUCommandEncoder, begin: number, end: number): void {
    if (this.#disposed) throw new DisposedError('a program');
    const pass = encoder.beginComputePass();
    for (let i = begin; i < end; i++) encodeCommand(pass, this.list[i] as Command);
    pass.end();
  }

  /**
   * Runs every dispatch in a compute pass of its own and returns its device time in nanoseconds, in order. Slower than
   * `run` by a few microseconds per dispatch. Throws GpuValidationError on adapters without timestamp queries.
   */
  async profile(): Promise<number[]> {
    const { device } = this.gpu;
    if (!device.features.has('timestamp-query')) {
      throw new GpuValidationError(`${this.gpu.info.name} has no timestamp queries; kernels cannot be timed`);
    }
    if (this.list.length === 0) return [];
    const count = this.list.length * 2;
    const querySet = device.createQuerySet({ type: 'timestamp', count });
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    const resolved = device.createBuffer({ size: count * 8, usage });
    const times = this.gpu.empty([count * 2], 'timestamps');
    try {
      const encoder = device.createCommandEncoder();
      this.list.forEach((command, i) => {
        const pass = encoder.beginComputePass({
          timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
        });
        encodeCommand(pass, command);
        pass.end();
      });
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, times.buffer, 0, count * 8);
      device.queue.submit([encoder.finish()]);
      const stamps = new BigUint64Array((await this.gpu.readU32(times)).buffer);
      return this.list.map((_, i) => Number((stamps[2 * i + 1] ?? 0n) - (stamps[2 * i] ?? 0n)));
    } finally {
      this.gpu.free(times);
      resolved.destroy();
      querySet.destroy();
    }
  }

  /** Frees the program's memory. Its tensors can no longer be read. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.free();
  }
}

/** Encodes one dispatch with three calls into Dawn. Trailing extents of 1 are omitted, because each argument takes time. */
function encodeCommand(
  pass: GPUComputePassEncoder,
  { pipeline, bindGroup, groups: [x, y, z] }: Command,
): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  if (z !== 1) pass.dispatchWorkgroups(x, y, z);
  else if (y !== 1) pass.dispatchWorkgroups(x, y);
  else pass.dispatchWorkgroups(x);
}
