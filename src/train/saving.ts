import type { Preprocess } from '../data/preprocess.js';
import type { Learner } from '../nn/learner.js';
import type { WeightFile } from './callbacks/callback.js';
import { saveCheckpoint, type TrainerState } from './checkpoint.js';
import type { RunFolder } from './run_folder.js';
import { loadModel, saveModel } from './weights.js';

/** What goes into a weight file beside the weights. */
interface SavedWith {
  readonly preprocess: Preprocess;
  readonly classes: readonly string[];
}

/** Reads and writes the files of one run. Every file is written whole or not at all. */
export class RunFiles {
  constructor(
    private readonly folder: RunFolder,
    private readonly learner: Learner,
    private readonly besides: SavedWith,
  ) {}

  /** Writes the weights that are validated: the average, if one is kept. */
  async save(file: WeightFile): Promise<void> {
    const { folder, learner } = this;
    saveModel(this.#path(file), {
      ...{ network: learner.model, ...this.besides },
      weights: await learner.withAverage(() => learner.readWeights()),
      notes: { run: folder.name, step: String(learner.stepCount) },
    });
  }

  /** Loads weights that `save` wrote into the learner, and makes them the last ones. Throws RunError. */
  restore(file: WeightFile): void {
    const saved = loadModel(this.#path(file));
    this.learner.writeWeights(saved.weights);
    saveModel(this.folder.last, saved);
  }

  /** Writes all that a resumed run needs. */
  async saveCheckpoint(state: TrainerState): Promise<void> {
    saveCheckpoint(this.folder.checkpoint, await this.learner.readState(), state);
  }

  #path(file: WeightFile): string {
    return typeof file === 'number' ? this.folder.ofEpoch(file) : this.folder[file];
  }
}
