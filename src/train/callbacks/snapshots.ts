import type { Callback, Training } from './callback.js';
import type { EpochLogs } from './monitor.js';

/**
 * Snapshot ensembles (Huang et al. 2017, arXiv 1704.00109): saves the weights at the end of each cycle of the learning rate, under
 * the number of their epoch. At the end of a cycle the rate is low and the network in a minimum, and the next cycle leads to
 * another one; so one training gives several networks that may vote.
 */
export class Snapshots implements Callback {
  /** @param warmup epochs before the first cycle @param length epochs of a cycle; whole numbers, or none is saved */
  constructor(
    readonly warmup: number,
    readonly length: number,
  ) {}

  async onEpochEnd(epoch: number, _: EpochLogs, training: Training): Promise<void> {
    const cycles = (epoch - this.warmup) / this.length;
    if (!Number.isInteger(cycles) || cycles < 1) return;
    await training.save(epoch);
    training.note('checkpoint', `weights at the end of cycle ${cycles} saved`);
  }
}
