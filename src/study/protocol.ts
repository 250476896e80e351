import type { LoadOptions } from '../data/types.js';
import type { TrainEvent } from '../train/events.js';
import type { TrialOrder } from './run_trial.js';
import type { TrialRecord } from './trial.js';

type LoadProgress = Parameters<NonNullable<LoadOptions['onProgress']>>[0];

/** Messages to the process that trains. */
export type WorkerCommand =
  | { readonly type: 'trial'; readonly order: TrialOrder }
  /** Stop after the current batch, and save. */
  | { readonly type: 'stop' };

/** Messages from it. A trial ends with `record`, or with `error` if the cause is not the trial itself. */
export type WorkerMessage =
  | { readonly type: 'event'; readonly event: TrainEvent }
  | { readonly type: 'loading'; readonly progress: LoadProgress }
  | { readonly type: 'record'; readonly record: TrialRecord }
  | { readonly type: 'error'; readonly message: string; readonly exit: number };
