import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Hooks } from '../train/session.js';
import { EXIT, FerError } from '../util/errors.js';
import type { WorkerCommand, WorkerMessage } from './protocol.js';
import { failedTrial, type TrialOrder } from './run_trial.js';
import type { TrialRecord } from './trial.js';

/** Characters of the process's last output that are kept, for the message after a crash. */
const KEPT = 2048;

/**
 * Trains trials in a child process, one after another. If the process dies, the trial has failed, and the next trial starts a new
 * process.
 */
export class TrialWorker {
  #child: ChildProcess | undefined;
  #printed = '';

  constructor(private readonly entry = fileURLToPath(new URL('./worker.js', import.meta.url))) {}

  /** Id of the child process; undefined when none runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Like `runTrial`. A trial during which the process dies has failed. Only one trial can run at a time. */
  run(
    order: TrialOrder,
    { control, emit, onLoadProgress }: Omit<Hooks, 'until' | 'place'>,
  ): Promise<TrialRecord> {
    const child = this.#child?.connected ? this.#child : this.#begin();
    this.#child = child;
    const tell = (command: WorkerCommand): void => {
      if (child.connected) child.send(command);
    };
    return new Promise<TrialRecord>((resolve, reject) => {
      let over = false;
      const end = (settle: () => void): void => {
        over = true;
        child.off('message', receive).off('exit', died);
        settle();
      };
      const receive = (message: WorkerMessage): void => {
        if (message.type === 'event') emit(message.event);
        else if (message.type === 'loading') onLoadProgress?.(message.progress);
        else if (message.type === 'record') end(() => resolve(message.record));
        else end(() => reject(new FerError(message.message, message.exit)));
      };
      const died = (code: number | null, signal: string | null): void =>
        end(() => resolve(failedTrial(order, this.#deathText(code, signal), EXIT.device)));
      child.on('message', receive).on('exit', died);
      const stopWithControl = async (): Promise<void> => {
        while (!over && control.stopped === undefined) await control.changed();
        if (!over) tell({ type: 'stop' });
      };
      // A stop is for the trial that the process has been given: one that has come already is told after that.
      tell({ type: 'trial', order });
      void stopWithControl();
    });
  }

  /** Ends the process; resolves when it has ended. */
  close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return Promise.resolve();
    if (child.connected) child.disconnect();
    return new Promise((resolve) => child.once('exit', () => resolve()));
  }

  #begin(): ChildProcess {
    const child = fork(this.entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true, // a process group of its own, so that ^C in the terminal reaches only the parent, which saves
      ...{ windowsHide: true }, // a detached process of Windows would open a console window; `fork` passes the option on
    });
    this.#printed = '';
    child.stderr?.on('data', (text: Buffer) => {
      this.#printed = (this.#printed + text.toString()).slice(-KEPT);
    });
    child.on('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    child.on('error', () => undefined); // a message was sent to a child that has just ended; `exit` reports that
    return child;
  }

  #deathText(code: number | null, signal: string | null): string {
    const died = 'the process that trained it ended';
    if (signal === 'SIGKILL') return `${died} (SIGKILL: out of memory, or by hand)`;
    const last = this.#printed.trim().split('\n').at(-1) ?? '';
    return `${died} (${signal ?? `exit ${code}`})${last === '' ? '' : `: ${last}`}`;
  }
}
