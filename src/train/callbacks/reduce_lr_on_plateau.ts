import type { Callback, Training } from './callback.js';
import { type EpochLogs, improves, type MonitorOptions } from './monitor.js';

/** Options of `ReduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the learning rate is multiplied by; default 0.1. Below 1. */
  readonly factor?: number;
  /** Epochs without improvement after which the rate is reduced; default 10. */
  readonly patience?: number;
  /** Smallest change that counts as an improvement; default 1e-4. */
  readonly minDelta?: number;
  /** Epochs after a reduction that do not count as epochs without improvement; default 0. */
  readonly cooldown?: number;
  /** The rate is never reduced below this; default 0. */
  readonly minLr?: number;
}

/**
 * Reduces the learning rate when training no longer improves: Keras's callback
 * (https://keras.io/api/callbacks/reduce_lr_on_plateau/). Throws RangeError for a factor of 1 or more.
 */
export class ReduceLROnPlateau implements Callback {
  readonly name = 'reduceLr';
  /** As they were given, with defaults. */
  readonly options: Required<ReduceLROnPlateauOptions>;
  state: {
    /** Best value so far. */
    best: number | null;
    /** Epochs since then. */
    wait: number;
    /** Epochs left in which nothing is counted. */
    cooldown: number;
  } = { best: null, wait: 0, cooldown: 0 };

  constructor(options: ReduceLROnPlateauOptions = {}) {
    this.options = {
      ...{ monitor: 'val_loss', mode: 'auto', minDelta: 1e-4 },
      ...{ factor: 0.1, patience: 10, cooldown: 0, minLr: 0 },
      ...options,
    };
    const { factor } = this.options;
    if (factor >= 1) throw new RangeError(`ReduceLROnPlateau: factor ${factor}; expected a number below 1`);
  }

  /** The learning rate of the next epoch, given that of this one. */
  decide(logs: EpochLogs, rate: number): number {
    const value = logs[this.options.monitor];
    if (value === undefined) return rate;
    const { factor, patience, minLr } = this.options;
    let { best, wait, cooldown } = this.state;
    if (cooldown > 0) {
      cooldown--;
      wait = 0;
    }
    let next = rate;
    if (improves(value, best, this.options)) {
      best = value;
      wait = 0;
    } else if (cooldown === 0) {
      wait++;
      if (wait >= patience && rate > minLr) {
        next = Math.max(rate * factor, minLr);
        cooldown = this.options.cooldown;
        wait = 0;
      }
    }
    this.state = { best, wait, cooldown };
    return next;
  }

  onEpochEnd(_epoch: number, logs: EpochLogs, training: Training): void {
    const before = training.learningRate;
    const next = this.decide(logs, before);
    if (next === before) return;
    training.learningRate = next;
    // A narrow screen cuts the end.
    training.note('lr', `rate ${before} -> ${next}: no improvement of ${this.options.monitor}`);
  }
}
