import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';

/**
 * Storage format of a tensor between two kernels of one algorithm: float32 or float16. The host side of
 * shaders/parts/storage.wgsl.
 */
export type Format = 'f32' | 'f16';

/** Allocates [batch, rows, columns] in a format. As f16, two columns share one 32-bit element; columns must be even. */
export function allocStored(
  rec: Recorder,
  format: Format,
  [batch, rows, columns]: readonly [number, number, number],
  label: string,
): Tensor {
  return rec.alloc([batch, rows, format === 'f16' ? columns / 2 : columns], label);
}
