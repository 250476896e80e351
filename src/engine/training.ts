import type { RunChanges } from '../train/continuation.js';
import { Control } from '../train/control.js';
import type { Hooks } from '../train/session.js';
import { type Steering, steer } from '../train/steering.js';
import type { Message } from './protocol.js';

/** Runs at most one training at a time. Commands start, steer and stop it; its events are sent as messages. */
export class Training {
  #control: Control | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly send: (message: Message) => void) {}

  /** Starts a run. Does nothing while a run is in progress. */
  train(settings: Readonly<Record<string, unknown>>): void {
    this.#begin(async (hooks) => {
      const [{ resolveConfig }, { runTraining }] = await Promise.all([
        import('../train/config.js'),
        import('../train/session.js'),
      ]);
      await runTraining(resolveConfig(settings), hooks);
    });
  }

  /** Resumes the run in a folder. */
  resume(path: string, changes?: RunChanges): void {
    this.#begin(async (hooks) => {
      const { resumeTraining } = await import('../train/session.js');
      await resumeTraining(path, hooks, changes);
    });
  }

  steer(command: Steering): void {
    const control = this.#control;
    if (control === undefined) return;
    steer(control, command);
  }

  /** Resolves when the training in progress, if there is one, has ended. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** Stops after the current batch; resolves when everything is saved. */
  async end(): Promise<void> {
    this.#control?.stop('sigterm');
    await this.#running;
  }

  #begin(body: (hooks: Hooks) => Promise<void>): void {
    if (this.#control !== undefined) return;
    const control = new Control();
    this.#control = control;
    let ended = false;
    const emit: Hooks['emit'] = (event) => {
      ended ||= event.type === 'end';
      this.send({ type: 'train', event });
    };
    const onLoadProgress: Hooks['onLoadProgress'] = ({ done, total, unit }) =>
      this.send({ type: 'loading', done, total, unit });
    this.#running = body({ emit, control, onLoadProgress, takesCommands: 'all' })
      .catch((error: unknown) => {
        console.error(error); // goes to the log; the screen gets the error event
        if (ended) return;
        // Invalid settings fail before `runTraining`, which would report the error.
        emit({ type: 'error', message: error instanceof Error ? error.message : String(error), exit: 2 });
        emit({ type: 'end', status: 'failed', exit: 2 });
      })
      .finally(() => {
        this.#control = undefined;
      });
  }
}
