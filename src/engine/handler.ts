import type { Gpu } from '../gpu/device.js';
import type { Args, Progress, RequestName, Result } from './requests.js';

/** What a handler has beside its arguments. */
export interface HandlerContext<K extends RequestName> {
  progress(value: Progress<K>): void;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The engine's own device, opened when first asked for and shared by all handlers. Throws NoGpuError. */
  gpu(): Promise<Gpu>;
}

export type Handler<K extends RequestName> = (
  args: Args<K>,
  context: HandlerContext<K>,
) => Promise<Result<K>>;
