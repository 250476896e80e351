import { type BufferPool, SMALLEST } from './buffer_pool.js';

/**
 * Buffers that several programs use in turn. This is safe because the programs keep nothing in them from one run to the
 * next, and a device runs work in the order of submission. The creator calls `dispose` after disposing the programs.
 */
export class SharedBuffers {
  readonly #buffers: GPUBuffer[] = [];

  constructor(private readonly pool: BufferPool) {}

  /** A buffer of at least `bytes` bytes that is not in `inUse`. Reuses one of at most twice the size, or of the smallest size. */
  take(bytes: number, label: string, inUse: ReadonlySet<GPUBuffer>): GPUBuffer {
    const most = Math.max(bytes * 2, SMALLEST);
    const fitting = this.#buffers.filter(
      (buffer) => buffer.size >= bytes && buffer.size <= most && !inUse.has(buffer),
    );
    const best = fitting.reduce<GPUBuffer | undefined>(
      (a, b) => (a === undefined || b.size < a.size ? b : a),
      undefined,
    );
    if (best !== undefined) return best;
    const made = this.pool.acquire(bytes, label);
    this.#buffers.push(made);
    return made;
  }

  dispose(): void {
    for (const buffer of this.#buffers.splice(0)) this.pool.release(buffer);
  }
}
