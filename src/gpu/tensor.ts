import { DisposedError, ShapeError } from './errors.js';
import { formatShape, type Shape, sizeOf } from './shape.js';

/** A range of a GPU buffer, counted by its tensors. Only a recorder may move it (see `Recorder.rebind`). */
export interface Storage {
  buffer: GPUBuffer;
  /** Start in bytes; a multiple of ALIGNMENT. */
  offset: number;
  /** Number of tensors that use it. */
  refs: number;
}

/** Alignment in bytes of the ranges that are bound: WebGPU's default limit. */
export const ALIGNMENT = 256;

/**
 * A dense row-major array of 32-bit values on the device: a shape, a label for messages, and a buffer. Tensors do not
 * compute; kernels do. The creator owns it: the `Gpu` owns persistent tensors (weights), a `Program` those it recorded.
 */
export class Tensor {
  /** Number of elements. */
  readonly size: number;
  #disposed = false;

  constructor(
    /** Extents, outermost first. */
    readonly shape: Shape,
    /** Name in messages. */
    readonly label: string,
    /** The buffer range of its elements. */
    readonly storage: Storage,
  ) {
    this.size = sizeOf(shape);
  }

  /** Whether it has been released. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Bytes that kernels may access: the elements, padded to whole vec4s. */
  get byteLength(): number {
    return Math.max(16, Math.ceil(this.size / 4) * 16);
  }

  /** The buffer. Throws DisposedError. */
  get buffer(): GPUBuffer {
    if (this.#disposed) throw new DisposedError(`tensor "${this.label}" ${formatShape(this.shape)}`);
    return this.storage.buffer;
  }

  /** Start of the tensor in its buffer, in bytes. */
  get offset(): number {
    return this.storage.offset;
  }

  /** The same elements under another shape, in the same storage. Throws ShapeError, DisposedError. */
  view(shape: Shape, label = this.label): Tensor {
    if (sizeOf(shape) !== this.size) {
      throw new ShapeError('view', 'element counts match', `${this.size} elements`, formatShape(shape));
    }
    if (this.#disposed) throw new DisposedError(`tensor "${this.label}"`);
    this.storage.refs++;
    return new Tensor(shape, label, this.storage);
  }

  /** For owners only (Gpu, Recorder, Program): marks this tensor as disposed. True if it was the last of its storage. */
  drop(): boolean {
    if (this.#disposed) return false;
    this.#disposed = true;
    return --this.storage.refs === 0;
  }
}
