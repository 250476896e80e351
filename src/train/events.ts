/**
 * What a training reports. The terminal UI, the line printer, `--json` and the log on disk (`events.ndjson`, one event a
 * line) all use these events. Accuracies and recalls are fractions in [0, 1], durations are in seconds, `t` is an ISO 8601
 * time.
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

/** Device memory that the program holds, in bytes. Logs of older versions lack it. */
export interface DeviceMemory {
  /** How many buffers there are. */
  readonly buffers: number;
  /** Bytes in them now. */
  readonly liveBytes: number;
  /** Bytes in them at most so far. */
  readonly peakBytes: number;
}

/** The versions that trained. Logs of older versions lack them. */
export interface RunEnvironment {
  /** Of fer-tui. */
  readonly version: string;
  /** Of Node.js, e.g. `22.3.0`. */
  readonly node: string;
  /** Operating system and processor, e.g. `linux x64`. */
  readonly platform: string;
}

/** Settings that a resumed run has changed, by option name. */
export type Changed = Readonly<Record<string, SettingChange>>;

/** How a resumed run has changed a setting. */
export interface SettingChange {
  /** Undefined: it was not set. */
  readonly from: number | undefined;
  /** From then on. */
  readonly to: number;
}

/** The first event of every session: of a run, and each time it is resumed. */
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
  /** Which versions. */
  readonly environment?: RunEnvironment;
  /** The data set. */
  readonly data: {
    /** Its name. */
    readonly name: string;
    /** Training images. */
    readonly train: number;
    /** Validation images. */
    readonly validation: number;
    /** Class names; absent in logs of older versions, as is `majority`. */
    readonly classes?: readonly string[];
    /** Validation accuracy of always answering the most frequent training class; null without validation images. */
    readonly majority?: number | null;
    /** Rows and images left out because they cannot be read. Absent in logs of older versions, as are `notes`. */
    readonly skipped?: number;
    /** What was left out or changed while reading the data, a sentence each. */
    readonly notes?: readonly string[];
    /** Seed of the choice of held-out images, where the data has no validation images; absent in logs of older versions. */
    readonly heldOutSeed?: number;
    /** Hash of what the session learns from; absent in logs of older versions. */
    readonly sha256?: string;
  };
  /** Epochs of the training. */
  readonly of: number;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** Bytes on the device. */
  readonly memory?: DeviceMemory;
  /** What this session has changed of the settings; absent where nothing. */
  readonly changed?: Changed;
  /** Every setting, by its name in config.json. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Reported every `logEvery` steps, and for each single step while paused. */
export interface StepEvent {
  /** Tells the events apart. */
  readonly type: 'step';
  /** Counted from 1 over the run. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean loss of this batch before the update, regularisers included, at full float32 precision. */
  readonly loss: number;
  /** Of this batch, in [0, 1]. */
  readonly acc: number;
  /**
   * 2-norm of the gradient as the optimiser got it: with the penalties, and clipped. Absent in logs of older versions, and where it
   * is not finite.
   */
  readonly gradientNorm?: number;
  /** Learning rate of this step. */
  readonly lr: number;
  /** Images a second. */
  readonly imgPerS: number;
  /** Seconds left in the run, validations included; null until the pace is steady. */
  readonly etaS: number | null;
  /** Seconds of training so far, over all sessions; pauses do not count. Absent in logs of older versions. */
  readonly elapsedS?: number;
  /** Steps in an epoch. */
  readonly of: number;
  /** Steps done of the epoch. */
  readonly stepInEpoch: number;
  /** Bytes on the device. */
  readonly memory?: DeviceMemory;
}

/** The result of a validation. */
export interface ValidationNumbers {
  /** Mean loss. */
  readonly loss: number;
  /** Accuracy, in [0, 1]. */
  readonly acc: number;
  /** Recall of each class. */
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
  /** Its steps, where a limit on steps has cut it short. */
  readonly steps?: number;
  /** Means over the images of the epoch, taken while training: with dropout, augmentation and changing weights. */
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
  /** Images per second in training; validation does not count. */
  readonly imgPerS: number;
  /** Duration of the epoch and its validation; pauses do not count. */
  readonly seconds: number;
  /** Seconds to the end of the run; null if unknown. */
  readonly etaS: number | null;
  /** Seconds of training so far, as in step events. */
  readonly elapsedS?: number;
  /** Whether this is the best epoch so far; its weights are in `best.safetensors`. */
  readonly best: boolean;
}

/** A validation that the user requested within an epoch. Callbacks do not see it. */
export interface ValidationEvent {
  /** Tells the events apart. */
  readonly type: 'validation';
  /** The last step before the validation. */
  readonly step: number;
  /** The epoch that is going on, from 1. */
  readonly epoch: number;
  /** What it found. */
  readonly val: ValidationNumbers;
  /** How long it took. */
  readonly seconds: number;
}

/**
 * A message about the run. `resume`: the run continues from a checkpoint; `pause` and `continue`: the user paused and
 * continued it; `lr`: the user or a callback changed the learning rate.
 */
export interface NoteEvent {
  /** Tells the events apart. */
  readonly type: 'note';
  /** What it is about. */
  readonly kind:
    | 'data'
    | 'compile'
    | 'features'
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
  /** The last step before the message. */
  readonly step?: number;
  /** Of a learning rate that the user set: the rate of the next step. */
  readonly lr?: number;
  /** Of a resumed run: seconds of training up to its checkpoint. Absent in logs of older versions. */
  readonly elapsedS?: number;
  /** How far an activity is that takes a while. */
  readonly progress?: {
    /** How much is done. */
    readonly done: number;
    /** How much there is. */
    readonly total: number;
  };
}

/** The result of a run. */
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
  /** Complete steps of the epoch in which the run ended; 0 at the end of one. Logs of older versions lack it. */
  readonly stepInEpoch?: number;
  /** 0 when no epoch was completed. */
  readonly bestEpoch: number;
  /** Validation accuracy of the best epoch; null without validation images. */
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

/** The last event of every run. */
export interface EndEvent {
  /** Tells the events apart. */
  readonly type: 'end';
  /** How it ended. */
  readonly status: 'finished' | 'stopped' | 'early-stop' | 'failed';
  /** Exit code of the process. */
  readonly exit: number;
}
