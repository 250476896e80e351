import { EXIT, FerError } from '../util/errors.js';

/** There is no usable adapter: none at all, only Dawn's null adapter, or none with the requested name. */
export class NoGpuError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.noGpu, options);
  }
}

/** Shapes that an op does not accept. The message always reads `op: rule; expected ..., got ...`. */
export class ShapeError extends FerError {
  constructor(
    /** Where the shape was rejected: the name of a kernel, op, layer or file. */
    readonly op: string,
    /** The violated rule, in words. */
    readonly rule: string,
    /** The expected shape or value. */
    readonly expected: string,
    /** The actual shape or value. */
    readonly got: string,
  ) {
    super(`${op}: ${rule}; expected ${expected}, got ${got}`, EXIT.usage);
  }
}

/** A WGSL file does not compile, or a dispatch does not match its kernel's declaration. */
export class ShaderError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.bug, options);
  }
}

/** Use of a tensor or program after it was disposed. */
export class DisposedError extends FerError {
  constructor(what: string) {
    super(
      `${what} was used after it was disposed; keep it alive until the work that reads it is done`,
      EXIT.bug,
    );
  }
}

/** The device was lost (driver crash, reset, unplugged). Nothing on it can be read any more. */
export class DeviceLostError extends FerError {
  constructor(reason: string, message: string) {
    super(
      `the GPU device was lost (${reason}): ${message}; run "fer-tui doctor", then continue from the last saved weights`,
      EXIT.device,
    );
  }
}

/** The device could not allocate the requested memory. */
export class OutOfMemoryError extends FerError {
  constructor(what: string, bytes: number, limit?: number) {
    const cap = limit === undefined ? '' : `, but the adapter allows ${mib(limit)} in one buffer`;
    super(`out of GPU memory: ${what} needs ${mib(bytes)}${cap}; try a smaller --batch`, EXIT.device);
  }
}

/** A weight needs more than the adapter allows in one buffer. */
export class WeightTooLargeError extends FerError {
  constructor(model: string, name: string, bytes: number, limit: number) {
    super(
      `the weight ${name} of ${model} needs ${mib(bytes)}, but the adapter allows ${mib(limit)} in one buffer; use a network with smaller layers or for smaller images, or another adapter (--adapter; "fer-tui doctor" prints its limit)`,
      EXIT.device,
    );
  }
}

/** The device rejected a command (a WebGPU validation error). This is a defect of this program. Quotes Dawn's message. */
export class GpuValidationError extends FerError {
  constructor(message: string) {
    super(`the GPU refused a command: ${message}`, EXIT.bug);
  }
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
