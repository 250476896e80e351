import type { Preprocess } from '../data/preprocess.js';
import type { Learner } from '../nn/learner.js';
import { EXIT, FerError } from '../util/errors.js';
import type { WeightFile } from './callbacks/callback.js';
import { saveCheckpoint, type TrainerState } from './checkpoint.js';
import type { RunFolder } from './run_folder.js';
import { loadModel, saveModel } from './weights.js';

/** What a weight file holds in addition to the weights. */
interface SavedWith {
  readonly preprocess: Preprocess;
  readonly classes: readonly string[];
}

/** Saves and restores the weights and checkpoints of one run. Files are written atomically. */
export class RunFiles {
  constructor(
    private readonly folder: RunFolder,
    private readonly learner: Learner,
    private readonly besides: SavedWith,
  ) {}

  /** Saves the weights that are validated: their average, if the learner keeps one. Throws RunError. */
  async save(file: WeightFile): Promise<void> {
    const { folder, learner } = this;
    saveModel(this.#path(file), {
      ...{ network: learner.model, ...this.besides },
      weights: await learner.withAverage(() => learner.readWeights()),
      notes: { run: folder.name, step: String(learner.stepCount) },
    });
  }

  /** Loads saved weights into the learner, and saves them as the last ones. Throws RunError. */
  restore(file: WeightFile): void {
    const saved = loadModel(this.#path(file));
    this.learner.writeWeights(saved.weights);
    saveModel(this.folder.last, saved);
  }

  /**
   * Saves everything that resuming needs. Throws RunError, and FerError with exit code 6 when a weight is not finite: the
   * last step may have broken what its loss does not show yet. The checkpoint before it stays.
   */
  async saveCheckpoint(state: TrainerState): Promise<void> {
    const learner = await this.learner.readState();
    for (const [name, { data }] of learner.weights) {
      if (data.every(Number.isFinite)) continue;
      throw new FerError(
        `training diverged: the weights ${name} are not finite after step ${learner.stepCount}; try a smaller --lr (now ${learner.learningRate})`,
        EXIT.diverged,
      );
    }
    saveCheckpoint(this.folder.checkpoint, learner, state);
  }

  #path(file: WeightFile): string {
    return typeof file === 'number' ? this.folder.ofEpoch(file) : this.folder[file];
  }
}
