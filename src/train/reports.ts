import type { Learner } from '../nn/learner.js';
import type { Evaluation } from './evaluation.js';
import type { DeviceMemory, NoteEvent, TrainEvent, ValidationNumbers } from './events.js';
import { classMetrics } from './metrics.js';

/** What the trainer knows, in the words of events. */

/** Compiling and validations that are over by then go untold. */
const PATIENCE_MS = 1_000;
/** Between two notes of something that goes on. */
const NOTE_MS = 500;

/** Tells how far something is, if it takes long enough to be noticed. */
export function progressNotes(
  emit: (event: TrainEvent) => void,
  kind: NoteEvent['kind'],
  words: (done: number, total: number) => string,
): (done: number, total: number) => void {
  let quietUntil = 0;
  return (done, total) => {
    if (done === 1) quietUntil = performance.now() + PATIENCE_MS;
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + NOTE_MS;
    emit({ type: 'note', kind, message: words(done, total), progress: { done, total } });
  };
}

/** What the pool of a device holds. */
export function deviceMemory({ gpu }: Learner): DeviceMemory {
  const { liveBuffers: buffers, liveBytes, peakBytes } = gpu.pool.stats;
  return { buffers, liveBytes, peakBytes };
}

/** How a validation went, class by class. */
export function validationNumbers(
  { loss, accuracy, confusion }: Evaluation,
  classes: readonly string[],
): ValidationNumbers {
  return {
    loss,
    acc: accuracy,
    recall: classMetrics(confusion, classes).map(({ recall }) => recall),
    confusion,
  };
}
