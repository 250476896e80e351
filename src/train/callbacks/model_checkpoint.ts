import type { Callback, Training } from './callback.js';
import { type EpochLogs, improves, type MonitorOptions } from './monitor.js';

export interface ModelCheckpointOptions extends MonitorOptions {
  /** Keep weights only when they are the best so far; default false: those of every epoch, too. */
  readonly saveBestOnly?: boolean;
}

/** Saves the weights of the best epoch: Keras's callback (https://keras.io/api/callbacks/model_checkpoint/). */
export class ModelCheckpoint implements Callback {
  readonly name = 'checkpoint';
  readonly options: Required<ModelCheckpointOptions>;
  /** Of the best epoch: what was watched, its number (0: none yet), its validation accuracy (training's without one). */
  state: { best: number | null; bestEpoch: number; bestAcc: number | null } = {
    best: null,
    bestEpoch: 0,
    bestAcc: null,
  };

  constructor(options: ModelCheckpointOptions = {}) {
    this.options = { monitor: 'val_loss', mode: 'auto', saveBestOnly: false, ...options };
  }

  /** @param epoch counted from 1. Returns whether its weights are the best so far, and whether to save them. */
  decide(epoch: number, logs: EpochLogs): { best: boolean; save: boolean } {
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
