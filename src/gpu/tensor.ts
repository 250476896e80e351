import { DisposedError, ShapeError } from './errors.js';
import { formatShape, type Shape, sizeOf } from './shape.js';

/** A range of a GPU buffer and how many tensors look at it. Only a recorder may move one (see `Recorder.place`). */
export interface Storage {
  buffer: GPUBuffer;
  /** Where it begins, in bytes; a multiple of ALIGNMENT. */
  offset: number;
  refs: number;
}

/** What offsets of bound ranges must be multiples of, in bytes: WebGPU's default limit. */
export const ALIGNMENT = 256;

/**
 * A dense row-major array of 32-bit values on the device: a shape, a label for messages, and a buffer.
 * Tensors do not compute; kernels do. Who makes one owns it: the `Gpu` for persistent tensors (weights), a
 * `Program` for what it records.
 */
export class Tensor {
  /** Number of elements. */
  readonly size: number;
  #disposed = false;

  constructor(
    /** Extents, the last one contiguous. */
    readonly shape: Shape,
    /** Name in messages. */
    readonly label: string,
    /** Where its elements lie. */
    readonly storage: Storage,
  ) {
    this.size = sizeOf(shape);
  }

  /** Whether it was freed. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Bytes that kernels may touch: the elements, padded to whole vec4s. */
  get byteLength(): number {
    return Math.max(16, Math.ceil(this.size / 4) * 16);
  }

  /** The buffer, or DisposedError. */
  get buffer(): GPUBuffer {
    if (this.#disposed) throw new DisposedError(`tensor "${this.label}" ${formatShape(this.shape)}`);
    return this.storage.buffer;
  }

  /** Where the tensor begins in its buffer, in bytes. */
  get offset(): number {
    return this.storage.offset;
  }

  /** The same elements under another shape; shares (and counts) the storage. */
  view(shape: Shape, label = this.label): Tensor {
    if (sizeOf(shape) !== this.size) {
      throw new ShapeError('view', 'element counts match', `${this.size} elements`, formatShape(shape));
    }
    if (this.#disposed) throw new DisposedError(`tensor "${this.label}"`);
    this.storage.refs++;
    return new Tensor(shape, label, this.storage);
  }

  /** For owners only (Gpu, Recorder, Program): marks this tensor dead, true if it was the storage's last one. */
  drop(): boolean {
    if (this.#disposed) return false;
    this.#disposed = true;
    return --this.storage.refs === 0;
  }
}
