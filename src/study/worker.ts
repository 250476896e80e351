import { Control } from '../train/control.js';
import { SharedPlace } from '../train/workplace.js';
import { onParentGone } from '../util/endings.js';
import { EXIT, FerError } from '../util/errors.js';
import type { WorkerCommand, WorkerMessage } from './protocol.js';
import { runTrial, type TrialOrder } from './run_trial.js';

/**
 * The process that trains the trials of a study, one after another. The device, the compiled kernels and the data set are kept
 * between trials. When its parent ends, it saves the trial that is running and exits.
 */
const place = new SharedPlace();
let control = new Control();
let running: Promise<void> = Promise.resolve();

/** The callback ignores the error of a channel that has just closed: there is no receiver any more. */
function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function train(order: TrialOrder): Promise<void> {
  control = new Control();
  try {
    const record = await runTrial(order, {
      ...{ control, place },
      emit: (event) => send({ type: 'event', event }),
      onLoadProgress: (progress) => send({ type: 'loading', progress }),
    });
    send({ type: 'record', record });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    send({ type: 'error', message, exit: error instanceof FerError ? error.exitCode : EXIT.bug });
  }
}

process.on('message', (command: WorkerCommand) => {
  if (command.type === 'stop') control.stop('sigterm');
  else running = train(command.order);
});

async function end(): Promise<void> {
  control.stop('sigterm');
  await running;
  place.close();
  process.exit(0);
}
onParentGone(() => void end());
