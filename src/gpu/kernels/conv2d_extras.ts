import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvExtras } from './conv2d_way.js';

/**
 * Allocates the optional outputs of a convolution: the moments of `chunks` chunks of y, and the winners of 2 x 2 windows.
 * An output that is not wanted gets a placeholder to bind, which the kernel does not access. Call `collect` after the
 * dispatch: it returns the outputs and releases the placeholders.
 */
export function allocExtras(
  rec: Recorder,
  { b, oh, ow, oc }: ConvGeometry,
  chunks: number | undefined,
  windows: boolean,
): { bind: { moments: Tensor; winner: Tensor }; collect: () => ConvExtras } {
  const partial = rec.alloc(chunks === undefined ? [4] : [2, chunks, oc], 'moments');
  const winner = rec.alloc(windows ? [b, Math.floor(oh / 2), Math.floor(ow / 2), oc] : [4], 'winner');
  const collect = (): ConvExtras => {
    if (chunks === undefined) rec.release(partial);
    if (!windows) rec.release(winner);
    return {
      moments: chunks === undefined ? undefined : { partial, chunks },
      winner: windows ? winner : undefined,
    };
  };
  return { bind: { moments: partial, winner }, collect };
}
