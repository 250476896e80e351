import { limitSplit } from '../../data/rows.js';
import type { Dataset } from '../../data/types.js';
import type { Gpu } from '../../gpu/device.js';
import type { DesignedFeatures } from '../../nn/hybrid.js';
import { Learner } from '../../nn/learner.js';
import type { Network } from '../../nn/network.js';
import { learnerOptions, planOf, withFeatures } from '../../train/assemble.js';
import { resolveConfig, type TrainConfig } from '../../train/config.js';
import type { Control } from '../../train/control.js';
import { evaluateSplit, inputOf } from '../../train/evaluation.js';
import type { EpochEvent } from '../../train/events.js';
import type { TrainPlan } from '../../train/plan.js';
import { Trainer } from '../../train/trainer.js';
import { EXIT, FerError } from '../../util/errors.js';
import { type EpochFigures, Trained } from './trained.js';

/** Thrown when a run of a lab is interrupted. */
export class LabStopped extends Error {}

/** The settings of `fer-tui train`, except the seed, which the workbench sets. */
export type LabSettings = Partial<Omit<TrainConfig, 'seed'>>;

/** A learner, and the plan of its training, from the same settings. */
export interface Prepared {
  readonly learner: Learner;
  /** Batches, preprocessing, schedule, epochs. */
  readonly plan: TrainPlan;
}

/**
 * The environment of one run of a lab: device, faces, seed and training. All learners that it creates are freed after the run.
 */
export class Workbench {
  readonly #learners: Learner[] = [];

  constructor(
    readonly gpu: Gpu,
    /** The lab's faces. Training never sees those of `validation`; `test` is empty. */
    readonly dataset: Dataset,
    /** Seed of initial weights, order of the faces, dropout and augmentation. */
    readonly seed: number,
    /** Passes over the training faces. */
    readonly epochs: number,
    private readonly control: Control,
    /** Called with the progress of this run, from 0 to 1. */
    private readonly onProgress: (share: number) => void = () => undefined,
  ) {}

  /** Number of classes. */
  get classes(): number {
    return this.dataset.classes.length;
  }

  /**
   * A learner, and the plan of its training, from the settings of `fer-tui train`; by default without augmentation, and for the
   * epochs of the workbench. Throws UsageError for a wrong setting, LabStopped.
   */
  prepare(network: Network, settings: LabSettings = {}): Prepared {
    this.checkStopped();
    const { seed, epochs, dataset } = this;
    const config = resolveConfig({ augment: 'none', epochs, logEvery: 1, ...settings, seed });
    const learner = new Learner(this.gpu, network, learnerOptions(config, dataset));
    this.#learners.push(learner);
    return { learner, plan: planOf(config, dataset, inputOf(learner)) };
  }

  /**
   * A network with the designed features of the settings, chosen and measured on the training faces.
   * @param build makes the network from the features, which are undefined for raw pixels alone
   */
  async withFeatures(
    settings: LabSettings,
    build: (features: DesignedFeatures | undefined) => Network,
  ): Promise<Network> {
    this.checkStopped();
    return withFeatures(resolveConfig(settings), this.dataset, this.gpu, build);
  }

  /**
   * Trains a network as `fer-tui train` would with these settings. A training that diverges is a result too. Throws LabStopped
   * when it was interrupted.
   * @param before called before the first step, to look at the untrained network or to change its weights
   */
  async train(
    network: Network,
    settings: LabSettings = {},
    before?: (prepared: Prepared) => Promise<void>,
  ): Promise<Trained> {
    const prepared = this.prepare(network, settings);
    const { learner, plan } = prepared;
    await before?.(prepared);
    const steps = plan.source.batchesPerEpoch * plan.epochs;
    const epochs: EpochFigures[] = [];
    const losses: number[] = [];
    const trainer = new Trainer(learner, plan);
    let imgPerS = 0;
    try {
      await trainer.run({
        control: this.control,
        emit: (event) => {
          if (event.type === 'epoch') {
            epochs.push(figuresOf(event));
            imgPerS = event.imgPerS;
          } else if (event.type === 'step') {
            losses.push(event.loss);
            this.onProgress(event.step / steps);
          }
        },
      });
      this.checkStopped();
      const seen = limitSplit(this.dataset.splits.train, plan.source.size);
      const fit = await evaluateSplit(learner, seen, plan.preprocess);
      return new Trained({ planned: plan.epochs, epochs, losses, fit, imgPerS });
    } catch (error) {
      if (!(error instanceof FerError && error.exitCode === EXIT.diverged)) throw error;
      return new Trained({ planned: plan.epochs, epochs, losses, fit: undefined, imgPerS });
    } finally {
      trainer.dispose();
    }
  }

  /** Call this between the steps of a custom training loop. Throws LabStopped when the lab was interrupted. */
  checkStopped(): void {
    if (this.control.stopped !== undefined) throw new LabStopped();
  }

  /** Frees all learners. */
  async dispose(): Promise<void> {
    for (const learner of this.#learners.splice(0)) await learner.dispose();
  }
}

function figuresOf({ train, val }: EpochEvent): EpochFigures {
  return {
    loss: train.loss,
    accuracy: train.acc,
    validationLoss: val?.loss ?? Number.NaN,
    validationAccuracy: val?.acc ?? Number.NaN,
  };
}
