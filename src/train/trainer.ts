import type { BatchSource } from '../data/batches.js';
import type { Preprocess } from '../data/preprocess.js';
import type { Split } from '../data/types.js';
import type { Learner, StepMetrics } from '../nn/learner.js';
import { EXIT, FerError } from '../util/errors.js';
import type { Control } from './control.js';
import { type Evaluation, evaluateBatches, evaluationSource } from './evaluation.js';
import type { EpochEvent, TrainEvent } from './events.js';
import { Feed } from './feed.js';
import { classMetrics } from './metrics.js';
import { Pace, RunningMean } from './progress.js';
import type { RunFolder } from './run_folder.js';
import { saveModel } from './weights.js';

/** What to train on, and for how long. */
export interface TrainPlan {
  readonly source: BatchSource;
  /** May be empty. */
  readonly validation: Split;
  readonly preprocess: Preprocess;
  readonly classes: readonly string[];
  readonly epochs: number;
  readonly maxSteps: number;
  readonly logEvery: number;
}

export interface TrainOutcome {
  readonly status: 'finished' | 'stopped';
  /** Complete epochs. */
  readonly epochs: number;
  readonly steps: number;
  /** 0 when no epoch was completed. */
  readonly bestEpoch: number;
  readonly bestValAcc: number | null;
  readonly seconds: number;
}

/** Where a run reports and saves. */
export interface RunSurroundings {
  emit(event: TrainEvent): void;
  readonly control: Control;
  /** Without one nothing is saved. */
  readonly folder?: RunFolder;
}

/** Compiling that is over by then goes untold. */
const PATIENCE_MS = 1_000;
/** How often the numbers of past steps are fetched from the device. */
const TICK_MS = 500;

/** Tells of compiling, if it takes long enough to be noticed: the driver keeps what it compiled. */
function compileNotes({ emit }: RunSurroundings): (done: number, total: number) => void {
  let quietUntil = 0;
  return (done, total) => {
    if (done === 1) quietUntil = performance.now() + PATIENCE_MS;
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + TICK_MS;
    const message = `compiling kernel ${done} of ${total} (once per driver)`;
    emit({ type: 'event', kind: 'compile', message, progress: { done, total } });
  };
}

/** The training loop: epochs, batches, validation, saving the best and the last weights. Knows no screen. */
export class Trainer {
  readonly #pace: Pace;
  readonly #training: Feed;
  readonly #validation: Feed;
  #done = 0;
  #best: { epoch: number; acc: number; loss: number } | undefined;

  constructor(
    readonly learner: Learner,
    readonly plan: TrainPlan,
  ) {
    const { source, validation, preprocess } = plan;
    this.#pace = new Pace(source.batchSize, () => performance.now() / 1000);
    this.#training = new Feed(learner.gpu, source);
    this.#validation = new Feed(learner.gpu, evaluationSource(validation, preprocess, source.batchSize));
  }

  /** Throws FerError with exit code 6 when the loss is no longer a number. */
  async run(around: RunSurroundings): Promise<TrainOutcome> {
    const { epochs, maxSteps } = this.plan;
    const begin = performance.now();
    this.learner.onCompile = compileNotes(around);
    let epoch = 0;
    let stopped = false;
    while (epoch < epochs && !stopped && this.#done < maxSteps) {
      const complete = await this.#epoch(epoch + 1, around);
      if (complete) epoch++;
      stopped = around.control.stopped !== undefined;
    }
    if (stopped)
      around.emit({
        type: 'event',
        kind: 'stopping',
        message: 'stopped after the batch; the last weights are saved',
      });
    return {
      status: stopped ? 'stopped' : 'finished',
      epochs: epoch,
      steps: this.#done,
      bestEpoch: this.#best?.epoch ?? 0,
      bestValAcc: this.plan.validation.labels.length > 0 ? (this.#best?.acc ?? null) : null,
      seconds: (performance.now() - begin) / 1000,
    };
  }

  /** One pass over the training images; false if it was cut short. */
  async #epoch(epoch: number, around: RunSurroundings): Promise<boolean> {
    const { source, maxSteps } = this.plan;
    const begin = performance.now();
    const mean = new RunningMean();
    let tick = performance.now();
    let index = 0;
    this.#pace.resume();
    while (index < source.batchesPerEpoch && this.#done < maxSteps && around.control.stopped === undefined) {
      const { images, labels } = this.#training.batch(epoch - 1, index++);
      await this.learner.train(images, labels);
      this.#done++;
      if (performance.now() - tick > TICK_MS) {
        this.#report(await this.learner.metrics(), epoch, mean, around);
        tick = performance.now();
      }
    }
    this.#report(await this.learner.metrics(), epoch, mean, around);
    const complete = index === source.batchesPerEpoch;
    if (complete || around.control.stopped === undefined) {
      await this.#endEpoch(epoch, mean, (performance.now() - begin) / 1000, around);
    } else {
      await this.#save('last', epoch, undefined, around);
    }
    return complete;
  }

  #report(steps: readonly StepMetrics[], epoch: number, mean: RunningMean, { emit }: RunSurroundings): void {
    const { source, logEvery } = this.plan;
    this.#pace.steps(steps.length);
    for (const metrics of steps) {
      if (!Number.isFinite(metrics.loss)) {
        throw new FerError(
          `training diverged: the loss of step ${metrics.step} is ${metrics.loss}; try a smaller --lr (now ${this.learner.learningRate})`,
          EXIT.diverged,
        );
      }
      mean.add(metrics);
      if (metrics.step % logEvery !== 0) continue;
      emit({
        type: 'step',
        step: metrics.step,
        epoch,
        loss: metrics.loss,
        acc: metrics.correct / metrics.count,
        lr: this.learner.learningRate,
        imgPerS: this.#pace.imgPerS,
        etaS: this.#eta(epoch, metrics.step),
        of: source.batchesPerEpoch,
        stepInEpoch: metrics.step - (epoch - 1) * source.batchesPerEpoch,
      });
    }
  }

  #eta(epoch: number, step: number): number | null {
    const { epochs, source, maxSteps, validation } = this.plan;
    const total = Math.min(epochs * source.batchesPerEpoch, maxSteps);
    const validations =
      validation.labels.length > 0 ? Math.ceil(total / source.batchesPerEpoch) - epoch + 1 : 0;
    return this.#pace.eta(total - step, validations);
  }

  async #endEpoch(epoch: number, mean: RunningMean, seconds: number, around: RunSurroundings): Promise<void> {
    const { validation, classes, epochs } = this.plan;
    let val: Evaluation | undefined;
    if (validation.labels.length > 0) {
      const begin = performance.now();
      val = await evaluateBatches(this.learner, this.#validation);
      this.#pace.validated((performance.now() - begin) / 1000);
    }
    const score = { epoch, acc: val?.accuracy ?? mean.acc, loss: val?.loss ?? mean.loss };
    const best = Number.isFinite(score.loss) && score.acc > (this.#best?.acc ?? -1);
    if (best) this.#best = score;
    await this.#save('last', epoch, score.acc, around);
    if (best) await this.#save('best', epoch, score.acc, around);
    const event: EpochEvent = {
      v: 1,
      type: 'epoch',
      t: new Date().toISOString(),
      run: around.folder?.name ?? '',
      epoch,
      of: epochs,
      train: { loss: mean.loss, acc: mean.acc },
      ...(val && {
        val: {
          loss: val.loss,
          acc: val.accuracy,
          recall: classMetrics(val.confusion, classes).map(({ recall }) => recall),
        },
      }),
      lr: this.learner.learningRate,
      imgPerS: this.#pace.imgPerS,
      seconds,
      etaS: this.#eta(epoch + 1, this.#done),
      best,
    };
    around.emit(event);
  }

  async #save(
    which: 'best' | 'last',
    epoch: number,
    acc: number | undefined,
    { folder }: RunSurroundings,
  ): Promise<void> {
    if (folder === undefined) return;
    const { preprocess, classes } = this.plan;
    saveModel(folder[which], {
      model: this.learner.model.name,
      classes,
      preprocess,
      weights: await this.learner.readWeights(),
      notes: {
        run: folder.name,
        epoch: String(epoch),
        ...(acc !== undefined && { accuracy: acc.toFixed(6) }),
      },
    });
  }
}
