import type { RunChanges } from '../train/continuation.js';
import type { TrainEvent } from '../train/events.js';
import type { Steering } from '../train/steering.js';
import type { Load } from './load.js';
import type { RequestName } from './requests.js';

/** Messages to the engine. */
export type Command =
  | { readonly type: 'train'; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly type: 'resume'; readonly path: string; readonly changes?: RunChanges }
  /** For the current training; without one it does nothing. */
  | Steering
  /** Outlive the parent: when it disconnects, continue the training to its end. */
  | { readonly type: 'detach' }
  /** Save and exit. The engine also does so when its parent ends. */
  | { readonly type: 'end' }
  | { readonly type: 'request'; readonly id: number; readonly name: RequestName; readonly args: unknown }
  | { readonly type: 'cancel'; readonly id: number };

/** Messages from the engine. */
export type Message =
  | { readonly type: 'heartbeat'; readonly load?: Load }
  | { readonly type: 'train'; readonly event: TrainEvent }
  | { readonly type: 'loading'; readonly done: number; readonly total: number; readonly unit: string }
  | { readonly type: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** Messages are sent in batches, numbered from 0. A gap in `seq` means that a batch was lost. */
export interface Batch {
  readonly seq: number;
  readonly messages: readonly Message[];
}

export const BATCH_MS = 50;
export const HEARTBEAT_MS = 1000;
/** The engine counts as silent when no message has arrived for this long. */
export const SILENCE_MS = 10_000;
