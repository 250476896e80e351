import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { ConvExtras } from './conv2d_way.js';

/**
 * Room for the moments of so many chunks of y, and for the winners. What there is none of is bound all the same, and neither
 * read nor written. `made` is for after the dispatch.
 */
export function allocExtras(
  rec: Recorder,
  { b, oh, ow, oc }: ConvGeometry,
  chunks: number | undefined,
  windows: boolean,
): { bind: { moments: Tensor; winner: Tensor }; made: () => ConvExtras } {
  const partial = rec.alloc(chunks === undefined ? [4] : [2, chunks, oc], 'moments');
  const winner = rec.alloc(windows ? [b, Math.floor(oh / 2), Math.floor(ow / 2), oc] : [4], 'winner');
  const made = (): ConvExtras => {
    if (chunks === undefined) rec.release(partial);
    if (!windows) rec.release(winner);
    return {
      moments: chunks === undefined ? undefined : { partial, chunks },
      winner: windows ? winner : undefined,
    };
  };
  return { bind: { moments: partial, winner }, made };
}
