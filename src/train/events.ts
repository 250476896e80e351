/**
 * The only words between training and whoever watches it: the TUI, the line printer, `--json`, and the log on disk
 * (`events.ndjson`, one event a line). Accuracies and recalls are fractions in [0, 1], times are in seconds,
 * `t` is an ISO 8601 time.
 */
export type TrainEvent =
  | StartEvent
  | StepEvent
  | EpochEvent
  | NoteEvent
  | ResultEvent
  | ErrorEvent
  | EndEvent;

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
  readonly data: { readonly name: string; readonly train: number; readonly validation: number };
  readonly of: number;
  readonly stepsPerEpoch: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Every `logEvery` steps. */
export interface StepEvent {
  readonly type: 'step';
  /** Counted from 1 over the run. */
  readonly step: number;
  readonly epoch: number;
  /** Mean over this one batch before the update, regularisers included, at full float precision. */
  readonly loss: number;
  readonly acc: number;
  readonly lr: number;
  readonly imgPerS: number;
  /** Rest of the run including validation; null until the rate is steady. */
  readonly etaS: number | null;
  /** How far through the epoch, in steps. */
  readonly of: number;
  readonly stepInEpoch: number;
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
  readonly val?: { readonly loss: number; readonly acc: number; readonly recall: readonly number[] };
  readonly lr: number;
  /** Training only, validation not counted. */
  readonly imgPerS: number;
  readonly seconds: number;
  readonly etaS: number | null;
  /** Whether this is the best epoch so far, whose weights were kept. */
  readonly best: boolean;
}

/** Something happened that is worth a line. */
export interface NoteEvent {
  readonly type: 'event';
  readonly kind: 'data' | 'compile' | 'tune' | 'lr' | 'resume' | 'stopping';
  readonly message: string;
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
