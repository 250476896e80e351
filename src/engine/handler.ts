import type { Gpu } from '../gpu/device.js';
import type { Args, Progress, RequestName, Result } from './requests.js';

/** What a handler receives in addition to its arguments. */
export interface HandlerContext<K extends RequestName> {
  progress(value: Progress<K>): void;
  /** Aborted when the request is cancelled. */
  readonly signal: AbortSignal;
  /** The device that all handlers share, opened on first use. Throws NoGpuError. */
  gpu(): Promise<Gpu>;
}

export type Handler<K extends RequestName> = (
  args: Args<K>,
  context: HandlerContext<K>,
) => Promise<Result<K>>;
