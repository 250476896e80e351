import type { Callback, Training } from './callback.js';
import { type EpochLogs, improves, type MonitorOptions } from './monitor.js';

/** Options of `EarlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Smallest change that counts as an improvement; default 0. */
  readonly minDelta?: number;
  /** Epochs without improvement after which training stops; default 0. */
  readonly patience?: number;
  /** Whether training ends with the weights of the best epoch; default false. */
  readonly restoreBestWeights?: boolean;
}

/** Stops training when it no longer improves: Keras's callback (https://keras.io/api/callbacks/early_stopping/). */
export class EarlyStopping implements Callback {
  readonly name = 'earlyStopping';
  /** As they were given, with defaults. */
  readonly options: Required<EarlyStoppingOptions>;
  /** What a resumed run needs. */
  state: {
    /** Best value so far. */
    best: number | null;
    /** Its epoch. */
    bestEpoch: number;
    /** Epochs since then. */
    wait: number;
    /** Whether it has stopped the training. */
    stopped: boolean;
  } = {
    ...{ best: null, bestEpoch: 0, wait: 0, stopped: false },
  };

  constructor(options: EarlyStoppingOptions = {}) {
    this.options = {
      ...{ monitor: 'val_loss', mode: 'auto', minDelta: 0, patience: 0, restoreBestWeights: false },
      ...options,
    };
  }

  /**
   * Takes the numbers of an epoch, and says whether it is the best so far, and whether to stop.
   * @param epoch counted from 1
   */
  decide(
    epoch: number,
    logs: EpochLogs,
  ): {
    /** Whether the epoch is the best so far. */
    best: boolean;
    /** Whether to stop. */
    stop: boolean;
  } {
    const value = logs[this.options.monitor];
    if (value === undefined) return { best: false, stop: false };
    if (improves(value, this.state.best, this.options)) {
      this.state = { best: value, bestEpoch: epoch, wait: 0, stopped: false };
      return { best: true, stop: false };
    }
    const wait = this.state.wait + 1;
    // Keras never stops after the first epoch.
    const stop = wait >= this.options.patience && epoch > 1;
    this.state = { ...this.state, wait, stopped: stop };
    return { best: false, stop };
  }

  async onEpochEnd(epoch: number, logs: EpochLogs, training: Training): Promise<void> {
    const { best, stop } = this.decide(epoch, logs);
    if (best && this.options.restoreBestWeights) await training.save('restore');
    if (stop) training.stop();
  }

  onTrainEnd(training: Training): void {
    const { stopped, bestEpoch } = this.state;
    const { monitor } = this.options;
    if (!stopped) return;
    const restored = this.options.restoreBestWeights && training.restoreWeights('restore');
    const then = restored ? '; its weights are restored' : '';
    training.note('stopping', `${monitor} was best in epoch ${bestEpoch}: stopping early${then}`);
  }
}
