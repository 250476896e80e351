import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { Moments } from './batch_norm.js';
import type { ConvGeometry } from './conv2d_geometry.js';

/** What a convolution may do to y, or find out about it, while it has it. */
export interface ConvExtraOptions {
  /** Of the ELU that is applied to y; default none. */
  readonly alpha?: number | undefined;
  /** Whether the moments of y are of use; default no. */
  readonly moments?: boolean | undefined;
  /** [OC], of a batch norm before max pooling of 2 x 2: the winners of the windows are of use. */
  readonly gamma?: Tensor | undefined;
}

/** What it found out; undefined where it was not asked for, or the way does not do it. */
export interface ConvExtras {
  readonly moments: Moments | undefined;
  /** [B, OH / 2, OW / 2, OC]: of each window the y that is largest once normalised. */
  readonly winner: Tensor | undefined;
}

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
