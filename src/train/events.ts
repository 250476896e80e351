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
  readonly buffers: number;
  readonly liveBytes: number;
  readonly peakBytes: number;
}

/** First line of every stream. */
export interface StartEvent {
  readonly v: 1;
  readonly type: 'start';
  readonly t: string;
  readonly run: string;
  /** The run's folder. */
  readonly path: string;
  readonly model: string;
  /** Trainable parameters. */
  readonly parameters: number;
  readonly adapter: string;
  readonly data: {
    readonly name: string;
    readonly train: number;
    readonly validation: number;
    /** Their names; absent in logs of older versions, as is `majority`. */
    readonly classes?: readonly string[];
    /** Validation accuracy of always naming the class with the most training images; null without validation. */
    readonly majority?: number | null;
  };
  readonly of: number;
  readonly stepsPerEpoch: number;
  readonly memory?: DeviceMemory;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Every `logEvery` steps, and each single step while paused. */
export interface StepEvent {
  readonly type: 'step';
  /** Counted from 1 over the run. */
  readonly step: number;
  readonly epoch: number;
  /** Mean over this one batch before the update, regularisers included, at full float precision. */
  readonly loss: number;
  readonly acc: number;
  /** Of this step. */
  readonly lr: number;
  readonly imgPerS: number;
  /** Rest of the run including validation; null until the rate is steady. */
  readonly etaS: number | null;
  /** How far through the epoch, in steps. */
  readonly of: number;
  readonly stepInEpoch: number;
  readonly memory?: DeviceMemory;
}

/** What a validation came to. */
export interface ValidationNumbers {
  readonly loss: number;
  readonly acc: number;
  /** By class. */
  readonly recall: readonly number[];
  /** [true class][predicted class]; absent in logs of older versions. */
  readonly confusion?: readonly (readonly number[])[];
}

export interface EpochEvent {
  readonly v: 1;
  readonly type: 'epoch';
  readonly t: string;
  readonly run: string;
  readonly epoch: number;
  readonly of: number;
  /** Means over the samples of the epoch, with dropout and augmentation on, while the weights moved. */
  readonly train: { readonly loss: number; readonly acc: number };
  /** Absent when there is no validation split. */
  readonly val?: ValidationNumbers;
  readonly lr: number;
  /** Training only, validation not counted. */
  readonly imgPerS: number;
  readonly seconds: number;
  readonly etaS: number | null;
  /** Whether this is the best epoch so far, whose weights were kept. */
  readonly best: boolean;
}

/** A validation that someone asked for within an epoch. Nothing follows from it. */
export interface ValidationEvent {
  readonly type: 'validation';
  /** After this step. */
  readonly step: number;
  readonly epoch: number;
  readonly val: ValidationNumbers;
  readonly seconds: number;
}

/**
 * Something happened that is worth a line. `resume`: a run was taken up again; `pause` and `continue`: someone held
 * training, and let it go on; `lr`: the learning rate was changed, by someone or for want of progress.
 */
export interface NoteEvent {
  readonly type: 'note';
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
  readonly message: string;
  /** The last training step before it. */
  readonly step?: number;
  /** For something that is going on: how far it is. */
  readonly progress?: { readonly done: number; readonly total: number };
}

/** What the run came to. */
export interface ResultEvent {
  readonly type: 'result';
  readonly run: string;
  readonly path: string;
  readonly epochs: number;
  readonly steps: number;
  readonly bestEpoch: number;
  /** Of the best epoch; null without validation. */
  readonly bestValAcc: number | null;
  readonly seconds: number;
}

export interface ErrorEvent {
  readonly type: 'error';
  readonly message: string;
  readonly exit: number;
}

/** Last line of every stream. */
export interface EndEvent {
  readonly type: 'end';
  readonly status: 'finished' | 'stopped' | 'early-stop' | 'failed';
  readonly exit: number;
}
