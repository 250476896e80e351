import type { Learner } from '../nn/learner.js';
import type { StepMetrics } from '../nn/metrics_ring.js';
import { CallbackList, type Training, type WeightFile } from './callbacks/callback.js';
import { ModelCheckpoint } from './callbacks/model_checkpoint.js';
import type { EpochLogs } from './callbacks/monitor.js';
import type { TrainerState } from './checkpoint.js';
import { TrainingClock } from './clock.js';
import { Control, type TrainRequest } from './control.js';
import type { Evaluation } from './evaluation.js';
import type { NoteEvent, TrainEvent } from './events.js';
import { Feed } from './feed.js';
import { classMetrics, macroF1 } from './metrics.js';
import type { RunContext, TrainOutcome, TrainPlan } from './plan.js';
import { RunningMean } from './progress.js';
import { compileNotes, validationNumbers } from './reports.js';
import { RunFiles } from './saving.js';
import { scheduleFactor } from './schedules.js';
import { StepReports } from './step_reports.js';
import { Validation } from './validation.js';

/** The time between two reads of step metrics from the device. */
const TICK_MS = 500;

/**
 * The training loop: epochs, steps, validation, callbacks and checkpoints. It has no user interface: it reports events, and
 * looks at a `Control` between two steps. A trainer that restores the state of another one continues exactly as that one would.
 */
export class Trainer implements Training {
  /** The training images, as batches on the device. */
  readonly feed: Feed;
  /** Names of the classes, in the order of the outputs. */
  readonly classes: readonly string[];
  /** The learning rate before the schedule's factor. */
  learningRate: number;
  readonly #plan: TrainPlan;
  readonly #validation: Validation;
  readonly #checkpoint: ModelCheckpoint;
  readonly #callbacks: CallbackList;
  readonly #clock: TrainingClock;
  readonly #reports: StepReports;
  #context: RunContext = { emit: () => undefined, control: new Control() };
  #files: RunFiles | undefined;
  #epoch = 0;
  /** Completed steps of the current epoch. */
  #stepInEpoch = 0;
  /** When training was paused; undefined while it runs. */
  #pausedAt: number | undefined;
  /** Whether a callback has stopped the training. */
  #stoppedByCallback = false;

  /** Throws RangeError when two callbacks have the same name. */
  constructor(
    /** The network being trained. */
    readonly learner: Learner,
    plan: TrainPlan,
  ) {
    const { source, validation, preprocess, classes, callbacks = [] } = plan;
    this.#plan = plan;
    this.classes = classes;
    this.learningRate = learner.learningRate;
    this.#clock = new TrainingClock(source.batchSize);
    this.feed = new Feed(learner.gpu, source);
    this.#validation = new Validation(learner, validation, preprocess, source.batchSize);
    const monitor = validation.labels.length > 0 ? 'val_acc' : 'acc';
    this.#checkpoint = plan.checkpoint ?? new ModelCheckpoint({ monitor, saveBestOnly: true });
    this.#callbacks = new CallbackList([this.#checkpoint, ...callbacks]);
    this.#reports = new StepReports(learner);
  }

  /** Completed epochs. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Completed steps, over all epochs. */
  get step(): number {
    return this.learner.stepCount;
  }

  /**
   * Frees the images on the host if the device has a copy: 74 MB for FER-2013. The plan's source can no longer make batches
   * on the host then.
   */
  releaseImages(): void {
    this.feed.releaseImages();
    this.#validation.releaseImages();
  }

  /** Frees the images on the device. The learner stays as it is. */
  dispose(): void {
    this.feed.dispose();
    this.#validation.dispose();
  }

  /** The progress so far. It matches the learner's state only after the metrics of all steps have been read. */
  get state(): TrainerState {
    return {
      epoch: this.#epoch,
      index: this.#stepInEpoch,
      sums: this.#reports.mean.sums,
      rate: this.learningRate,
      early: this.#stoppedByCallback,
      callbacks: this.#callbacks.states,
      seconds: this.#clock.seconds,
    };
  }

  /** Whether there is nothing left to train: all epochs or steps are done, or a callback has stopped the training. */
  get finished(): boolean {
    return this.#epoch >= this.#plan.epochs || this.outOfSteps || this.#stoppedByCallback;
  }

  /** Whether the limit on steps has been reached. */
  get outOfSteps(): boolean {
    return this.step >= (this.#plan.maxSteps ?? Number.POSITIVE_INFINITY);
  }

  /** Restores the progress of an earlier trainer. Restore the learner's state separately. */
  restore({ epoch, index, sums, rate, early, callbacks, seconds }: TrainerState): void {
    this.#epoch = epoch;
    this.#stepInEpoch = index;
    this.#reports.mean = new RunningMean(sums);
    this.learningRate = rate;
    this.#stoppedByCallback = early;
    this.#callbacks.restore(callbacks);
    this.#clock.beginTraining(seconds);
  }

  /** Trains until the plan is done or training is stopped. Throws FerError with exit code 6 when the loss is not finite. */
  async run(context: RunContext): Promise<TrainOutcome> {
    const { learner } = this;
    const { preprocess, source } = this.#plan;
    this.#context = context;
    const { control, folder, until = Number.POSITIVE_INFINITY } = context;
    this.#files = folder && new RunFiles(folder, learner, { preprocess, classes: this.classes });
    this.#clock.beginTraining();
    learner.onCompile = compileNotes(context.emit);
    const before = this.#epoch;
    // A request to stop that comes when nothing is left to train changes nothing. One that is to stop after the epoch, but comes
    // before the first step, is about the epoch that then begins.
    const stoppedFromOutside = () =>
      !this.finished &&
      (control.stopped !== undefined ||
        (control.finishing !== undefined && this.#epoch > before && this.#stepInEpoch === 0) ||
        this.#epoch >= until);
    await this.#callbacks.trainBegin(this);
    while (!this.finished && !stoppedFromOutside()) {
      await this.#runEpoch();
      // A resumed epoch may have had more steps when it began, if the data set has shrunk since.
      const complete = this.#stepInEpoch >= source.batchesPerEpoch;
      // Where the limit on steps cuts an epoch short, there is still a validation.
      if (complete || !stoppedFromOutside()) await this.#endEpoch(complete);
      else if (control.stopped === 'user') await this.#validateNow();
      await this.save('last');
      await this.#saveCheckpoint();
    }
    if (stoppedFromOutside()) {
      const where =
        this.step === 0
          ? 'before the first step'
          : `after the ${this.#stepInEpoch === 0 ? 'epoch' : 'batch'}; the last weights are saved`;
      this.note('stopping', `stopped ${where}`);
    }
    await this.#callbacks.trainEnd(this);
    const { bestEpoch, bestAcc } = this.#checkpoint.state;
    return {
      status: stoppedFromOutside() ? 'stopped' : this.#stoppedByCallback ? 'early-stop' : 'finished',
      epochs: this.#epoch,
      steps: this.step,
      stepInEpoch: this.#stepInEpoch,
      bestEpoch,
      bestValAcc: this.#validation.size > 0 ? bestAcc : null,
      seconds: this.#clock.seconds,
    };
  }

  /** Reports an event to the run's context. Bound to the trainer, because callbacks destructure it from `Training`. */
  emit = (event: TrainEvent): void => this.#context.emit(event);

  note(kind: NoteEvent['kind'], message: string): void {
    this.emit({ type: 'note', kind, message, step: this.step });
  }

  stop(): void {
    this.#stoppedByCallback = true;
  }

  async save(file: WeightFile): Promise<void> {
    await this.#files?.save(file);
  }

  restoreWeights(file: WeightFile): boolean {
    this.#files?.restore(file);
    return this.#files !== undefined;
  }

  async #saveCheckpoint(): Promise<void> {
    await this.#files?.saveCheckpoint(this.state);
  }

  /** Takes the remaining steps of the current epoch, until it ends or training is stopped. */
  async #runEpoch(): Promise<void> {
    const { learner } = this;
    const { source, checkpointSeconds = 60 } = this.#plan;
    const { control } = this.#context;
    await this.#callbacks.epochBegin(this.#epoch + 1, this);
    this.#clock.beginEpoch();
    let tick = performance.now();
    let saved = tick;
    while (this.#stepInEpoch < source.batchesPerEpoch && !this.outOfSteps) {
      // Also after a pause, to report that training continues.
      if (control.pending || this.#pausedAt !== undefined) await this.#attend();
      if (control.stopped !== undefined) break;
      const { images, labels } = this.feed.batch(this.#epoch, this.#stepInEpoch);
      learner.learningRate = this.learningRate * this.#scheduleFactor();
      await learner.train(images, labels, source.targets(this.#epoch, this.#stepInEpoch));
      if (this.#isReported(this.step)) await learner.measureGradient();
      this.#reports.taken(learner.learningRate);
      this.#stepInEpoch++;
      await this.#callbacks.trainBatchEnd(this.step, this);
      const due = performance.now() - saved > checkpointSeconds * 1000;
      if (due || performance.now() - tick > TICK_MS) {
        this.#report(await learner.metrics());
        tick = performance.now();
      }
      if (due) {
        await this.#saveCheckpoint();
        saved = performance.now();
      }
    }
    this.#report(await learner.metrics());
  }

  /** The schedule's factor of the learning rate for the next step. */
  #scheduleFactor(): number {
    const { schedule, epochs, source } = this.#plan;
    if (schedule === undefined) return 1;
    const stepsPerEpoch = source.batchesPerEpoch;
    const epoch = this.#epoch + this.#stepInEpoch / stepsPerEpoch;
    return scheduleFactor({ ...schedule, epochs, stepsPerEpoch }, epoch);
  }

  /** Carries out requests between two steps, and waits while training is paused. */
  async #attend(): Promise<void> {
    const { control } = this.#context;
    this.#report(await this.learner.metrics());
    this.#clock.hold();
    const pauseBegins = (): boolean => control.paused && this.#pausedAt === undefined;
    for (;;) {
      if (pauseBegins()) {
        this.#pausedAt = performance.now();
        this.note('pause', `paused at step ${this.step}`);
      }
      for (const request of control.takeRequests()) await this.#carryOut(request);
      if (control.requested || pauseBegins()) continue;
      if (!control.paused || control.stopped !== undefined || control.takeStep()) break;
      await control.changed();
    }
    if (!control.paused && this.#pausedAt !== undefined) {
      const seconds = Math.round((performance.now() - this.#pausedAt) / 1000);
      this.#pausedAt = undefined;
      this.note('continue', `continued after ${seconds} s`);
    }
    this.#clock.go();
  }

  async #carryOut(request: TrainRequest): Promise<void> {
    if (request === 'validate') return this.#validateNow();
    if (typeof request === 'object') {
      // The schedule continues in proportion to the new rate.
      const factor = this.#scheduleFactor();
      const before = this.learningRate * factor;
      this.learningRate = factor > 0 ? request.lr / factor : request.lr;
      const message = `learning rate ${before} -> ${request.lr}, by hand`;
      this.emit({ type: 'note', kind: 'lr', message, step: this.step, lr: request.lr });
    }
    // Save a changed rate at once, so that a resumed run has it.
    await this.#saveCheckpoint();
    if (request === 'checkpoint') {
      await this.save('last');
      this.note('checkpoint', `checkpoint of step ${this.step} saved`);
    }
  }

  /** Every `logEvery`th step is reported, and each single step taken while paused. */
  #isReported(step: number): boolean {
    const { logEvery = 20 } = this.#plan;
    return step % logEvery === 0 || this.#pausedAt !== undefined;
  }

  #report(steps: readonly StepMetrics[]): void {
    const { source } = this.#plan;
    const { pace } = this.#clock;
    pace.steps(steps.length);
    this.#reports.add(
      steps,
      (step) => this.#isReported(step),
      (step) => ({
        epoch: this.#epoch + 1,
        stepInEpoch: step - this.#epoch * source.batchesPerEpoch,
        stepsPerEpoch: source.batchesPerEpoch,
        imgPerS: pace.imgPerS,
        etaS: this.#eta(step, this.#epoch),
        elapsedS: this.#clock.seconds,
      }),
      this.emit,
    );
  }

  /** Estimates the seconds left after a step. @param validated number of epochs whose validation is over */
  #eta(step: number, validated: number): number | null {
    const { epochs, source, maxSteps = Number.POSITIVE_INFINITY } = this.#plan;
    const perEpoch = source.batchesPerEpoch;
    const total = Math.min(epochs * perEpoch, maxSteps);
    const { size } = this.#validation;
    const validations = size > 0 ? Math.ceil(total / perEpoch) - validated : 0;
    return this.#clock.pace.eta(total - step, validations, size);
  }

  /** Ends an epoch: validation, callbacks, and the epoch's event. @param complete false: a limit on steps cut it short */
  async #endEpoch(complete: boolean): Promise<void> {
    const epoch = this.#epoch + 1;
    const { loss, acc } = this.#reports.mean;
    const lr = this.learner.learningRate;
    if (complete) await this.#callbacks.epochTrained(epoch, this);
    const val = this.#validation.size > 0 ? (await this.#validate()).evaluation : undefined;
    await this.#callbacks.epochEnd(epoch, { loss, acc, ...(val && this.#validationLogs(val)) }, this);
    if (complete) {
      this.#epoch = epoch;
      this.#stepInEpoch = 0;
      this.#reports.mean = new RunningMean();
    }
    this.emit({
      v: 1,
      type: 'epoch',
      t: new Date().toISOString(),
      run: this.#context.folder?.name ?? '',
      epoch,
      of: this.#plan.epochs,
      ...(!complete && { steps: this.#stepInEpoch }),
      train: { loss, acc },
      ...(val && { val: validationNumbers(val, this.classes) }),
      lr,
      imgPerS: this.#clock.pace.imgPerS,
      seconds: this.#clock.epochSeconds,
      etaS: this.#eta(this.step, epoch),
      elapsedS: this.#clock.seconds,
      best: this.#checkpoint.state.bestEpoch === epoch,
    });
  }

  #validationLogs({ loss, accuracy, confusion }: Evaluation): EpochLogs {
    const val_macro_f1 = macroF1(classMetrics(confusion, this.classes));
    return { val_loss: loss, val_acc: accuracy, val_macro_f1 };
  }

  async #validate(): Promise<{ evaluation: Evaluation; seconds: number }> {
    const result = await this.#validation.run(this.emit);
    this.#clock.pace.validated(result.seconds);
    return result;
  }

  /** A validation that the user requested. Callbacks do not see it. */
  async #validateNow(): Promise<void> {
    if (this.#validation.size === 0) {
      this.note('validate', 'there are no validation images');
      return;
    }
    const { evaluation, seconds } = await this.#validate();
    const val = validationNumbers(evaluation, this.classes);
    this.emit({ type: 'validation', step: this.step, epoch: this.#epoch + 1, val, seconds });
  }
}
