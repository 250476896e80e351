import type { Learner, StepMetrics } from '../nn/learner.js';
import { CallbackList, type Training, type WeightFile } from './callbacks/callback.js';
import { ModelCheckpoint } from './callbacks/model_checkpoint.js';
import type { EpochLogs } from './callbacks/monitor.js';
import type { TrainerState } from './checkpoint.js';
import { TrainingClock } from './clock.js';
import { Control, type Wish } from './control.js';
import type { Evaluation } from './evaluation.js';
import type { NoteEvent, TrainEvent } from './events.js';
import { Feed } from './feed.js';
import { classMetrics, macroF1 } from './metrics.js';
import type { RunContext, TrainOutcome, TrainPlan } from './plan.js';
import { RunningMean } from './progress.js';
import { progressNotes, validationNumbers } from './reports.js';
import { RunFiles } from './saving.js';
import { scheduleFactor } from './schedules.js';
import { StepReports } from './step_reports.js';
import { Validation } from './validation.js';

/** How often the numbers of past steps are fetched from the device. */
const TICK_MS = 500;

/**
 * The training loop: epochs, steps, validation, callbacks, checkpoints. It knows no screen: it reports events and asks a
 * `Control` between two steps. A trainer that is given the state of another one goes on where that one was, to the same bits.
 */
export class Trainer implements Training {
  /** The training images, as batches on the device. */
  readonly feed: Feed;
  /** Names of the classes, in the order of the outputs. */
  readonly classes: readonly string[];
  /** Before the schedule's factor. */
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
  /** Steps done of the epoch that is going on. */
  #stepInEpoch = 0;
  /** Since when training is held. */
  #pausedAt: number | undefined;
  /** Whether a callback has ended the run. */
  #stopped = false;

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

  /** Complete epochs. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Complete steps, over all epochs. */
  get step(): number {
    return this.learner.stepCount;
  }

  /**
   * Lets go of the images on the host, as far as the device has them: 74 MB of FER-2013. The plan's source cannot make
   * batches of floats any more.
   */
  releaseImages(): void {
    this.feed.releaseImages();
    this.#validation.releaseImages();
  }

  /** Where training is. Matches the learner's state only between steps whose numbers were fetched. */
  get state(): TrainerState {
    return {
      epoch: this.#epoch,
      index: this.#stepInEpoch,
      sums: this.#reports.mean.sums,
      rate: this.learningRate,
      early: this.#stopped,
      callbacks: this.#callbacks.states,
      seconds: this.#clock.seconds,
    };
  }

  /** Takes up the state of an earlier sitting; the learner's is restored separately. */
  restore({ epoch, index, sums, rate, early, callbacks, seconds }: TrainerState): void {
    this.#epoch = epoch;
    this.#stepInEpoch = index;
    this.#reports.mean = new RunningMean(sums);
    this.learningRate = rate;
    this.#stopped = early;
    this.#callbacks.restore(callbacks);
    this.#clock.beginTraining(seconds);
  }

  /** Trains to the end, or until someone stops it. Throws FerError with exit code 6 when the loss is no longer finite. */
  async run(context: RunContext): Promise<TrainOutcome> {
    const { learner } = this;
    const { preprocess, epochs, source } = this.#plan;
    this.#context = context;
    const { control, folder } = context;
    this.#files = folder && new RunFiles(folder, learner, { preprocess, classes: this.classes });
    this.#clock.beginTraining();
    learner.onCompile = progressNotes(
      context.emit,
      'compile', // the driver keeps what it compiled
      (done, total) => `compiling kernel ${done} of ${total} (once per driver)`,
    );
    const stopped = () =>
      control.stopped !== undefined || (control.finishing !== undefined && this.#stepInEpoch === 0);
    await this.#callbacks.trainBegin(this);
    while (this.#epoch < epochs && !stopped() && !this.#full && !this.#stopped) {
      await this.#runEpoch();
      const complete = this.#stepInEpoch === source.batchesPerEpoch;
      // A limit on steps that cuts an epoch short still ends with a validation.
      if (complete || !stopped()) await this.#endEpoch(complete);
      else if (control.stopped === 'user') await this.#validateNow();
      await this.save('last');
      await this.#saveCheckpoint();
    }
    if (stopped()) {
      const when = this.#stepInEpoch === 0 ? 'epoch' : 'batch';
      this.note('stopping', `stopped after the ${when}; the last weights are saved`);
    }
    await this.#callbacks.trainEnd(this);
    const { bestEpoch, bestAcc } = this.#checkpoint.state;
    return {
      status: stopped() ? 'stopped' : this.#stopped ? 'early-stop' : 'finished',
      epochs: this.#epoch,
      steps: this.step,
      bestEpoch,
      bestValAcc: this.#validation.size > 0 ? bestAcc : null,
      seconds: this.#clock.seconds,
    };
  }

  /** Reports an event to whoever listens. */
  emit = (event: TrainEvent): void => this.#context.emit(event);

  note(kind: NoteEvent['kind'], message: string): void {
    this.emit({ type: 'note', kind, message, step: this.step });
  }

  stop(): void {
    this.#stopped = true;
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

  /** Whether the limit on steps is reached. */
  get #full(): boolean {
    return this.step >= (this.#plan.maxSteps ?? Number.POSITIVE_INFINITY);
  }

  /** The rest of the epoch that is going on, until it ends or someone stops it. */
  async #runEpoch(): Promise<void> {
    const { learner } = this;
    const { source, checkpointSeconds = 60 } = this.#plan;
    const { control } = this.#context;
    await this.#callbacks.epochBegin(this.#epoch + 1, this);
    this.#clock.beginEpoch();
    let tick = performance.now();
    let saved = tick;
    while (this.#stepInEpoch < source.batchesPerEpoch && !this.#full) {
      if (control.pending || this.#pausedAt !== undefined) await this.#attend();
      if (control.stopped !== undefined) break;
      const { images, labels } = this.feed.batch(this.#epoch, this.#stepInEpoch);
      learner.learningRate = this.learningRate * this.#scheduleFactor();
      await learner.train(images, labels, source.mix(this.#epoch, this.#stepInEpoch));
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

  /** What the schedule multiplies the learning rate of the next step by. */
  #scheduleFactor(): number {
    const { schedule, epochs, source } = this.#plan;
    if (schedule === undefined) return 1;
    const stepsPerEpoch = source.batchesPerEpoch;
    const epoch = this.#epoch + this.#stepInEpoch / stepsPerEpoch;
    return scheduleFactor({ ...schedule, epochs, stepsPerEpoch }, epoch);
  }

  /** Does what was asked for between two steps, and waits while training is held. */
  async #attend(): Promise<void> {
    const { control } = this.#context;
    this.#report(await this.learner.metrics());
    const begin = performance.now();
    if (control.paused && this.#pausedAt === undefined) {
      this.#pausedAt = begin;
      this.note('pause', `paused at step ${this.step}`);
    }
    for (;;) {
      for (const wish of control.takeWishes()) await this.#grant(wish);
      if (control.wishing) continue;
      if (!control.paused || control.stopped !== undefined || control.takeStep()) break;
      await control.changed();
    }
    if (!control.paused && this.#pausedAt !== undefined) {
      const seconds = Math.round((performance.now() - this.#pausedAt) / 1000);
      this.#pausedAt = undefined;
      this.note('continue', `went on after ${seconds} s`);
    }
    this.#clock.excludeSince(begin);
  }

  async #grant(wish: Wish): Promise<void> {
    if (wish === 'validate') return this.#validateNow();
    if (wish !== 'checkpoint') {
      // A schedule goes on from there in proportion.
      const factor = this.#scheduleFactor();
      const before = this.learningRate * factor;
      this.learningRate = factor > 0 ? wish.lr / factor : wish.lr;
      this.note('lr', `learning rate ${before} -> ${wish.lr}, by hand`);
    }
    // A changed rate is saved at once: what resumes from here must know of it.
    await this.#saveCheckpoint();
    if (wish === 'checkpoint') {
      await this.save('last');
      this.note('checkpoint', `checkpoint of step ${this.step} saved`);
    }
  }

  /** Reports every `logEvery`th step, and all those taken one by one while training is held. */
  #report(steps: readonly StepMetrics[]): void {
    const { source, logEvery = 20 } = this.#plan;
    const { pace } = this.#clock;
    pace.steps(steps.length);
    this.#reports.add(
      steps,
      (step) => step % logEvery === 0 || this.#pausedAt !== undefined,
      (step) => ({
        epoch: this.#epoch + 1,
        stepInEpoch: step - this.#epoch * source.batchesPerEpoch,
        stepsPerEpoch: source.batchesPerEpoch,
        imgPerS: pace.imgPerS,
        etaS: this.#eta(step),
      }),
      this.emit,
    );
  }

  /** Seconds left after step `step`. */
  #eta(step: number): number | null {
    const { epochs, source, maxSteps = Number.POSITIVE_INFINITY } = this.#plan;
    const perEpoch = source.batchesPerEpoch;
    const total = Math.min(epochs * perEpoch, maxSteps);
    const validations =
      this.#validation.size > 0 ? Math.ceil(total / perEpoch) - Math.floor(step / perEpoch) : 0;
    return this.#clock.pace.eta(total - step, validations);
  }

  /** Validation, callbacks, the epoch's event. */
  async #endEpoch(complete: boolean): Promise<void> {
    const epoch = this.#epoch + 1;
    const { loss, acc } = this.#reports.mean;
    const lr = this.learner.learningRate;
    if (complete) await this.#callbacks.epochTrained(epoch, this);
    const val = this.#validation.size > 0 ? await this.#validate() : undefined;
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
      train: { loss, acc },
      ...(val && { val: validationNumbers(val, this.classes) }),
      lr,
      imgPerS: this.#clock.pace.imgPerS,
      seconds: this.#clock.epochSeconds,
      etaS: this.#eta(this.step),
      best: this.#checkpoint.state.bestEpoch === epoch,
    });
  }

  #validationLogs({ loss, accuracy, confusion }: Evaluation): EpochLogs {
    const val_macro_f1 = macroF1(classMetrics(confusion, this.classes));
    return { val_loss: loss, val_acc: accuracy, val_macro_f1 };
  }

  async #validate(): Promise<Evaluation> {
    const { evaluation, seconds } = await this.#validation.run(this.emit);
    this.#clock.pace.validated(seconds);
    return evaluation;
  }

  /** A validation that someone asked for. It changes nothing, and callbacks are not told of it. */
  async #validateNow(): Promise<void> {
    if (this.#validation.size === 0) {
      this.note('validate', 'there are no validation images');
      return;
    }
    const begin = performance.now();
    const val = validationNumbers(await this.#validate(), this.classes);
    const seconds = (performance.now() - begin) / 1000;
    this.emit({ type: 'validation', step: this.step, epoch: this.#epoch + 1, val, seconds });
  }
}
