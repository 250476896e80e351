import type { Gpu } from './device.js';
import { DisposedError, ShaderError, ShapeError } from './errors.js';
import { checkShaders, type Kernel, packParams, pipelineOf } from './kernel.js';
import { type Command, Program } from './program.js';
import type { Constants } from './shader.js';
import { type Shape, sizeOf } from './shape.js';
import type { SharedBuffers } from './shared_buffers.js';
import { type Storage, Tensor } from './tensor.js';

/** A recorded dispatch whose tensors may still be rebound to other buffers. */
interface Draft extends Omit<Command, 'bindGroup'> {
  readonly ranges: readonly { readonly storage: Storage; readonly size: number }[];
  readonly uniform: GPUBuffer | undefined;
}

/** One call of a kernel. */
export interface DispatchCall {
  /** Tensors by the kernel's binding names. A tensor must not be bound both for reading and for writing. */
  readonly bind: Readonly<Record<string, Tensor>>;
  /** Values of the kernel's params, by name. */
  readonly params?: Readonly<Record<string, number>>;
  /** Values that are compiled in, by name. */
  readonly constants?: Constants;
  /** Number of workgroups. Beyond the device's limit per dimension they are folded into two (see shaders/README.md). */
  readonly workgroups: number;
  /** Extent of the grid's third dimension; default 1. */
  readonly depth?: number;
}

/**
 * Records a list of dispatches once, to be replayed any number of times as a `Program`. Buffers, bind groups and
 * pipelines are created here, so a replay allocates nothing. Tensors made by `alloc` belong to the program. `release`
 * lets later dispatches of the same program reuse a buffer, unless `keepAll` is set (for tracing).
 */
export class Recorder {
  readonly #drafts: Draft[] = [];
  readonly #owned: Tensor[] = [];
  readonly #buffers = new Set<GPUBuffer>();
  /** Buffers among them that no other program shares. */
  readonly #unshared = new Set<GPUBuffer>();
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #uniforms: GPUBuffer[] = [];
  #scope = '';
  #finished = false;

  constructor(
    /** The device that it records for. */
    readonly gpu: Gpu,
    /** The options given. */
    readonly options: {
      /** Never reuse a released buffer, so that every value can be read afterwards; default false. */
      readonly keepAll?: boolean;
      /** Buffers to share with other programs; default none. */
      readonly shared?: SharedBuffers | undefined;
    } = {},
  ) {}

  /** Runs `body` with `name` appended to the scope that labels dispatches and tensors. */
  scope<T>(name: string, body: () => T): T {
    const outer = this.#scope;
    this.#scope = outer === '' ? name : `${outer}/${name}`;
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
  }

  /** The current scope, e.g. `conv2d_1/forward`; empty outside of `scope`. */
  get currentScope(): string {
    return this.#scope;
  }

  /** Number of dispatches recorded so far. */
  get length(): number {
    return this.#drafts.length;
  }

  /** A tensor with unspecified contents that lives as long as the program, or until `release`. */
  alloc(shape: Shape, label: string): Tensor {
    const { shared } = this.options;
    return this.#tensor(shape, label, (bytes, name) => {
      const buffer = this.#reuse(bytes) ?? shared?.take(bytes, name, this.#buffers);
      return buffer ?? this.gpu.pool.acquire(bytes, name);
    });
  }

  /** Like `alloc`, for tensors that the host writes or reads: no other program uses the same buffer. */
  allocPrivate(shape: Shape, label: string): Tensor {
    return this.#tensor(shape, label, (bytes, name) => {
      const buffer = this.gpu.pool.acquire(bytes, name);
      this.#unshared.add(buffer);
      return buffer;
    });
  }

  #tensor(shape: Shape, label: string, bufferOf: (bytes: number, name: string) => GPUBuffer): Tensor {
    const bytes = Math.max(16, Math.ceil(sizeOf(shape) / 4) * 16);
    const name = this.#scope === '' ? label : `${this.#scope}/${label}`;
    const buffer = bufferOf(bytes, name);
    this.#buffers.add(buffer);
    const tensor = new Tensor(shape, name, { buffer, offset: 0, refs: 1 });
    this.#owned.push(tensor);
    return tensor;
  }

  #reuse(bytes: number): GPUBuffer | undefined {
    let best: number | undefined;
    for (const [size, list] of this.#free) {
      if (list.length > 0 && size >= bytes && size <= bytes * 2 && (best === undefined || size < best))
        best = size;
    }
    return best === undefined ? undefined : this.#free.get(best)?.pop();
  }

  /** The same elements under another shape. Must be released like any other tensor. */
  view(tensor: Tensor, shape: Shape): Tensor {
    const view = tensor.view(shape);
    this.#owned.push(view);
    return view;
  }

  /** Declares that no later dispatch of this program reads the tensor. Tensors of other owners are left alone. */
  release(tensor: Tensor): void {
    if (this.options.keepAll || !this.#buffers.has(tensor.storage.buffer)) return;
    const { buffer } = tensor.storage;
    if (tensor.drop()) this.#recycle(buffer);
  }

  /**
   * Rebinds a tensor of this program to the storage of `target`, also in dispatches already recorded. This gathers
   * the results of separate ops in one buffer without a copy. Throws ShapeError when the sizes differ, ShaderError
   * when the tensor does not belong to this program.
   */
  rebind(tensor: Tensor, target: Tensor): void {
    const { storage } = tensor;
    if (tensor.size !== target.size)
      throw new ShapeError('rebind', 'element counts match', `${target.size}`, `${tensor.size}`);
    if (!this.#buffers.has(storage.buffer))
      throw new ShaderError(`tensor "${tensor.label}" does not belong to this program`);
    this.#recycle(storage.buffer);
    storage.buffer = target.buffer;
    storage.offset = target.offset;
  }

  #recycle(buffer: GPUBuffer): void {
    const list = this.#free.get(buffer.size);
    if (list === undefined) this.#free.set(buffer.size, [buffer]);
    else list.push(buffer);
  }

  /** Appends a dispatch. Throws ShaderError when the call does not match the kernel's declaration. */
  dispatch(kernel: Kernel, call: DispatchCall): void {
    if (this.#finished) throw new DisposedError('a finished recorder');
    const { device } = this.gpu;
    const { constants = {} } = call;
    const pipeline = pipelineOf(this.gpu, kernel, constants);
    const names = [...kernel.reads, ...kernel.writes];
    const given = Object.keys(call.bind);
    if (given.length !== names.length) {
      throw new ShaderError(
        `kernel ${kernel.name}: expected bindings ${names.join(', ')}; got ${given.join(', ')}`,
      );
    }
    const ranges = names.map((name) => {
      const tensor = call.bind[name];
      if (tensor === undefined) throw new ShaderError(`kernel ${kernel.name}: binding ${name} was not given`);
      if (tensor.disposed) throw new DisposedError(`tensor "${tensor.label}"`);
      return { storage: tensor.storage, size: tensor.byteLength };
    });
    let uniform: GPUBuffer | undefined;
    if (Object.keys(kernel.params).length > 0) {
      const data = packParams(kernel, call.params ?? {});
      uniform = device.createBuffer({
        size: data.byteLength,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(uniform, 0, data);
      this.#uniforms.push(uniform);
    }
    this.#drafts.push({
      kernel,
      constants,
      scope: this.#scope,
      pipeline,
      ranges,
      uniform,
      bytes: ranges.reduce((sum, { size }) => sum + size, 0),
      groups: [...foldGrid(call.workgroups, device.limits.maxComputeWorkgroupsPerDimension), call.depth ?? 1],
    });
  }

  /** Ends the recording. Throws ShaderError if one of its shaders does not compile. */
  async finish(): Promise<Program> {
    this.#finished = true;
    try {
      await checkShaders();
      this.gpu.check();
    } catch (error) {
      this.abandon();
      throw error;
    }
    const commands = this.#drafts.map((draft) => this.#toCommand(draft));
    return new Program(this.gpu, commands, () => this.abandon());
  }

  #toCommand({ ranges, uniform, ...rest }: Draft): Command {
    const resources: GPUBindingResource[] = ranges.map(({ storage: { buffer, offset }, size }) => ({
      buffer,
      offset,
      size,
    }));
    if (uniform !== undefined) resources.push({ buffer: uniform });
    const bindGroup = this.gpu.device.createBindGroup({
      label: rest.kernel.name,
      layout: rest.pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    return { ...rest, bindGroup };
  }

  /** Frees all memory of the recording. Nothing of it can run afterwards. */
  abandon(): void {
    for (const tensor of this.#owned) tensor.drop();
    const own = this.options.shared === undefined ? this.#buffers : this.#unshared;
    for (const buffer of own) this.gpu.pool.release(buffer);
    for (const buffer of this.#uniforms) buffer.destroy();
    this.#owned.length = 0;
    this.#buffers.clear();
    this.#unshared.clear();
    this.#uniforms.length = 0;
  }
}

/** Splits a one-dimensional grid into [x, y] with x <= limit. Kernels compute workgroup = y * num_workgroups.x + x. */
function foldGrid(workgroups: number, limit: number): [number, number] {
  const n = Math.max(1, workgroups);
  if (n <= limit) return [n, 1];
  const y = Math.ceil(n / limit);
  return [Math.ceil(n / y), y];
}

/** Records `body`, runs it once, passes its tensors to `use`, then frees the memory. For tests and tools. */
export async function runOnce<T, R>(
  gpu: Gpu,
  body: (rec: Recorder) => T,
  use: (made: T) => Promise<R>,
): Promise<R> {
  const rec = new Recorder(gpu);
  let made: T;
  try {
    made = body(rec);
  } catch (error) {
    rec.abandon();
    throw error;
  }
  const program = await rec.finish();
  try {
    program.run();
    return await use(made);
  } finally {
    program.dispose();
  }
}
