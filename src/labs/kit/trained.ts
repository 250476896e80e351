import type { Evaluation } from '../../train/evaluation.js';
import type { CurvePoint } from './outcome.js';

/** The figures of an epoch. Accuracies are in [0, 1]. */
export interface EpochFigures {
  /** Mean over the batches of the epoch, taken while training: with dropout and augmentation. */
  readonly loss: number;
  /** Likewise. */
  readonly accuracy: number;
  /** Of faces that training never saw, after the epoch. */
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

/** A training of a lab. If it diverged, every figure is NaN from there on. */
export class Trained {
  constructor(
    private readonly record: {
      /** Epochs that were planned. */
      readonly planned: number;
      /** Epochs that were completed. */
      readonly epochs: readonly EpochFigures[];
      /** The loss of each step. */
      readonly losses: readonly number[];
      /** The evaluation on the training faces after the last step; undefined if the training diverged. */
      readonly fit: Evaluation | undefined;
      readonly imgPerS: number;
    },
  ) {}

  /** Whether all losses were finite. */
  get diverged(): boolean {
    return this.record.fit === undefined;
  }

  /** A figure of the last epoch; NaN if the training diverged. */
  last(figure: keyof EpochFigures): number {
    return this.diverged ? Number.NaN : (this.record.epochs.at(-1)?.[figure] ?? Number.NaN);
  }

  /** A figure of every epoch, counted from 1. */
  curve(figure: keyof EpochFigures): CurvePoint[] {
    const { planned, epochs } = this.record;
    return Array.from({ length: planned }, (_, i) => ({ x: i + 1, y: epochs[i]?.[figure] ?? Number.NaN }));
  }

  /** Loss of each step, in order: on the batch of the step, before its update. */
  get losses(): readonly number[] {
    return this.record.losses;
  }

  /** Accuracy on the training faces after the last step, in inference mode: without dropout and augmentation. */
  get fit(): number {
    return this.record.fit?.accuracy ?? Number.NaN;
  }

  /** Images a second, in training. */
  get imgPerS(): number {
    return this.record.imgPerS;
  }
}
