/**
 * The only words between training and whoever watches it: the TUI, the line printer, `--json`, and the log on disk
 * (`events.ndjson`, one event a line). Accuracies and recalls are fractions in [0, 1], times are in seconds,
 * `t` is an ISO 8601 time.
 */
export type TrainEvent =
  | StartEvent
  | StepEvent
  | EpochEvent
  | ValidationEvent
  | NoteEvent
  | ResultEvent
  | ErrorEvent
  | EndEvent;

/** Buffers of ours on the device. Logs of older versions lack it. */
export interface DeviceMemory {
  /** How many buffers there are. */
  readonly buffers: number;
  /** Bytes in them now. */
  readonly liveBytes: number;
  /** Bytes in them at most so far. */
  readonly peakBytes: number;
}

/** First line of every stream. */
export interface StartEvent {
  /** Version of the format. */
  readonly v: 1;
  /** Tells the events apart. */
  readonly type: 'start';
  /** When, ISO 8601. */
  readonly t: string;
  /** Name of the run. */
  readonly run: string;
  /** The run's folder. */
  readonly path: string;
  /** Name of the network. */
  readonly model: string;
  /** Trainable parameters. */
  readonly parameters: number;
  /** What computes. */
  readonly adapter: string;
  /** The data set. */
  readonly data: {
    /** Its name. */
    readonly name: string;
    /** Training images. */
    readonly train: number;
    /** Validation images. */
    readonly validation: number;
    /** Their names; absent in logs of older versions, as is `majority`. */
    readonly classes?: readonly string[];
    /** Validation accuracy of always naming the class with the most training images; null without validation. */
    readonly majority?: number | null;
  };
  /** Epochs of the training. */
  readonly of: number;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** Bytes on the device. */
  readonly memory?: DeviceMemory;
  /** Every setting, by its name in config.json. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Every `logEvery` steps, and each single step while paused. */
export interface StepEvent {
  /** Tells the events apart. */
  readonly type: 'step';
  /** Counted from 1 over the run. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over this one batch before the update, regularisers included, at full float precision. */
  readonly loss: number;
  /** Of this batch, in [0, 1]. */
  readonly acc: number;
  /** Of this step. */
  readonly lr: number;
  /** Images a second. */
  readonly imgPerS: number;
  /** Rest of the run including validation; null until the rate is steady. */
  readonly etaS: number | null;
  /** How far through the epoch, in steps. */
  readonly of: number;
  /** Steps done of the epoch. */
  readonly stepInEpoch: number;
  /** Bytes on the device. */
  readonly memory?: DeviceMemory;
}

/** What a validation came to. */
export interface ValidationNumbers {
  /** Mean loss. */
  readonly loss: number;
  /** Accuracy, in [0, 1]. */
  readonly acc: number;
  /** By class. */
  readonly recall: readonly number[];
  /** [true class][predicted class]; absent in logs of older versions. */
  readonly confusion?: readonly (readonly number[])[];
}

/** The end of an epoch, after its validation. */
export interface EpochEvent {
  /** Version of the format. */
  readonly v: 1;
  /** Tells the events apart. */
  readonly type: 'epoch';
  /** When, ISO 8601. */
  readonly t: string;
  /** Name of the run. */
  readonly run: string;
  /** Counted from 1. */
  readonly epoch: number;
  /** Epochs of the training. */
  readonly of: number;
  /** Means over the samples of the epoch, with dropout and augmentation on, while the weights moved. */
  readonly train: {
    /** Mean loss. */
    readonly loss: number;
    /** Accuracy, in [0, 1]. */
    readonly acc: number;
  };
  /** Absent when there is no validation split. */
  readonly val?: ValidationNumbers;
  /** Learning rate of its last step. */
  readonly lr: number;
  /** Training only, validation not counted. */
  readonly imgPerS: number;
  /** Training only, validation not counted. */
  readonly seconds: number;
  /** Seconds to the end of the run; null if unknown. */
  readonly etaS: number | null;
  /** Whether this is the best epoch so far, whose weights were kept. */
  readonly best: boolean;
}

/** A validation that someone asked for within an epoch. Nothing follows from it. */
export interface ValidationEvent {
  /** Tells the events apart. */
  readonly type: 'validation';
  /** After this step. */
  readonly step: number;
  /** The epoch that is going on, from 1. */
  readonly epoch: number;
  /** What it found. */
  readonly val: ValidationNumbers;
  /** How long it took. */
  readonly seconds: number;
}

/**
 * Something happened that is worth a line. `resume`: a run was taken up again; `pause` and `continue`: someone held
 * training, and let it go on; `lr`: the learning rate was changed, by someone or for want of progress.
 */
export interface NoteEvent {
  /** Tells the events apart. */
  readonly type: 'note';
  /** What it is about. */
  readonly kind:
    | 'data'
    | 'compile'
    | 'tune'
    | 'lr'
    | 'resume'
    | 'stopping'
    | 'pause'
    | 'continue'
    | 'checkpoint'
    | 'validate';
  /** For people. */
  readonly message: string;
  /** The last training step before it. */
  readonly step?: number;
  /** For something that is going on: how far it is. */
  readonly progress?: {
    /** How much is done. */
    readonly done: number;
    /** How much there is. */
    readonly total: number;
  };
}

/** What the run came to. */
export interface ResultEvent {
  /** Tells the events apart. */
  readonly type: 'result';
  /** Name of the run. */
  readonly run: string;
  /** Its folder. */
  readonly path: string;
  /** Complete epochs. */
  readonly epochs: number;
  /** Complete steps. */
  readonly steps: number;
  /** 0 when no epoch was completed. */
  readonly bestEpoch: number;
  /** Of the best epoch; null without validation. */
  readonly bestValAcc: number | null;
  /** How long it took. */
  readonly seconds: number;
}

/** An error; the `end` event follows. */
export interface ErrorEvent {
  /** Tells the events apart. */
  readonly type: 'error';
  /** For people. */
  readonly message: string;
  /** Exit code of the process. */
  readonly exit: number;
}

/** Last line of every stream. */
export interface EndEvent {
  /** Tells the events apart. */
  readonly type: 'end';
  /** How it ended. */
  readonly status: 'finished' | 'stopped' | 'early-stop' | 'failed';
  /** Exit code of the process. */
  readonly exit: number;
}
