import type { Ceilings } from './ceiling.js';

/** What a kernel does, whatever the adapter. */
export interface Work {
  /** Floating-point operations; default: too few to matter. */
  readonly flop?: number | undefined;
  /** Bytes of all inputs and outputs, each counted once. */
  readonly bytes: number;
  /** Dispatches, which run one after the other. */
  readonly dispatches: number;
}

/** The least time in which an adapter could do some work, and what that time is mostly spent on. */
export interface Limit {
  readonly ms: number;
  readonly boundBy: 'arithmetic' | 'memory' | 'launch';
}

/**
 * A model of the limit: arithmetic and memory traffic overlap, so the slower of the two counts, at the adapter's measured peak
 * rates (the roofline model, Williams et al. 2009); the start of each dispatch comes on top. A kernel whose data stay in a cache can be
 * faster than this.
 */
export function limitOf(
  { gflops, gbytes, launchMs }: Ceilings,
  { flop = 0, bytes, dispatches }: Work,
): Limit {
  const [arithmetic, memory, launch] = [flop / gflops / 1e6, bytes / gbytes / 1e6, dispatches * launchMs];
  const work = Math.max(arithmetic, memory);
  const ms = work + launch;
  if (launch > work) return { ms, boundBy: 'launch' };
  return { ms, boundBy: arithmetic > memory ? 'arithmetic' : 'memory' };
}
