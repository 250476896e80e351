import { create, globals } from 'webgpu';
import { graphicsApi } from '../util/platform.js';
import { type AdapterInfo, describeAdapter } from './adapter.js';
import { BufferPool } from './buffer_pool.js';
import { withoutHarmlessLines } from './driver_lines.js';
import { DeviceLostError, GpuValidationError, NoGpuError, OutOfMemoryError } from './errors.js';
import { EXPERIMENTAL_FLAG, MATRIX_FEATURE, wantsMatrixUnits } from './matrix_units.js';
import { gpuWait, type UsualTime } from './polling.js';
import { formatShape, type Shape, sizeOf } from './shape.js';
import { ALIGNMENT, Tensor } from './tensor.js';

/** Options of `openGpu`. */
export interface DeviceOptions {
  /** Part of an adapter's name, as `listAdapters` and `fer-tui doctor` print it. Default: Dawn's own choice. */
  readonly adapter?: string | undefined;
  /** Enables exact (unquantised) timestamp queries where the adapter supports them. For benchmarks. */
  readonly profile?: boolean;
}

const HINT =
  graphicsApi() === 'Vulkan'
    ? 'run "fer-tui doctor" to see what is missing, or "fer-tui setup graphics" to install a Vulkan driver'
    : 'run "fer-tui doctor" to see what is missing, and update the system and its graphics driver';

/**
 * Dawn's instances, with the number of their users. The process aborts or hangs if an instance is garbage-collected while its
 * devices are alive. So each one stays here until its devices are destroyed.
 */
const instances = new Map<GPU, number>();

function hold(instance: GPU): void {
  instances.set(instance, (instances.get(instance) ?? 0) + 1);
}

function release(instance: GPU): void {
  const users = (instances.get(instance) ?? 0) - 1;
  if (users > 0) instances.set(instance, users);
  else instances.delete(instance);
}

/** Whether this process has requested a device. From then on, the driver may have threads. */
let hadDevice = false;

/** WebGPU features that kernels may use; requested where the adapter supports them. */
const WANTED_FEATURES = ['subgroups', 'shader-f16', 'timestamp-query', MATRIX_FEATURE] as GPUFeatureName[];

/** Limits to raise from WebGPU's defaults to the adapter's maximum. */
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/**
 * Opens a device. Throws NoGpuError when there is no adapter, when none has the requested name, or when the only one
 * is Dawn's null adapter (which accepts every command and computes nothing).
 */
export async function openGpu(options: DeviceOptions = {}): Promise<Gpu> {
  Object.assign(globalThis, globals);
  const flags = [
    ...(options.adapter === undefined ? [] : [`adapter=${options.adapter}`]),
    ...(options.profile ? ['disable-dawn-features=timestamp_quantization'] : []),
    ...(wantsMatrixUnits() ? [EXPERIMENTAL_FLAG] : []),
  ];
  return openOn(create(flags), options);
}

/** Opens a device of an instance. A second device opens faster, because the instance has already loaded the drivers. */
async function openOn(instance: GPU, options: DeviceOptions): Promise<Gpu> {
  hold(instance);
  try {
    const adapter = await requestAdapter(instance, options.adapter);
    const features = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
    const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]));
    hadDevice = true;
    const device = await gpuWait(() => adapter.requestDevice({ requiredFeatures: features, requiredLimits }));
    const info = describeAdapter(adapter.info, adapter.features);
    return new Gpu(
      device,
      info,
      () => release(instance),
      () => openOn(instance, options),
    );
  } catch (error) {
    release(instance);
    throw error;
  }
}

async function requestAdapter(instance: GPU, name: string | undefined): Promise<GPUAdapter> {
  let adapter: GPUAdapter | null = null;
  try {
    adapter = await gpuWait(() =>
      withoutHarmlessLines(() => instance.requestAdapter({ powerPreference: 'high-performance' }), hadDevice),
    );
  } catch (cause) {
    const known = adapterNames(cause instanceof Error ? cause.message : '');
    if (name === undefined || known.length === 0) {
      const what = name === undefined ? 'no usable GPU adapter' : `no GPU adapter named "${name}"`;
      throw new NoGpuError(`${what}; ${HINT}`, { cause });
    }
    throw new NoGpuError(`no GPU adapter named "${name}"; expected part of: ${known.join(', ')}`, { cause });
  }
  if (adapter === null) throw new NoGpuError(`no usable GPU adapter found through ${graphicsApi()}; ${HINT}`);
  if (/^null/i.test(adapter.info.description) || /null backend/i.test(adapter.info.device)) {
    throw new NoGpuError(`the only adapter is Dawn's null adapter, which computes nothing; ${HINT}`);
  }
  return adapter;
}

/** Names of all adapters that Dawn finds, usable as `adapter` in DeviceOptions. Empty when there are none. */
export async function listAdapters(): Promise<string[]> {
  // WebGPU has no call for this. But when Dawn finds no adapter of a name, its error lists those that exist.
  const instance = create(['adapter=(none of this name)']);
  hold(instance);
  try {
    await gpuWait(() => withoutHarmlessLines(() => instance.requestAdapter(), hadDevice));
    return [];
  } catch (error) {
    return adapterNames(error instanceof Error ? error.message : '');
  } finally {
    release(instance);
  }
}

function adapterNames(message: string): string[] {
  return [...message.matchAll(/name: '([^']*)'/g)].map((match) => match[1] ?? '');
}

/** Several tensors side by side; see `Gpu.pack`. */
export interface PackedTensors {
  /** Each buffer as one vector, alignment gaps included. Usually there is one; more if the device allows none that large. */
  readonly wholes: readonly Tensor[];
  readonly parts: ReadonlyMap<string, Tensor>;
}

/** Bytes per chunk of a large upload. */
const UPLOAD_CHUNK = 8 << 20;

/** Bytes of the staging buffer that is kept for small reads, such as the results of a batch. */
const STAGING = 4096;

/** An open device: memory, uploads, reads, and the errors that WebGPU reports asynchronously. */
export class Gpu {
  /** Reuses storage buffers. */
  readonly pool: BufferPool;
  /** Compiled pipelines by kernel and constants; see kernel.ts. */
  readonly pipelines = new Map<string, GPUComputePipeline>();
  /** Pipelines that the driver has already translated to machine code; see compile.ts. */
  readonly compiled = new WeakSet<GPUComputePipeline>();
  #failure: Error | undefined;
  #staging: GPUBuffer | undefined;
  #closed = false;
  readonly #release: () => void;

  constructor(
    /** The WebGPU device. */
    readonly device: GPUDevice,
    /** Properties of its adapter. */
    readonly info: AdapterInfo,
    release: () => void,
    /** Opens a second device on the same adapter. The caller closes it. */
    readonly openTwin: () => Promise<Gpu>,
  ) {
    this.#release = release;
    this.pool = new BufferPool(device);
    device.addEventListener('uncapturederror', (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      this.#failure ??=
        error instanceof GPUOutOfMemoryError
          ? new OutOfMemoryError(error.message || 'a buffer', 0)
          : new GpuValidationError(error.message);
      event.preventDefault();
    });
    void device.lost.then(({ reason, message }) => {
      if (!this.#closed) this.#failure ??= new DeviceLostError(reason, message);
    });
  }

  /**
   * Throws the first error that the device has reported: DeviceLostError, OutOfMemoryError or GpuValidationError.
   */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** A persistent tensor with unspecified contents; release it with `free`. Throws OutOfMemoryError. */
  empty(shape: Shape, label: string): Tensor {
    return new Tensor(shape, label, {
      buffer: this.pool.acquire(Math.max(16, sizeOf(shape) * 4), label),
      offset: 0,
      refs: 1,
    });
  }

  /** A persistent tensor that holds `data` (`sizeOf(shape)` 32-bit values). Throws OutOfMemoryError. */
  tensor(data: Float32Array | Uint32Array, shape: Shape, label: string): Tensor {
    const tensor = this.empty(shape, label);
    this.write(tensor, data);
    return tensor;
  }

  /**
   * Persistent tensors side by side in one buffer, so that one dispatch can process all of them. Uses several buffers if the
   * device allows none that large. Freeing `wholes` frees the parts. Throws OutOfMemoryError.
   */
  pack(shapes: ReadonlyMap<string, Shape>, label: string): PackedTensors {
    const grain = ALIGNMENT / 4;
    const buffers: { size: number; readonly starts: Map<string, number> }[] = [];
    for (const [name, shape] of shapes) {
      const size = Math.ceil(sizeOf(shape) / grain) * grain;
      const last = buffers.at(-1);
      if (last !== undefined && this.pool.fits(4 * (last.size + size))) {
        last.starts.set(name, last.size);
        last.size += size;
      } else buffers.push({ size, starts: new Map([[name, 0]]) });
    }
    if (buffers.length === 0) buffers.push({ size: 0, starts: new Map() });
    const parts = new Map<string, Tensor>();
    const wholes = buffers.map(({ size, starts }) => {
      const whole = this.tensor(new Float32Array(size), [size], label);
      for (const [name, start] of starts) {
        const storage = { buffer: whole.buffer, offset: 4 * start, refs: 2 };
        parts.set(name, new Tensor(shapes.get(name) as Shape, `${name}/${label}`, storage));
      }
      return whole;
    });
    return { wholes, parts };
  }

  /** Replaces the contents of a tensor, after all work submitted so far. Throws GpuValidationError on a wrong length. */
  write(tensor: Tensor, data: Float32Array | Uint32Array): void {
    if (data.length !== tensor.size) {
      throw new GpuValidationError(
        `write to "${tensor.label}" ${formatShape(tensor.shape)}: expected ${tensor.size} values, got ${data.length}`,
      );
    }
    const { buffer, offset } = tensor;
    this.device.queue.writeBuffer(buffer, offset, data.buffer, data.byteOffset, data.byteLength);
  }

  /** Replaces the contents of a tensor with bytes, in chunks, so that the host never holds a second full copy. */
  writeBytes(tensor: Tensor, bytes: Uint8Array): void {
    if (bytes.length % 4 !== 0 || bytes.length > tensor.byteLength) {
      throw new GpuValidationError(
        `write to "${tensor.label}": expected a multiple of 4 of up to ${tensor.byteLength} bytes, got ${bytes.length}`,
      );
    }
    for (let at = 0; at < bytes.length; at += UPLOAD_CHUNK) {
      const { buffer, byteOffset } = bytes;
      const length = Math.min(UPLOAD_CHUNK, bytes.length - at);
      this.device.queue.writeBuffer(tensor.buffer, tensor.offset + at, buffer, byteOffset + at, length);
      this.device.queue.submit([]);
    }
  }

  /** Copies one tensor to another of the same size, after all work submitted so far. */
  copy(from: Tensor, to: Tensor): void {
    if (from.size !== to.size) {
      throw new GpuValidationError(`copy to "${to.label}": expected ${to.size} values, got ${from.size}`);
    }
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, to.byteLength);
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * Reads a tensor of floats back. Waits for all submitted work. Throws what `check` throws.
   * @param before adds commands that run first, in the same submission @param usual how long the same read usually takes
   */
  async read(
    tensor: Tensor,
    before?: (encoder: GPUCommandEncoder) => void,
    usual?: UsualTime,
  ): Promise<Float32Array> {
    return new Float32Array(await this.#readBytes(tensor, before, usual));
  }

  /** Reads a tensor of unsigned integers back. Waits for all submitted work. Throws what `check` throws. */
  async readU32(tensor: Tensor): Promise<Uint32Array> {
    return new Uint32Array(await this.#readBytes(tensor));
  }

  async #readBytes(
    tensor: Tensor,
    before?: (encoder: GPUCommandEncoder) => void,
    usual?: UsualTime,
  ): Promise<ArrayBuffer> {
    this.check();
    const size = tensor.size * 4;
    const staging = this.#stagingFor(size);
    try {
      const encoder = this.device.createCommandEncoder();
      before?.(encoder);
      encoder.copyBufferToBuffer(tensor.buffer, tensor.offset, staging, 0, size);
      this.device.queue.submit([encoder.finish()]);
      await gpuWait(() => staging.mapAsync(GPUMapMode.READ, 0, size), usual);
      const bytes = staging.getMappedRange(0, size).slice(0);
      staging.unmap();
      this.#keepStaging(staging);
      return bytes;
    } catch (error) {
      staging.destroy();
      this.check();
      throw error;
    }
  }

  /** A buffer to read through: the small one that is kept, if it is free, else a new one. */
  #stagingFor(size: number): GPUBuffer {
    const kept = this.#staging;
    if (size <= STAGING && kept !== undefined) {
      this.#staging = undefined;
      return kept;
    }
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.device.createBuffer({ size: Math.max(size, STAGING), usage });
  }

  #keepStaging(buffer: GPUBuffer): void {
    if (buffer.size > STAGING || this.#staging !== undefined || this.#closed) buffer.destroy();
    else this.#staging = buffer;
  }

  /** Releases a tensor made by `empty` or `tensor`, or a view of one. */
  free(tensor: Tensor): void {
    if (tensor.drop()) this.pool.release(tensor.storage.buffer);
  }

  /** Resolves when everything submitted so far has run. Throws what `check` throws. */
  async sync(): Promise<void> {
    await gpuWait(() => this.device.queue.onSubmittedWorkDone());
    this.check();
  }

  /** Destroys the device, so that the process can exit. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#staging?.destroy();
    this.pool.trim();
    this.device.destroy();
    this.#release();
  }
}
