import { EXIT, FerError } from '../util/errors.js';

/** No adapter that can compute: none at all, Dawn's null adapter, or none of the asked name. */
export class NoGpuError extends FerError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.noGpu, options);
  }
}

/** Shapes that do not fit an op. The message always reads `op: rule; expected ..., got ...`. */
export class ShapeError extends FerError {
  constructor(
    /** What refused the shape: a kernel, op, layer or file. */
    readonly op: string,
    /** The rule that is broken, in words. */
    readonly rule: string,
    /** The shape or value that would be right. */
    readonly expected: string,
    /** The shape or value that came. */
    readonly got: string,
  ) {
    super(`${op}: ${rule}; expected ${expected}, got ${got}`, EXIT.usage);
  }
}

/** A WGSL file that does not compile, or a kernel that is called against its declaration. */
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

/** The device went away (driver crash, reset, unplugged): nothing on it can be read any more. */
export class DeviceLostError extends FerError {
  constructor(reason: string, message: string) {
    super(
      `the GPU device was lost (${reason}): ${message}; run "fer-tui doctor", then continue from the last saved weights`,
      EXIT.device,
    );
  }
}

/** The device could not give the memory that was asked for. */
export class OutOfMemoryError extends FerError {
  constructor(what: string, bytes: number, limit?: number) {
    const cap = limit === undefined ? '' : `, the adapter allows ${mib(limit)} in one buffer`;
    super(`out of GPU memory: ${what} needs ${mib(bytes)}${cap}; try a smaller --batch`, EXIT.device);
  }
}

/** Work that the device refused (a validation error of WebGPU): a defect of ours, with Dawn's own words. */
export class GpuValidationError extends FerError {
  constructor(message: string) {
    super(`the GPU refused a command: ${message}`, EXIT.bug);
  }
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
