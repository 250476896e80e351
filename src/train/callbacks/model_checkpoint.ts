import type { Callback, Training } from './callback.js';
import { type EpochLogs, improves, type MonitorOptions } from './monitor.js';

/** Options of `ModelCheckpoint`. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** Save weights only when they are the best so far; default false: also save those of every epoch. */
  readonly saveBestOnly?: boolean;
}

/** Saves the weights of the best epoch: Keras's callback (https://keras.io/api/callbacks/model_checkpoint/). */
export class ModelCheckpoint implements Callback {
  readonly name = 'checkpoint';
  /** As they were given, with defaults. */
  readonly options: Required<ModelCheckpointOptions>;
  /** The best epoch: its monitored value, number (0: none yet) and validation accuracy (or else training accuracy). */
  state: {
    /** Best value so far. */
    best: number | null;
    /** Its epoch. */
    bestEpoch: number;
    /** Its validation accuracy. */
    bestAcc: number | null;
  } = {
    best: null,
    bestEpoch: 0,
    bestAcc: null,
  };

  constructor(options: ModelCheckpointOptions = {}) {
    this.options = { monitor: 'val_loss', mode: 'auto', saveBestOnly: false, ...options };
  }

  /**
   * Takes the numbers of an epoch, and says whether its weights are the best so far, and whether to save them.
   * @param epoch counted from 1
   */
  decide(
    epoch: number,
    logs: EpochLogs,
  ): {
    /** Whether the epoch is the best so far. */
    best: boolean;
    /** Whether to save its weights under its number. */
    save: boolean;
  } {
    const value = logs[this.options.monitor];
    const best = value !== undefined && improves(value, this.state.best, this.options);
    if (best) this.state = { best: value, bestEpoch: epoch, bestAcc: logs.val_acc ?? logs.acc ?? null };
    return { best, save: best || !this.options.saveBestOnly };
  }

  async onEpochEnd(epoch: number, logs: EpochLogs, training: Training): Promise<void> {
    const { best, save } = this.decide(epoch, logs);
    if (best) await training.save('best');
    if (save && !this.options.saveBestOnly) await training.save(epoch);
  }
}
