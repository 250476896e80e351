import type { BatchSource } from '../data/batches.js';
import type { Preprocess } from '../data/preprocess.js';
import type { Split } from '../data/types.js';
import type { Callback } from './callbacks/callback.js';
import type { ModelCheckpoint } from './callbacks/model_checkpoint.js';
import type { Control } from './control.js';
import type { TrainEvent } from './events.js';
import type { RunFolder } from './run_folder.js';
import type { ScheduleOptions } from './schedules.js';

/** What to train on, how, and for how long. */
export interface TrainPlan {
  /** The training batches. */
  readonly source: BatchSource;
  /** May be empty. */
  readonly validation: Split;
  /** How pixels become floats. */
  readonly preprocess: Preprocess;
  /** Class names, in the order of the network's outputs. */
  readonly classes: readonly string[];
  /** Passes over the training images. */
  readonly epochs: number;
  /** Training ends after this many steps; default: no limit. */
  readonly maxSteps?: number | undefined;
  /** Steps between two step events; default 20. */
  readonly logEvery?: number;
  /** Default constant. */
  readonly schedule?: Omit<ScheduleOptions, 'epochs' | 'stepsPerEpoch'>;
  /** Decides which weights are the best; default: those with the highest validation accuracy. */
  readonly checkpoint?: ModelCheckpoint;
  /** Further callbacks. Each hook calls `checkpoint` first, then these in order. */
  readonly callbacks?: readonly Callback[];
  /** Seconds between checkpoints within an epoch; default 60. With 0 there is one after every step, as tests need. */
  readonly checkpointSeconds?: number;
}

/** How a training ended. */
export interface TrainOutcome {
  /** `finished` after all epochs, `early-stop` by a callback, `stopped` from outside. */
  readonly status: 'finished' | 'stopped' | 'early-stop';
  /** Completed epochs. */
  readonly epochs: number;
  /** Completed steps, over all epochs. */
  readonly steps: number;
  /** Completed steps of the epoch in which it ended; 0 at the end of one. */
  readonly stepInEpoch: number;
  /** 0 when no epoch was completed. */
  readonly bestEpoch: number;
  /** A fraction in [0, 1]; null without validation images. */
  readonly bestValAcc: number | null;
  /** How long it took. */
  readonly seconds: number;
}

/** The surroundings of a training: where it reports, who controls it, and where it saves. */
export interface RunContext {
  /** Called with every event. */
  emit(event: TrainEvent): void;
  /** Pauses, stops and otherwise steers the training. */
  readonly control: Control;
  /** Without a folder nothing is saved. */
  readonly folder?: RunFolder;
  /** Training stops once it has this many epochs, to be continued later; default: it continues to the end. */
  readonly until?: number | undefined;
}
