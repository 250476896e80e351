import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';

/**
 * Host side of shaders/parts/storage.wgsl: how numbers lie in memory between two kernels of one algorithm, as float32 or as
 * float16.
 */
export type Format = 'f32' | 'f16';

/** What gradients at the points of a convolution are multiplied by as they are stored (GRADIENT_SCALE of the shader). */
export const GRADIENT_SCALE = { f32: 1, f16: 1024 } as const;

/** A matrix for each of `batch` points: as halves, of an even number of columns, it counts half as many elements. */
export function allocStored(
  rec: Recorder,
  format: Format,
  [batch, rows, columns]: readonly [number, number, number],
  label: string,
): Tensor {
  return rec.alloc([batch, rows, format === 'f16' ? columns / 2 : columns], label);
}
