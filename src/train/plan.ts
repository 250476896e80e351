import type { BatchSource } from '../data/batches.js';
import type { Preprocess } from '../data/preprocess.js';
import type { Split } from '../data/types.js';
import type { EarlyStopping, ModelCheckpoint, ReduceLROnPlateau } from './callbacks.js';
import type { Control } from './control.js';
import type { TrainEvent } from './events.js';
import type { RunFolder } from './run_folder.js';
import type { ScheduleOptions } from './schedules.js';

/** What to train on, how, and for how long. */
export interface TrainPlan {
  readonly source: BatchSource;
  /** May be empty. */
  readonly validation: Split;
  readonly preprocess: Preprocess;
  readonly classes: readonly string[];
  readonly epochs: number;
  /** Default: no limit. */
  readonly maxSteps?: number | undefined;
  /** Default 20. */
  readonly logEvery?: number;
  /** Default constant. */
  readonly schedule?: Omit<ScheduleOptions, 'epochs' | 'stepsPerEpoch'>;
  /** The epoch (from 1) from whose end on the weights are averaged equally; the learner must keep such an average. */
  readonly swaFrom?: number | undefined;
  /** Says which weights are the best; default: those of the highest validation accuracy. */
  readonly checkpoint?: ModelCheckpoint;
  readonly earlyStopping?: EarlyStopping | undefined;
  readonly reduceLr?: ReduceLROnPlateau | undefined;
  /** Seconds between checkpoints within an epoch; default 60. */
  readonly checkpointSeconds?: number;
  /** Called after every step; slow, for comparisons with other frameworks. */
  readonly onStep?: ((step: number) => Promise<void>) | undefined;
}

export interface TrainOutcome {
  readonly status: 'finished' | 'stopped' | 'early-stop';
  /** Complete epochs. */
  readonly epochs: number;
  readonly steps: number;
  /** 0 when no epoch was completed. */
  readonly bestEpoch: number;
  readonly bestValAcc: number | null;
  readonly seconds: number;
}

/** Where a run reports and saves. */
export interface RunSurroundings {
  emit(event: TrainEvent): void;
  readonly control: Control;
  /** Without one nothing is saved. */
  readonly folder?: RunFolder;
}
