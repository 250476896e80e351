import { progressNotes } from '../reports.js';
import type { Callback, Training } from './callback.js';

/** After this many batches at momentum 0.99, the initial statistics of batch norm still have a weight of 5 %. */
const CALIBRATION_BATCHES = 300;

/**
 * Stochastic weight averaging (Izmailov et al. 2018): from one epoch on, the equal average of the weights at the ends of the
 * epochs is validated and saved. Training batches then give its batch norm new statistics. Needs a learner with `swa`.
 */
export class WeightAveraging implements Callback {
  /** @param from the first epoch whose weights are averaged, counted from 1 */
  constructor(readonly from: number) {}

  async onEpochTrained(epoch: number, training: Training): Promise<void> {
    if (epoch >= this.from) await training.learner.takeAverage(calibration(training));
  }
}

/** Full training batches, from which batch norm measures its statistics. */
function* calibration({ epoch, feed, emit }: Training): Generator<ReturnType<typeof feed.batch>> {
  const { size, batchSize, batchesPerEpoch } = feed.source;
  const whole = Math.max(1, Math.floor(size / batchSize));
  const total = Math.min(CALIBRATION_BATCHES, 3 * batchesPerEpoch);
  const words = (done: number): string => `averaging the weights: batch ${done} of ${total}`;
  const tell = progressNotes(emit, 'validate', words);
  for (let i = 0; i < total; i++) {
    yield feed.batch(epoch, i % whole);
    tell(i + 1, total);
  }
}
