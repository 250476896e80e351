import type { Learner, StepMetrics } from '../nn/learner.js';
import { EXIT, FerError } from '../util/errors.js';
import { EarlyStopping, type EpochNumbers, ModelCheckpoint, ReduceLROnPlateau } from './callbacks.js';
import { saveCheckpoint, type TrainerState } from './checkpoint.js';
import type { Wish } from './control.js';
import { type Evaluation, evaluateBatches, evaluationSource, inputOf } from './evaluation.js';
import type { EpochEvent, NoteEvent } from './events.js';
import { Feed } from './feed.js';
import { classMetrics, macroF1 } from './metrics.js';
import type { RunSurroundings, TrainOutcome, TrainPlan } from './plan.js';
import { Pace, RunningMean } from './progress.js';
import { deviceMemory, progressNotes, validationNumbers } from './reports.js';
import { scheduleFactor } from './schedules.js';
import { loadModel, saveModel } from './weights.js';

/** How often the numbers of past steps are fetched from the device. */
const TICK_MS = 500;

/** After so many, at momentum 0.99, 5 % are left of the statistics that moving averages began with. */
const CALIBRATION_BATCHES = 300;

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
  /** Learning rates of the steps whose numbers were not fetched yet. */
  #rates: number[] = [];
  #epoch = 0;
  #index = 0;
  #mean = new RunningMean();
  #best: { readonly epoch: number; readonly acc: number } | null = null;
  /** Before this sitting. */
  #secondsBefore = 0;
  #begin = performance.now();
  #epochBegin = performance.now();
  /** Since when training is held. */
  #pausedAt: number | undefined;
  /** Whether early stopping has ended the run. */
  #early = false;
  #plan: TrainPlan;

  constructor(
    readonly learner: Learner,
    plan: TrainPlan,
  ) {
    this.#plan = plan;
    const { source, validation, preprocess } = plan;
    this.#rate = learner.learningRate;
    this.#pace = new Pace(source.batchSize, () => performance.now() / 1000);
    this.#training = new Feed(learner.gpu, source);
    this.#validation = new Feed(
      learner.gpu,
      evaluationSource(validation, preprocess, source.batchSize, inputOf(learner)),
    );
    const monitor = validation.labels.length > 0 ? 'val_acc' : 'acc';
    this.#checkpoint = plan.checkpoint ?? new ModelCheckpoint({ monitor, saveBestOnly: true });
    this.#earlyStopping = plan.earlyStopping ?? new EarlyStopping();
    this.#reduceLr = plan.reduceLr ?? new ReduceLROnPlateau();
  }

  get plan(): TrainPlan {
    return this.#plan;
  }

  /**
   * Lets go of the images on the host, as far as the device has them: 74 MB of FER-2013. The plan's source cannot make
   * batches of floats any more.
   */
  releaseImages(): void {
    for (const feed of [this.#training, this.#validation]) feed.releaseImages();
    const labels = this.#plan.validation.labels.slice();
    this.#plan = { ...this.#plan, validation: { images: new Uint8Array(0), labels } };
  }

  /** Where training is. True to the learner's state only between steps whose numbers were fetched. */
  get state(): TrainerState {
    return {
      epoch: this.#epoch,
      index: this.#index,
      sums: this.#mean.sums,
      rate: this.#rate,
      best: this.#best,
      early: this.#early,
      callbacks: {
        checkpoint: this.#checkpoint.state,
        earlyStopping: this.#earlyStopping.state,
        reduceLr: this.#reduceLr.state,
      },
      seconds: this.#secondsBefore + (performance.now() - this.#begin) / 1000,
    };
  }

  /** Takes up the state of an earlier sitting; the learner's is restored beside it. */
  restore({ epoch, index, sums, rate, best, early, callbacks, seconds }: TrainerState): void {
    this.#epoch = epoch;
    this.#index = index;
    this.#mean = new RunningMean(sums);
    this.#rate = rate;
    this.#best = best;
    this.#early = early ?? false;
    this.#checkpoint.state = callbacks.checkpoint;
    this.#earlyStopping.state = callbacks.earlyStopping;
    this.#reduceLr.state = callbacks.reduceLr;
    this.#secondsBefore = seconds;
  }

  /** Throws FerError with exit code 6 when the loss is no longer a number. */
  async run(around: RunSurroundings): Promise<TrainOutcome> {
    const { learner, plan } = this;
    this.#begin = performance.now();
    learner.onCompile = progressNotes(
      around.emit,
      'compile', // the driver keeps what it compiled
      (done, total) => `compiling kernel ${done} of ${total} (once per driver)`,
    );
    const { control } = around;
    const stopped = () =>
      control.stopped !== undefined || (control.finishing !== undefined && this.#index === 0);
    while (this.#epoch < plan.epochs && !stopped() && !this.#full && !this.#early) {
      await this.#runEpoch(around);
      const complete = this.#index === plan.source.batchesPerEpoch;
      // A limit on steps that cuts an epoch short still ends with a validation.
      if (complete || !stopped()) this.#early = await this.#endEpoch(complete, around);
      else if (control.stopped === 'user') await this.#validateNow(around);
      await this.#save('last', around);
      await this.#saveCheckpoint(around);
    }
    if (stopped()) {
      const when = this.#index === 0 ? 'epoch' : 'batch';
      this.#note('stopping', `stopped after the ${when}; the last weights are saved`, around);
    }
    if (this.#early) await this.#endEarly(around);
    return {
      status: stopped() ? 'stopped' : this.#early ? 'early-stop' : 'finished',
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
    while (this.#index < source.batchesPerEpoch && !this.#full) {
      if (around.control.pending || this.#pausedAt !== undefined) await this.#attend(around);
      if (around.control.stopped !== undefined) break;
      const { images, labels } = this.#training.batch(this.#epoch, this.#index);
      learner.learningRate = this.#rate * this.#factor();
      await learner.train(images, labels, source.mix(this.#epoch, this.#index));
      this.#rates.push(learner.learningRate);
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

  /** What the schedule makes of the rate for the next batch. */
  #factor(): number {
    const { schedule, epochs, source } = this.plan;
    if (schedule === undefined) return 1;
    const stepsPerEpoch = source.batchesPerEpoch;
    return scheduleFactor({ ...schedule, epochs, stepsPerEpoch }, this.#epoch + this.#index / stepsPerEpoch);
  }

  /** Does what was asked for between two batches, and waits while training is held. */
  async #attend(around: RunSurroundings): Promise<void> {
    const { control } = around;
    this.#report(await this.learner.metrics(), around);
    const begin = performance.now();
    if (control.paused && this.#pausedAt === undefined) {
      this.#pausedAt = begin;
      this.#note('pause', `paused at step ${this.learner.stepCount}`, around);
    }
    for (;;) {
      for (const wish of control.takeWishes()) await this.#grant(wish, around);
      if (control.wishing) continue;
      if (!control.paused || control.stopped !== undefined || control.takeStep()) break;
      await control.changed();
    }
    if (!control.paused && this.#pausedAt !== undefined) {
      const seconds = Math.round((performance.now() - this.#pausedAt) / 1000);
      this.#pausedAt = undefined;
      this.#note('continue', `went on after ${seconds} s`, around);
    }
    // All this is no time of training.
    const spent = performance.now() - begin;
    this.#begin += spent;
    this.#epochBegin += spent;
    this.#pace.resume();
  }

  async #grant(wish: Wish, around: RunSurroundings): Promise<void> {
    if (wish === 'validate') return this.#validateNow(around);
    if (wish !== 'checkpoint') {
      // A schedule goes on from there in proportion.
      const factor = this.#factor();
      const before = this.#rate * factor;
      this.#rate = factor > 0 ? wish.lr / factor : wish.lr;
      this.#note('lr', `learning rate ${before} -> ${wish.lr}, by hand`, around);
    }
    // A changed rate is saved at once: what resumes from here must know of it.
    await this.#saveCheckpoint(around);
    if (wish === 'checkpoint') {
      await this.#save('last', around);
      this.#note('checkpoint', `checkpoint of step ${this.learner.stepCount} saved`, around);
    }
  }

  #note(kind: NoteEvent['kind'], message: string, { emit }: RunSurroundings): void {
    emit({ type: 'event', kind, message, step: this.learner.stepCount });
  }

  /** Tells every `logEvery`th step, and all those taken one by one. */
  #report(steps: readonly StepMetrics[], { emit }: RunSurroundings): void {
    const { source, logEvery = 20 } = this.plan;
    this.#pace.steps(steps.length);
    for (const metrics of steps) {
      const { step, loss, correct, count } = metrics;
      const lr = this.#rates.shift() ?? this.learner.learningRate;
      if (!Number.isFinite(loss)) {
        throw new FerError(
          `training diverged: the loss of step ${step} is ${loss}; try a smaller --lr (now ${lr})`,
          EXIT.diverged,
        );
      }
      this.#mean.add(metrics);
      if (step % logEvery !== 0 && this.#pausedAt === undefined) continue;
      const [epoch, of] = [this.#epoch + 1, source.batchesPerEpoch];
      const [imgPerS, etaS] = [this.#pace.imgPerS, this.#eta(step)];
      const stepInEpoch = step - this.#epoch * of;
      const memory = deviceMemory(this.learner);
      emit({
        ...{ type: 'step', step, epoch, loss, acc: correct / count, lr, imgPerS, etaS, of, stepInEpoch },
        memory,
      });
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
    if (complete && this.#epoch + 1 >= (this.plan.swaFrom ?? Number.POSITIVE_INFINITY)) {
      await this.learner.takeAverage(this.#calibration(around));
    }
    const lr = this.learner.learningRate;
    const val = validation.labels.length > 0 ? await this.#validate(around) : undefined;
    const epoch = this.#epoch + 1;
    const perClass = val && classMetrics(val.confusion, classes);
    const numbers: EpochNumbers = {
      ...{ loss, acc },
      ...(val && { val_loss: val.loss, val_acc: val.accuracy }),
      ...(perClass && { val_macro_f1: macroF1(perClass) }),
    };
    const { best, save } = this.#checkpoint.epochEnd(numbers);
    if (best) this.#best = { epoch, acc: val?.accuracy ?? acc };
    if (best) await this.#save('best', around);
    if (save && !this.#checkpoint.saveBestOnly) await this.#save(epoch, around);
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
      ...(val && { val: validationNumbers(val, classes) }),
      lr,
      imgPerS: this.#pace.imgPerS,
      seconds: (performance.now() - this.#epochBegin) / 1000,
      etaS: this.#eta(this.learner.stepCount),
      best,
    };
    around.emit(event);
    return stop;
  }

  /** Batches of this epoch from which an average of weights gets its statistics. */
  *#calibration({ emit }: RunSurroundings): Generator<ReturnType<Feed['batch']>> {
    const { size, batchSize, batchesPerEpoch } = this.plan.source;
    const whole = Math.max(1, Math.floor(size / batchSize));
    const total = Math.min(CALIBRATION_BATCHES, 3 * batchesPerEpoch);
    const words = (done: number): string => `averaging the weights: batch ${done} of ${total}`;
    const tell = progressNotes(emit, 'validate', words);
    for (let i = 0; i < total; i++) {
      yield this.#training.batch(this.#epoch, i % whole);
      tell(i + 1, total);
    }
  }

  async #validate(around: RunSurroundings): Promise<Evaluation> {
    const begin = performance.now();
    const words = (done: number, total: number): string => `validating ${Math.round((100 * done) / total)} %`;
    const onBatch = progressNotes(around.emit, 'validate', words);
    const val = await this.learner.withAverage(() =>
      evaluateBatches(this.learner, this.#validation, onBatch),
    );
    this.#pace.validated((performance.now() - begin) / 1000);
    return val;
  }

  /** A validation out of turn; callbacks hear nothing of it. */
  async #validateNow(around: RunSurroundings): Promise<void> {
    const { validation, classes } = this.plan;
    if (validation.labels.length === 0) {
      this.#note('validate', 'there are no validation images', around);
      return;
    }
    const begin = performance.now();
    const val = validationNumbers(await this.#validate(around), classes);
    const seconds = (performance.now() - begin) / 1000;
    const step = this.learner.stepCount;
    around.emit({ type: 'validation', step, epoch: this.#epoch + 1, val, seconds });
  }

  async #callbacks(epoch: number, numbers: EpochNumbers, around: RunSurroundings): Promise<boolean> {
    const { earlyStopping, reduceLr } = this.plan;
    if (reduceLr !== undefined) {
      const next = reduceLr.epochEnd(numbers, this.#rate);
      if (next !== this.#rate) {
        this.#note('lr', `nothing better: learning rate ${this.#rate} -> ${next}`, around);
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
      const best = loadModel(around.folder.restore);
      this.learner.writeWeights(best.weights);
      saveModel(around.folder.last, best);
    }
    const then = restored ? '; its weights are restored' : '';
    this.#note('stopping', `nothing better since epoch ${bestEpoch}: stopping early${then}`, around);
  }

  /** @param which a file of the run's folder, or an epoch's own */
  async #save(which: 'best' | 'last' | 'restore' | number, { folder }: RunSurroundings): Promise<void> {
    if (folder === undefined) return;
    const path = typeof which === 'number' ? folder.ofEpoch(which) : folder[which];
    const { preprocess, classes } = this.plan;
    saveModel(path, {
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
