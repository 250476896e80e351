import type { BufferPool } from './buffer_pool.js';

/**
 * Buffers that programs use in turns: of programs that keep nothing from one run to the next in them, as work on a device
 * runs in the order in which it was submitted. Belongs to who made it: `dispose` after all those programs.
 */
export class SharedBuffers {
  readonly #buffers: GPUBuffer[] = [];

  constructor(private readonly pool: BufferPool) {}

  /** A buffer of at least `bytes` bytes, and at most twice that if an old one serves, that is not among `taken`. */
  take(bytes: number, label: string, taken: ReadonlySet<GPUBuffer>): GPUBuffer {
    const fitting = this.#buffers.filter(
      (buffer) => buffer.size >= bytes && buffer.size <= bytes * 2 && !taken.has(buffer),
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
