import type { StepMetrics } from '../nn/metrics_ring.js';
import { EXIT, FerError } from '../util/errors.js';
import type { TrainEvent } from './events.js';
import { RunningMean } from './progress.js';
import { deviceMemory, type OnDevice } from './reports.js';

/** The position of a step in its run. */
export interface StepPlace {
  /** Counted from 1. */
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
  readonly imgPerS: number;
  /** Seconds left; null until the pace is steady. */
  readonly etaS: number | null;
  /** Seconds of training so far. */
  readonly elapsedS: number;
}

/** Collects the metrics of steps, which arrive from the device some time after the steps, and reports them as events. */
export class StepReports {
  /** Means over the current epoch. */
  mean = new RunningMean();
  /** Learning rates of the steps whose metrics have not arrived yet. */
  #rates: number[] = [];

  constructor(private readonly learner: OnDevice & { readonly learningRate: number }) {}

  /** Records that a step was taken with this learning rate. */
  taken(learningRate: number): void {
    this.#rates.push(learningRate);
  }

  /**
   * Adds the metrics of steps to the means of the epoch, and reports those steps that `wanted` selects. Throws FerError with
   * exit code 6 when a loss is not finite.
   */
  add(
    steps: readonly StepMetrics[],
    wanted: (step: number) => boolean,
    placeOf: (step: number) => StepPlace,
    emit: (event: TrainEvent) => void,
  ): void {
    for (const metrics of steps) {
      const { step, loss, correct, count, gradientNorm: norm } = metrics;
      const lr = this.#rates.shift() ?? this.learner.learningRate;
      if (!Number.isFinite(loss)) {
        throw new FerError(
          `training diverged: the loss of step ${step} is ${loss}; try a smaller --lr (now ${lr})`,
          EXIT.diverged,
        );
      }
      this.mean.add(metrics);
      if (!wanted(step)) continue;
      const { stepsPerEpoch: of, ...place } = placeOf(step);
      const memory = deviceMemory(this.learner);
      const gradientNorm = norm !== undefined && Number.isFinite(norm) && { gradientNorm: norm };
      emit({ type: 'step', step, loss, acc: correct / count, ...gradientNorm, lr, of, ...place, memory });
    }
  }
}
