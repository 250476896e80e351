import type { PoolStats } from '../gpu/buffer_pool.js';
import type { Evaluation } from './evaluation.js';
import type { DeviceMemory, NoteEvent, TrainEvent, ValidationNumbers } from './events.js';
import { classMetrics } from './metrics.js';

/** Nothing is reported about an activity that takes less than this. */
const PATIENCE_MS = 1_000;
/** The time between two progress notes. */
const NOTE_MS = 500;

/** Reports the progress of an activity as notes, once it has taken a second. Returns the function to call at each step. */
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

/** Reports the progress of compiling kernels. */
export function compileNotes(emit: (event: TrainEvent) => void): (done: number, total: number) => void {
  // The driver caches compiled kernels.
  return progressNotes(
    emit,
    'compile',
    (done, total) => `compiling kernel ${done} of ${total} (once per driver)`,
  );
}

/** A learner, as far as its memory is concerned. */
export interface OnDevice {
  readonly gpu: {
    readonly pool: { readonly stats: Pick<PoolStats, 'liveBuffers' | 'liveBytes' | 'peakBytes'> };
  };
}

/** The device memory that the learner's buffer pool holds. */
export function deviceMemory({ gpu }: OnDevice): DeviceMemory {
  const { liveBuffers: buffers, liveBytes, peakBytes } = gpu.pool.stats;
  return { buffers, liveBytes, peakBytes };
}

/** An evaluation as events report it. */
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
