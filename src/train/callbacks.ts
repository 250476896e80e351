/**
 * Keras's three callbacks that watch a number at the end of each epoch, with its names, defaults and rules
 * (https://keras.io/api/callbacks/). They decide; the trainer acts. Their state is plain data, which goes into
 * checkpoints: a resumed run decides as an uninterrupted one.
 */

/** What can be watched: means of the epoch, and of validation. */
export const MONITORS = ['val_loss', 'val_acc', 'val_macro_f1', 'loss', 'acc'] as const;
export type Monitor = (typeof MONITORS)[number];
/** `auto`: the more the better for accuracies and F1, the less the better for losses. */
export const MODES = ['auto', 'min', 'max'] as const;
export type MonitorMode = (typeof MODES)[number];

/** The numbers of one epoch; those of validation are absent without validation images. */
export type EpochNumbers = Readonly<Partial<Record<Monitor, number>>>;

export interface MonitorOptions {
  /** Default val_loss. */
  readonly monitor?: Monitor;
  /** Default auto. */
  readonly mode?: MonitorMode;
}

/** Decides whether a number is better than the best so far, by more than `minDelta`. */
class Watch {
  readonly monitor: Monitor;
  readonly #sign: 1 | -1;

  constructor(
    { monitor = 'val_loss', mode = 'auto' }: MonitorOptions,
    private readonly minDelta = 0,
  ) {
    this.monitor = monitor;
    const larger = mode === 'max' || (mode === 'auto' && !monitor.endsWith('loss'));
    this.#sign = larger ? 1 : -1;
  }

  better(value: number, best: number | null): boolean {
    return best === null
      ? !Number.isNaN(value)
      : this.#sign * value - Math.abs(this.minDelta) > this.#sign * best;
  }
}

export interface ModelCheckpointOptions extends MonitorOptions {
  /** Keep weights only when they are the best so far; default false: every epoch. */
  readonly saveBestOnly?: boolean;
}

/** https://keras.io/api/callbacks/model_checkpoint/ */
export class ModelCheckpoint {
  readonly #watch: Watch;
  readonly saveBestOnly: boolean;
  state: { best: number | null } = { best: null };

  constructor(options: ModelCheckpointOptions = {}) {
    this.#watch = new Watch(options);
    this.saveBestOnly = options.saveBestOnly ?? false;
  }

  /** Whether the weights of this epoch are the best so far, and whether to save them. */
  epochEnd(numbers: EpochNumbers): { best: boolean; save: boolean } {
    const value = numbers[this.#watch.monitor];
    const best = value !== undefined && this.#watch.better(value, this.state.best);
    if (best) this.state = { best: value };
    return { best, save: best || !this.saveBestOnly };
  }
}

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Smallest change that counts as better; default 0. */
  readonly minDelta?: number;
  /** Epochs without anything better until training stops; default 0. */
  readonly patience?: number;
  /** Whether training ends with the weights of the best epoch; default false. */
  readonly restoreBestWeights?: boolean;
}

/** https://keras.io/api/callbacks/early_stopping/ */
export class EarlyStopping {
  readonly restoreBestWeights: boolean;
  readonly #watch: Watch;
  readonly #patience: number;
  state: { best: number | null; bestEpoch: number; wait: number } = { best: null, bestEpoch: 0, wait: 0 };

  constructor(options: EarlyStoppingOptions = {}) {
    this.#watch = new Watch(options, options.minDelta);
    this.#patience = options.patience ?? 0;
    this.restoreBestWeights = options.restoreBestWeights ?? false;
  }

  /** @param epoch counted from 1. Returns whether it was the best so far, and whether to stop. */
  epochEnd(epoch: number, numbers: EpochNumbers): { best: boolean; stop: boolean } {
    const value = numbers[this.#watch.monitor];
    if (value === undefined) return { best: false, stop: false };
    const { best, bestEpoch, wait } = this.state;
    if (this.#watch.better(value, best)) {
      this.state = { best: value, bestEpoch: epoch, wait: 0 };
      return { best: true, stop: false };
    }
    this.state = { best, bestEpoch, wait: wait + 1 };
    // Keras never stops after the first epoch.
    return { best: false, stop: wait + 1 >= this.#patience && epoch > 1 };
  }
}

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied by; default 0.1. Below 1. */
  readonly factor?: number;
  /** Epochs without anything better until the rate falls; default 10. */
  readonly patience?: number;
  /** Smallest change that counts as better; default 1e-4. */
  readonly minDelta?: number;
  /** Epochs after a fall in which nothing is counted; default 0. */
  readonly cooldown?: number;
  /** The rate never falls below it; default 0. */
  readonly minLr?: number;
}

/** https://keras.io/api/callbacks/reduce_lr_on_plateau/ */
export class ReduceLROnPlateau {
  readonly #watch: Watch;
  readonly #options: Required<Omit<ReduceLROnPlateauOptions, keyof MonitorOptions | 'minDelta'>>;
  state: { best: number | null; wait: number; cooldown: number } = { best: null, wait: 0, cooldown: 0 };

  constructor(options: ReduceLROnPlateauOptions = {}) {
    const { factor = 0.1, patience = 10, minDelta = 1e-4, cooldown = 0, minLr = 0 } = options;
    if (factor >= 1) throw new RangeError(`ReduceLROnPlateau: factor ${factor}; expected a number below 1`);
    this.#watch = new Watch(options, minDelta);
    this.#options = { factor, patience, cooldown, minLr };
  }

  /** The learning rate of the next epoch, given that of this one. */
  epochEnd(numbers: EpochNumbers, rate: number): number {
    const value = numbers[this.#watch.monitor];
    if (value === undefined) return rate;
    const { factor, patience, minLr } = this.#options;
    let { best, wait, cooldown } = this.state;
    if (cooldown > 0) {
      cooldown--;
      wait = 0;
    }
    let next = rate;
    if (this.#watch.better(value, best)) {
      best = value;
      wait = 0;
    } else if (cooldown === 0) {
      wait++;
      if (wait >= patience && rate > minLr) {
        next = Math.max(rate * factor, minLr);
        cooldown = this.#options.cooldown;
        wait = 0;
      }
    }
    this.state = { best, wait, cooldown };
    return next;
  }
}
