import type { RunReport } from '../train/runs.js';

/**
 * What a screen may ask the engine for, by name: arguments, progress, result. They travel as structured clones, so
 * typed arrays do and functions do not. A new one needs an entry here and a handler in `handlers.ts`.
 */
export interface Requests {
  /** All runs of a folder, the latest first. */
  'runs.list': { args: { folder: string }; progress: never; result: RunReport[] };
  /** The adapter that training would use. */
  'machine.probe': { args: { adapter?: string }; progress: never; result: MachineReport };
}

export interface MachineReport {
  readonly adapter: string;
  readonly software: boolean;
  readonly f16: boolean;
  readonly timestamps: boolean;
  readonly subgroups: string;
}

export type RequestName = keyof Requests;
export type Args<K extends RequestName> = Requests[K]['args'];
export type Progress<K extends RequestName> = Requests[K]['progress'];
export type Result<K extends RequestName> = Requests[K]['result'];
