import type { EpochEvent, StepEvent, TrainEvent } from './events.js';

/**
 * What the training clock of a run shows after an event, in seconds. It counts all sessions, without pauses. A resumed run
 * begins with the time of its checkpoint. Undefined: the log is of an older version, which did not record it.
 * @param before what it showed before the event
 */
export function clockAfter(before: number | undefined, event: TrainEvent): number | undefined {
  if (event.type === 'step' || event.type === 'epoch') return event.elapsedS;
  if (event.type === 'result') return event.seconds;
  return event.type === 'note' ? (event.elapsedS ?? before) : before;
}

/** A run as its log describes it so far. */
interface Reached {
  /** See `clockAfter`. */
  readonly seconds: number | undefined;
  /** Each once, in order. */
  readonly epochs: readonly EpochEvent[];
  /** The latest one. */
  readonly step: StepEvent | undefined;
  /** Its settings. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

/** Seconds of training without pauses. Estimated, from epochs and the pace, where the log is of an older version. */
export function trainedSeconds({ seconds, epochs, step, config }: Reached): number {
  if (seconds !== undefined) return seconds;
  const complete = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const begun = step !== undefined && step.epoch > (epochs.at(-1)?.epoch ?? 0) && step.imgPerS > 0;
  return complete + (begun ? (step.stepInEpoch * Number(config?.['batch'] ?? 0)) / step.imgPerS : 0);
}

/**
 * When the epochs of a run ended on its training clock, in seconds; the first number, 0, is its beginning.
 * @param epochs each once, in order
 */
export function epochEnds(epochs: readonly EpochEvent[]): number[] {
  const ends = [0];
  for (const { elapsedS, seconds } of epochs) {
    const before = ends.at(-1) as number;
    ends.push(Math.max(before, elapsedS ?? before + seconds));
  }
  return ends;
}
