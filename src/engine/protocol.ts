import type { TrainEvent } from '../train/events.js';
import type { RequestName } from './requests.js';

/** Down to the engine. */
export type Command =
  | { readonly type: 'train'; readonly settings: Readonly<Record<string, unknown>> }
  /** With another learning rate from there on, if given. */
  | { readonly type: 'resume'; readonly path: string; readonly lr?: number | undefined }
  | Steering
  /** Save and end. So does the parent's end. */
  | { readonly type: 'end' }
  | { readonly type: 'request'; readonly id: number; readonly name: RequestName; readonly args: unknown }
  | { readonly type: 'cancel'; readonly id: number };

/** Of the training that is going on; without one they do nothing. */
export type Steering =
  | { readonly type: 'pause' | 'continue' | 'step' | 'checkpoint' | 'validate' }
  | { readonly type: 'lr'; readonly lr: number }
  | { readonly type: 'stop'; readonly after: 'batch' | 'epoch' };

/** Up from the engine. */
export type Message =
  | { readonly type: 'heartbeat' }
  | { readonly type: 'train'; readonly event: TrainEvent }
  | { readonly type: 'loading'; readonly done: number; readonly total: number; readonly unit: string }
  | { readonly type: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** Messages travel in batches, numbered from 0; a gap in `seq` would be a lost batch. */
export interface Batch {
  readonly seq: number;
  readonly messages: readonly Message[];
}

export const BATCH_MS = 50;
export const HEARTBEAT_MS = 1000;
/** Without a sign of life for this long the engine counts as silent. */
export const SILENCE_MS = 10_000;
