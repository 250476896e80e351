import { join } from 'node:path';
import { needFolder } from '../../util/atomic_write.js';
import { saveModel } from '../model_file.js';
import type { Callback, Training } from './callback.js';

/** Saves the weights after every step, to compare a training with another program. Slow. */
export class StepWeights implements Callback {
  /** @param folder made by `prepare` */
  constructor(readonly folder: string) {}

  /** Makes the folder, if it does not exist. Throws RunError. */
  static prepare(folder: string): void {
    needFolder(folder);
  }

  onTrainBegin(): void {
    StepWeights.prepare(this.folder);
  }

  async onTrainBatchEnd(step: number, { learner, classes, feed }: Training): Promise<void> {
    saveModel(join(this.folder, `step-${String(step).padStart(6, '0')}.safetensors`), {
      ...{ network: learner.model, classes, preprocess: feed.source.preprocess },
      weights: await learner.readWeights(),
      notes: { step: String(step) },
    });
  }
}
