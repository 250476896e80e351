import { create, globals } from 'webgpu';
import { BufferPool } from './buffer_pool.js';
import { DeviceLostError, GpuValidationError, NoGpuError, OutOfMemoryError } from './errors.js';
import { gpuWait } from './polling.js';
import { formatShape, type Shape, sizeOf } from './shape.js';
import { ALIGNMENT, Tensor } from './tensor.js';

/** Options of `openGpu`. */
export interface DeviceOptions {
  /** Part of an adapter's name, as `listAdapters` and `fer-tui doctor` print it. Default: Dawn's own choice. */
  readonly adapter?: string | undefined;
  /** Adds exact (unquantised) timestamp queries where the adapter has them. For benchmarks. */
  readonly profile?: boolean;
}

/** What is known of the adapter in use. */
export interface AdapterInfo {
  /** The adapter's description; part of it chooses the adapter in DeviceOptions. */
  readonly name: string;
  /** As WebGPU reports it; may be empty. */
  readonly vendor: string;
  /** As WebGPU reports it; may be empty. */
  readonly architecture: string;
  /** Whether the CPU computes. */
  readonly software: boolean;
  /** Names of the WebGPU features that it has. */
  readonly features: readonly string[];
  /** Smallest subgroup that a shader may run in; 0 without the feature. */
  readonly subgroupMin: number;
  /** Largest subgroup; 0 without the feature. */
  readonly subgroupMax: number;
}

const WAY_OUT = 'run "fer-tui doctor" to see what is missing, or "npm run setup" to install a Vulkan driver';

/**
 * Dawn's instances. The process aborts or hangs if one is garbage-collected while its devices live, so every
 * one is kept here until its device is destroyed.
 */
const instances = new Set<GPU>();

/** WebGPU features that kernels may use; asked for where the adapter has them. */
const WANTED_FEATURES = ['subgroups', 'shader-f16', 'timestamp-query'] as const;

/** Limits to raise from WebGPU's defaults to what the adapter has. */
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/**
 * Opens the device. Throws NoGpuError when there is no adapter, when none has the asked name, or when the only
 * one is Dawn's null adapter (which accepts every command and computes nothing).
 */
export async function openGpu(options: DeviceOptions = {}): Promise<Gpu> {
  Object.assign(globalThis, globals);
  const flags = [
    ...(options.adapter === undefined ? [] : [`adapter=${options.adapter}`]),
    ...(options.profile ? ['disable-dawn-features=timestamp_quantization'] : []),
  ];
  const instance = create(flags);
  instances.add(instance);
  try {
    const adapter = await requestAdapter(instance, options.adapter);
    const features = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
    const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]));
    const device = await gpuWait(() => adapter.requestDevice({ requiredFeatures: features, requiredLimits }));
    const info = describe(adapter.info, adapter.features);
    return new Gpu(
      device,
      info,
      () => instances.delete(instance),
      () => openGpu(options),
    );
  } catch (error) {
    instances.delete(instance);
    throw error;
  }
}

async function requestAdapter(instance: GPU, name: string | undefined): Promise<GPUAdapter> {
  let adapter: GPUAdapter | null = null;
  try {
    adapter = await gpuWait(() => instance.requestAdapter({ powerPreference: 'high-performance' }));
  } catch (cause) {
    const known = adapterNames(cause instanceof Error ? cause.message : '');
    const what = name === undefined ? 'no usable GPU adapter' : `no GPU adapter named "${name}"`;
    const choice =
      known.length > 0 ? `; there ${known.length === 1 ? 'is' : 'are'}: ${known.join(', ')}` : '';
    throw new NoGpuError(`${what}${choice}; ${WAY_OUT}`, { cause });
  }
  if (adapter === null) throw new NoGpuError(`no usable GPU adapter found through Vulkan; ${WAY_OUT}`);
  if (/^null/i.test(adapter.info.description) || /null backend/i.test(adapter.info.device)) {
    throw new NoGpuError(`only Dawn's null adapter is here, and it computes nothing; ${WAY_OUT}`);
  }
  return adapter;
}

/** Names of all adapters that Dawn sees, usable as `adapter` in DeviceOptions; empty without any. */
export async function listAdapters(): Promise<string[]> {
  // WebGPU has no call for this; Dawn answers an impossible name with the list of what there is.
  const instance = create(['adapter=(none of this name)']);
  instances.add(instance);
  try {
    await gpuWait(() => instance.requestAdapter());
    return [];
  } catch (error) {
    return adapterNames(error instanceof Error ? error.message : '');
  } finally {
    instances.delete(instance);
  }
}

function adapterNames(message: string): string[] {
  return [...message.matchAll(/name: '([^']*)'/g)].map((match) => match[1] ?? '');
}

function describe(info: GPUAdapterInfo, features: ReadonlySet<string>): AdapterInfo {
  const subgroups = features.has('subgroups');
  return {
    name: info.description || info.device || info.vendor,
    vendor: info.vendor,
    architecture: info.architecture,
    software: /llvmpipe|swiftshader|software/i.test(
      `${info.description} ${info.device} ${info.architecture}`,
    ),
    features: [...features].sort(),
    subgroupMin: subgroups ? (info.subgroupMinSize ?? 0) : 0,
    subgroupMax: subgroups ? (info.subgroupMaxSize ?? 0) : 0,
  };
}

/** Whether every subgroup has 8 lanes: what the register-tiled kernels are written for. */
export function eightLanes({ info }: Gpu): boolean {
  return info.subgroupMin === 8 && info.subgroupMax === 8;
}

/** Tensors in one buffer; see `Gpu.pack`. */
export interface PackedTensors {
  readonly whole: Tensor;
  readonly parts: ReadonlyMap<string, Tensor>;
}

/** Bytes that are staged at once for a large upload. */
const PIECE = 8 << 20;

/** An open device: memory, uploads, reads, and the errors that come back late. */
export class Gpu {
  /** Buffers that are reused. */
  readonly pool: BufferPool;
  /** Compiled pipelines by kernel and constants; see kernel.ts. */
  readonly pipelines = new Map<string, GPUComputePipeline>();
  /** Those that the driver has turned into machine code too; see compile.ts. */
  readonly compiled = new WeakSet<GPUComputePipeline>();
  #failure: Error | undefined;
  #closed = false;
  readonly #release: () => void;

  constructor(
    /** The WebGPU device. */
    readonly device: GPUDevice,
    /** What is known of its adapter. */
    readonly info: AdapterInfo,
    release: () => void,
    /** Opens another device on the same adapter; close it as well. */
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

  /** Throws what the device reported since the last look (lost, out of memory, refused command). */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** A persistent tensor with unspecified contents; dispose it with `free`. */
  empty(shape: Shape, label: string): Tensor {
    return new Tensor(shape, label, {
      buffer: this.pool.acquire(Math.max(16, sizeOf(shape) * 4), label),
      offset: 0,
      refs: 1,
    });
  }

  /** A persistent tensor holding `data` (`sizeOf(shape)` 32-bit values). */
  tensor(data: Float32Array | Uint32Array, shape: Shape, label: string): Tensor {
    const tensor = this.empty(shape, label);
    this.write(tensor, data);
    return tensor;
  }

  /**
   * Persistent tensors side by side in one buffer, so that one dispatch can work on all of them: `whole` is the buffer
   * as a vector, gaps included. Free `whole`; the parts go with it.
   */
  pack(shapes: ReadonlyMap<string, Shape>, label: string): PackedTensors {
    const grain = ALIGNMENT / 4;
    const starts = new Map<string, number>();
    let size = 0;
    for (const [name, shape] of shapes) {
      starts.set(name, size);
      size += Math.ceil(sizeOf(shape) / grain) * grain;
    }
    const whole = this.tensor(new Float32Array(size), [size], label);
    const parts = new Map(
      [...shapes].map(([name, shape]) => {
        const offset = (starts.get(name) ?? 0) * 4;
        return [name, new Tensor(shape, `${name}/${label}`, { buffer: whole.buffer, offset, refs: 2 })];
      }),
    );
    return { whole, parts };
  }

  /** Replaces the contents of a tensor; ordered after all work submitted before. */
  write(tensor: Tensor, data: Float32Array | Uint32Array): void {
    if (data.length !== tensor.size) {
      throw new GpuValidationError(
        `write to "${tensor.label}" ${formatShape(tensor.shape)}: expected ${tensor.size} values, got ${data.length}`,
      );
    }
    const { buffer, offset } = tensor;
    this.device.queue.writeBuffer(buffer, offset, data.buffer, data.byteOffset, data.byteLength);
  }

  /** Replaces the contents of a tensor by bytes, in pieces, so that no second copy of all of them is staged. */
  writeBytes(tensor: Tensor, bytes: Uint8Array): void {
    if (bytes.length % 4 !== 0 || bytes.length > tensor.byteLength) {
      throw new GpuValidationError(
        `write to "${tensor.label}": expected up to ${tensor.byteLength} bytes in fours, got ${bytes.length}`,
      );
    }
    for (let at = 0; at < bytes.length; at += PIECE) {
      const { buffer, byteOffset } = bytes;
      const length = Math.min(PIECE, bytes.length - at);
      this.device.queue.writeBuffer(tensor.buffer, tensor.offset + at, buffer, byteOffset + at, length);
      this.device.queue.submit([]);
    }
  }

  /** Copies all values of one tensor to another of the same size; ordered after all work submitted before. */
  copy(from: Tensor, to: Tensor): void {
    if (from.size !== to.size) {
      throw new GpuValidationError(`copy to "${to.label}": expected ${to.size} values, got ${from.size}`);
    }
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, to.byteLength);
    this.device.queue.submit([encoder.finish()]);
  }

  /** Reads float values back; waits for all submitted work. */
  async read(tensor: Tensor): Promise<Float32Array> {
    return new Float32Array(await this.#readBytes(tensor));
  }

  /** Reads unsigned values back; waits for all submitted work. */
  async readU32(tensor: Tensor): Promise<Uint32Array> {
    return new Uint32Array(await this.#readBytes(tensor));
  }

  async #readBytes(tensor: Tensor): Promise<ArrayBuffer> {
    this.check();
    const size = tensor.size * 4;
    const staging = this.device.createBuffer({
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      const encoder = this.device.createCommandEncoder();
      encoder.copyBufferToBuffer(tensor.buffer, tensor.offset, staging, 0, size);
      this.device.queue.submit([encoder.finish()]);
      await gpuWait(() => staging.mapAsync(GPUMapMode.READ));
      const bytes = staging.getMappedRange().slice(0);
      staging.unmap();
      return bytes;
    } catch (error) {
      this.check();
      throw error;
    } finally {
      staging.destroy();
    }
  }

  /** Disposes a tensor made by `empty` or `tensor` (or a view of one). */
  free(tensor: Tensor): void {
    if (tensor.drop()) this.pool.release(tensor.storage.buffer);
  }

  /** Resolves when everything submitted so far has run; throws what went wrong meanwhile. */
  async sync(): Promise<void> {
    await gpuWait(() => this.device.queue.onSubmittedWorkDone());
    this.check();
  }

  /** Ends the device and lets the process exit. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.pool.trim();
    this.device.destroy();
    this.#release();
  }
}
