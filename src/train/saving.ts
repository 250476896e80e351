import type { Preprocess } from '../data/preprocess.js';
import type { Learner } from '../nn/learner.js';
import type { NamedArrays } from '../nn/parameters.js';
import { EXIT, FerError } from '../util/errors.js';
import type { WeightFile } from './callbacks/callback.js';
import { saveCheckpoint, type TrainerState } from './checkpoint.js';
import { loadModel, saveModel } from './model_file.js';
import type { RunFolder } from './run_folder.js';
import { firstNotFinite } from './soundness.js';

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

  /**
   * Saves the weights that are validated: their average, if the learner keeps one. Throws RunError, and FerError with exit code 6
   * when they are not finite: then the file stays as it was.
   */
  async save(file: WeightFile): Promise<void> {
    const { folder, learner } = this;
    const weights = await learner.withAverage(() => learner.readWeights());
    this.#requireFinite(weights);
    saveModel(this.#path(file), {
      ...{ network: learner.model, weights, ...this.besides },
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
   * Saves everything that resuming needs. Throws RunError, and FerError with exit code 6 when weights or the optimizer's state
   * are not finite: then the checkpoint before it stays.
   */
  async saveCheckpoint(state: TrainerState): Promise<void> {
    const learner = await this.learner.readState();
    this.#requireFinite(learner.weights);
    this.#requireFinite(learner.optimizer);
    saveCheckpoint(this.folder.checkpoint, learner, state);
  }

  /**
   * Throws FerError with exit code 6 unless all numbers are finite: layers such as max pooling pass over NaN, so that the loss
   * does not show a divergence at once.
   */
  #requireFinite(arrays: NamedArrays): void {
    const name = firstNotFinite(arrays);
    if (name === undefined) return;
    const { stepCount, learningRate } = this.learner;
    throw new FerError(
      `training diverged: ${name} is not finite after step ${stepCount}; try a smaller --lr (now ${learningRate})`,
      EXIT.diverged,
    );
  }

  #path(file: WeightFile): string {
    return typeof file === 'number' ? this.folder.ofEpoch(file) : this.folder[file];
  }
}
