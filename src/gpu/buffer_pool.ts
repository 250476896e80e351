import { OutOfMemoryError } from './errors.js';

/** The current contents of a pool. Live buffers are in use; idle ones wait to be reused. */
export interface PoolStats {
  readonly liveBuffers: number;
  readonly liveBytes: number;
  /** The largest value of `liveBytes` so far. */
  readonly peakBytes: number;
  readonly idleBuffers: number;
  readonly idleBytes: number;
}

/** Every pooled buffer can be bound as storage, written, and copied from and to. */
const USAGE = 0x80 | 0x04 | 0x08; // GPUBufferUsage.STORAGE | COPY_SRC | COPY_DST (Node has no such globals)

/** Reuses storage buffers by size, because creating one costs microseconds and driver memory. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #idle = new Map<number, GPUBuffer[]>();
  #live = 0;
  #liveBytes = 0;
  #peakBytes = 0;
  #idleBytes = 0;
  #idleCount = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes of the largest buffer that can be created and bound. */
  get largest(): number {
    return Math.min(this.#device.limits.maxStorageBufferBindingSize, this.#device.limits.maxBufferSize);
  }

  /** Whether a buffer of so many bytes can be created and bound. */
  fits(bytes: number): boolean {
    return sizeClass(bytes) <= this.largest;
  }

  /** A buffer of at least `bytes` bytes with unspecified contents. Throws OutOfMemoryError beyond the device limit. */
  acquire(bytes: number, label: string): GPUBuffer {
    const size = sizeClass(bytes);
    if (size > this.largest) throw new OutOfMemoryError(label, bytes, this.largest);
    const reused = this.#idle.get(size)?.pop();
    if (reused !== undefined) {
      this.#idleBytes -= size;
      this.#idleCount--;
    }
    this.#live++;
    this.#liveBytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
    return reused ?? this.#device.createBuffer({ size, usage: USAGE });
  }

  /** Takes a buffer back. The caller must not use it again. */
  release(buffer: GPUBuffer): void {
    this.#live--;
    this.#liveBytes -= buffer.size;
    this.#idleBytes += buffer.size;
    this.#idleCount++;
    const list = this.#idle.get(buffer.size);
    if (list === undefined) this.#idle.set(buffer.size, [buffer]);
    else list.push(buffer);
  }

  /** Destroys all idle buffers. */
  trim(): void {
    for (const list of this.#idle.values()) for (const buffer of list) buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
    this.#idleCount = 0;
  }

  get stats(): PoolStats {
    return {
      liveBuffers: this.#live,
      liveBytes: this.#liveBytes,
      peakBytes: this.#peakBytes,
      idleBuffers: this.#idleCount,
      idleBytes: this.#idleBytes,
    };
  }
}

/** The size of the smallest buffer. */
export const SMALLEST = 256;

/** Rounds small sizes up to a multiple of 256 bytes (so any tensor can be read as whole vec4s), large ones of 64 KiB. */
function sizeClass(bytes: number): number {
  const grain = bytes <= 65536 ? SMALLEST : 65536;
  return Math.max(grain, Math.ceil(bytes / grain) * grain);
}
