import type { Preprocess } from '../data/preprocess.js';
import type { Split } from '../data/types.js';
import type { Learner } from '../nn/learner.js';
import { type Evaluation, evaluateBatches, evaluationSource, inputOf } from './evaluation.js';
import type { TrainEvent } from './events.js';
import { Feed } from './feed.js';
import { progressNotes } from './reports.js';

/** Evaluates a learner on the validation images, which stay on the device. */
export class Validation {
  /** Number of images; may be 0. */
  readonly size: number;
  readonly #feed: Feed;

  constructor(
    private readonly learner: Learner,
    split: Split,
    preprocess: Preprocess,
    batch: number,
  ) {
    this.size = split.labels.length;
    this.#feed = new Feed(learner.gpu, evaluationSource(split, preprocess, batch, inputOf(learner)));
  }

  /** Evaluates the weights, or their average if the learner keeps one. Reports progress after a second. */
  async run(emit: (event: TrainEvent) => void): Promise<{ evaluation: Evaluation; seconds: number }> {
    const begin = performance.now();
    const words = (done: number, total: number): string => `validating ${Math.round((100 * done) / total)} %`;
    const onBatch = progressNotes(emit, 'validate', words);
    const evaluation = await this.learner.withAverage(() =>
      evaluateBatches(this.learner, this.#feed, onBatch),
    );
    return { evaluation, seconds: (performance.now() - begin) / 1000 };
  }

  /** Frees the images on the host if the device has a copy. */
  releaseImages(): void {
    this.#feed.releaseImages();
  }

  /** Frees its memory on the device. */
  dispose(): void {
    this.#feed.dispose();
  }
}
