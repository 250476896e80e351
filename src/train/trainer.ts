import type { BatchSource } from '../data/batches.js';
import type { Preprocess } from '../data/preprocess.js';
import type { Split } from '../data/types.js';
import type { Learner, StepMetrics } from '../nn/learner.js';
import { EXIT, FerError } from '../util/errors.js';
import { EarlyStopping, type EpochNumbers, ModelCheckpoint, ReduceLROnPlateau } from './callbacks.js';
import { saveCheckpoint, type TrainerState } from './checkpoint.js';
import type { Control } from './control.js';
import { type Evaluation, evaluateBatches, evaluationSource } from './evaluation.js';
import type { EpochEvent, TrainEvent } from './events.js';
import { Feed } from './feed.js';
import { classMetrics, macroF1 } from './metrics.js';
import { Pace, RunningMean } from './progress.js';
import type { RunFolder } from './run_folder.js';
import { type ScheduleOptions, scheduleFactor } from './schedules.js';
import { loadModel, saveModel } from './weights.js';

/** What to train on, how, and for how long. */
export interface TrainPlan {
  readonly source: BatchSource;
  /** May be empty. */
  readonly validation: Split;
  readonly preprocess: Preprocess;
  readonly classes: readonly string[];
  readonly epochs: number;
  /** Default: no limit. */
  readonly maxSteps?: number | undefined;
  /** Default 20. */
  readonly logEvery?: number;
  /** Default constant. */
  readonly schedule?: Omit<ScheduleOptions, 'epochs' | 'stepsPerEpoch'>;
  /** Says which weights are the best; default: those of the highest validation accuracy. */
  readonly checkpoint?: ModelCheckpoint;
  readonly earlyStopping?: EarlyStopping | undefined;
  readonly reduceLr?: ReduceLROnPlateau | undefined;
  /** Seconds between checkpoints within an epoch; default 60. */
  readonly checkpointSeconds?: number;
  /** Called after every step; slow, for comparisons with other frameworks. */
  readonly onStep?: ((step: number) => Promise<void>) | undefined;
}

export interface TrainOutcome {
  readonly status: 'finished' | 'stopped' | 'early-stop';
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

/**
 * The training loop: epochs, batches, validation, callbacks, saving. Knows no screen. A trainer that is given the state
 * of another one goes on where that one was, to the same bits.
 */
export class Trainer {
  readonly #pace: Pace;
  readonly #training: Feed;
  readonly #validation: Feed;
  readonly #checkpoint: ModelCheckpoint;
  /** Stand-ins when a callback is not wanted, so that state has one form; they are never asked. */
  readonly #earlyStopping: EarlyStopping;
  readonly #reduceLr: ReduceLROnPlateau;
  #rate: number;
  #epoch = 0;
  #index = 0;
  #mean = new RunningMean();
  #best: { readonly epoch: number; readonly acc: number } | null = null;
  /** Before this sitting. */
  #secondsBefore = 0;
  #begin = performance.now();
  #epochBegin = performance.now();

  constructor(
    readonly learner: Learner,
    readonly plan: TrainPlan,
  ) {
    const { source, validation, preprocess } = plan;
    this.#rate = learner.learningRate;
    this.#pace = new Pace(source.batchSize, () => performance.now() / 1000);
    this.#training = new Feed(learner.gpu, source);
    this.#validation = new Feed(learner.gpu, evaluationSource(validation, preprocess, source.batchSize));
    const monitor = validation.labels.length > 0 ? 'val_acc' : 'acc';
    this.#checkpoint = plan.checkpoint ?? new ModelCheckpoint({ monitor, saveBestOnly: true });
    this.#earlyStopping = plan.earlyStopping ?? new EarlyStopping();
    this.#reduceLr = plan.reduceLr ?? new ReduceLROnPlateau();
  }

  /** Where training is. True to the learner's state only between steps whose numbers were fetched. */
  get state(): TrainerState {
    return {
      epoch: this.#epoch,
      index: this.#index,
      sums: this.#mean.sums,
      rate: this.#rate,
      best: this.#best,
      callbacks: {
        checkpoint: this.#checkpoint.state,
        earlyStopping: this.#earlyStopping.state,
        reduceLr: this.#reduceLr.state,
      },
      seconds: this.#secondsBefore + (performance.now() - this.#begin) / 1000,
    };
  }

  /** Takes up the state of an earlier sitting; the learner's is restored beside it. */
  restore({ epoch, index, sums, rate, best, callbacks, seconds }: TrainerState): void {
    this.#epoch = epoch;
    this.#index = index;
    this.#mean = new RunningMean(sums);
    this.#rate = rate;
    this.#best = best;
    this.#checkpoint.state = callbacks.checkpoint;
    this.#earlyStopping.state = callbacks.earlyStopping;
    this.#reduceLr.state = callbacks.reduceLr;
    this.#secondsBefore = seconds;
  }

  /** Throws FerError with exit code 6 when the loss is no longer a number. */
  async run(around: RunSurroundings): Promise<TrainOutcome> {
    const { learner, plan } = this;
    this.#begin = performance.now();
    learner.onCompile = compileNotes(around);
    let early = false;
    const stopped = () => around.control.stopped !== undefined;
    while (this.#epoch < plan.epochs && !stopped() && !this.#full && !early) {
      await this.#runEpoch(around);
      const complete = this.#index === plan.source.batchesPerEpoch;
      // A limit on steps that cuts an epoch short still ends with a validation.
      if (complete || !stopped()) early = await this.#endEpoch(complete, around);
      await this.#save('last', around);
      await this.#saveCheckpoint(around);
    }
    if (stopped()) {
      const message = 'stopped after the batch; the last weights are saved';
      around.emit({ type: 'event', kind: 'stopping', message });
    }
    if (early) await this.#endEarly(around);
    return {
      status: stopped() ? 'stopped' : early ? 'early-stop' : 'finished',
      epochs: this.#epoch,
      steps: learner.stepCount,
      bestEpoch: this.#best?.epoch ?? 0,
      bestValAcc: plan.validation.labels.length > 0 ? (this.#best?.acc ?? null) : null,
      seconds: this.state.seconds,
    };
  }

  /** Whether the limit on steps is reached. */
  get #full(): boolean {
    return this.learner.stepCount >= (this.plan.maxSteps ?? Number.POSITIVE_INFINITY);
  }

  /** The rest of the epoch that is going on, until it ends or someone stops it. */
  async #runEpoch(around: RunSurroundings): Promise<void> {
    const { learner, plan } = this;
    const { source, checkpointSeconds = 60 } = plan;
    this.#epochBegin = performance.now();
    let [tick, saved] = [this.#epochBegin, this.#epochBegin];
    this.#pace.resume();
    while (this.#index < source.batchesPerEpoch && !this.#full && around.control.stopped === undefined) {
      const { images, labels } = this.#training.batch(this.#epoch, this.#index);
      learner.learningRate = this.#rate * this.#factor(this.#epoch + this.#index / source.batchesPerEpoch);
      await learner.train(images, labels);
      this.#index++;
      await plan.onStep?.(learner.stepCount);
      if (performance.now() - tick > TICK_MS) {
        this.#report(await learner.metrics(), around);
        if (performance.now() - saved > checkpointSeconds * 1000) {
          await this.#saveCheckpoint(around);
          saved = performance.now();
        }
        tick = performance.now();
      }
    }
    this.#report(await learner.metrics(), around);
  }

  #factor(epoch: number): number {
    const { schedule, epochs, source } = this.plan;
    if (schedule === undefined) return 1;
    return scheduleFactor({ ...schedule, epochs, stepsPerEpoch: source.batchesPerEpoch }, epoch);
  }

  #report(steps: readonly StepMetrics[], { emit }: RunSurroundings): void {
    const { source, logEvery = 20 } = this.plan;
    this.#pace.steps(steps.length);
    for (const metrics of steps) {
      const { step, loss, correct, count } = metrics;
      const { learningRate: lr } = this.learner;
      if (!Number.isFinite(loss)) {
        throw new FerError(
          `training diverged: the loss of step ${step} is ${loss}; try a smaller --lr (now ${lr})`,
          EXIT.diverged,
        );
      }
      this.#mean.add(metrics);
      if (step % logEvery !== 0) continue;
      const [epoch, of] = [this.#epoch + 1, source.batchesPerEpoch];
      const [imgPerS, etaS] = [this.#pace.imgPerS, this.#eta(step)];
      const stepInEpoch = step - this.#epoch * of;
      emit({ type: 'step', step, epoch, loss, acc: correct / count, lr, imgPerS, etaS, of, stepInEpoch });
    }
  }

  /** Seconds left after step `step`. */
  #eta(step: number): number | null {
    const { epochs, source, maxSteps = Number.POSITIVE_INFINITY, validation } = this.plan;
    const perEpoch = source.batchesPerEpoch;
    const total = Math.min(epochs * perEpoch, maxSteps);
    const validations =
      validation.labels.length > 0 ? Math.ceil(total / perEpoch) - Math.floor(step / perEpoch) : 0;
    return this.#pace.eta(total - step, validations);
  }

  /** Validation, callbacks, the epoch's line. Returns whether training ends early. */
  async #endEpoch(complete: boolean, around: RunSurroundings): Promise<boolean> {
    const { validation, classes, epochs } = this.plan;
    const { loss, acc } = this.#mean;
    const lr = this.learner.learningRate;
    let val: Evaluation | undefined;
    if (validation.labels.length > 0) {
      const begin = performance.now();
      val = await this.learner.withAverage(() => evaluateBatches(this.learner, this.#validation));
      this.#pace.validated((performance.now() - begin) / 1000);
    }
    const epoch = this.#epoch + 1;
    const perClass = val && classMetrics(val.confusion, classes);
    const numbers: EpochNumbers = {
      ...{ loss, acc },
      ...(val && { val_loss: val.loss, val_acc: val.accuracy }),
      ...(perClass && { val_macro_f1: macroF1(perClass) }),
    };
    const { best, save } = this.#checkpoint.epochEnd(numbers);
    if (best) this.#best = { epoch, acc: val?.accuracy ?? acc };
    if (best && save) await this.#save('best', around);
    const stop = await this.#callbacks(epoch, numbers, around);
    if (complete) {
      this.#epoch = epoch;
      this.#index = 0;
      this.#mean = new RunningMean();
    }
    const event: EpochEvent = {
      v: 1,
      type: 'epoch',
      t: new Date().toISOString(),
      run: around.folder?.name ?? '',
      epoch,
      of: epochs,
      train: { loss, acc },
      ...(val &&
        perClass && {
          val: { loss: val.loss, acc: val.accuracy, recall: perClass.map(({ recall }) => recall) },
        }),
      lr,
      imgPerS: this.#pace.imgPerS,
      seconds: (performance.now() - this.#epochBegin) / 1000,
      etaS: this.#eta(this.learner.stepCount),
      best,
    };
    around.emit(event);
    return stop;
  }

  async #callbacks(epoch: number, numbers: EpochNumbers, around: RunSurroundings): Promise<boolean> {
    const { earlyStopping, reduceLr } = this.plan;
    if (reduceLr !== undefined) {
      const next = reduceLr.epochEnd(numbers, this.#rate);
      if (next !== this.#rate) {
        const message = `nothing better: learning rate ${this.#rate} -> ${next}`;
        around.emit({ type: 'event', kind: 'lr', message });
      }
      this.#rate = next;
    }
    if (earlyStopping === undefined) return false;
    const { best, stop } = earlyStopping.epochEnd(epoch, numbers);
    if (best && earlyStopping.restoreBestWeights) await this.#save('restore', around);
    return stop;
  }

  async #endEarly(around: RunSurroundings): Promise<void> {
    const { bestEpoch } = this.#earlyStopping.state;
    const restored = this.#earlyStopping.restoreBestWeights && around.folder !== undefined;
    if (restored) {
      this.learner.writeWeights(loadModel(around.folder.restore).weights);
      await this.#save('last', around);
    }
    const then = restored ? '; its weights are restored' : '';
    const message = `nothing better since epoch ${bestEpoch}: stopping early${then}`;
    around.emit({ type: 'event', kind: 'stopping', message });
  }

  async #save(which: 'best' | 'last' | 'restore', { folder }: RunSurroundings): Promise<void> {
    if (folder === undefined) return;
    const { preprocess, classes } = this.plan;
    saveModel(folder[which], {
      network: this.learner.model,
      classes,
      preprocess,
      weights: await this.learner.withAverage(() => this.learner.readWeights()),
      notes: { run: folder.name, step: String(this.learner.stepCount) },
    });
  }

  async #saveCheckpoint({ folder }: RunSurroundings): Promise<void> {
    if (folder === undefined) return;
    saveCheckpoint(folder.checkpoint, await this.learner.readState(), this.state);
  }
}
