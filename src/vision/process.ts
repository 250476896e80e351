import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../util/errors.js';
import type { Command, Message, VisionOptions } from './protocol.js';
import { hideSecrets } from './source_spec.js';

type Failure = Extract<Message, { type: 'failed' }>;

/** A message of a video decoder that cannot read a file: `[mov,mp4 @ 0x55d0] moov atom not found`. */
const DECODER = /^\[[^\]]+ @ 0x[0-9a-f]+\] (.+)$/;
/** Characters of the process's last output that are kept, for the message after a crash. */
const KEPT = 4096;
/** Time for the process to end by itself: after a failure, before it is told without the decoder's output; else before it is killed. */
const PATIENCE_MS = 1500;

/** The vision process's interface for screens and commands. Tests use a stand-in. */
export interface Vision {
  send(command: Command): void;
  /** Ends the process; kills it if it hangs in a driver. */
  close(): Promise<void>;
}

/**
 * Capture, detection and classification in a child process. The last message is always `ended` or `failed`, even if the
 * process crashes. The output of the process and of its libraries never reaches the terminal.
 */
export class VisionProcess implements Vision {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #printed = '';
  #over = false;

  /** @param receive is called with every message. When it returns from a frame, the process may send the next one. */
  constructor(
    options: VisionOptions,
    receive: (message: Message) => void,
    entry = fileURLToPath(new URL('./worker.js', import.meta.url)),
  ) {
    this.#child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true, // a process group of its own, so that ^C and ^Z in the terminal reach only the parent
      ...{ windowsHide: true }, // on Windows, a detached process would open a console window; `fork` passes the option on
    });
    let failure: Failure | undefined;
    let late: NodeJS.Timeout | undefined;
    const tell = (message: Message): void => {
      if (this.#over) return;
      this.#over = message.type === 'ended' || message.type === 'failed';
      receive(message);
    };
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#printed = (this.#printed + text.toString()).slice(-KEPT);
    });
    this.#child.on('message', (message: Message) => {
      if (message.type === 'failed') {
        failure = message;
        late = setTimeout(() => tell(this.#withReason(message)), PATIENCE_MS);
        return;
      }
      tell(message);
      if (message.type === 'frame') this.send({ type: 'taken' });
    });
    this.#child.on('error', () => undefined); // a command was sent to a process that has just ended; `exit` reports that
    // The child's own event `close` does not occur after the parent has disconnected, so wait for that of stderr.
    const printed = new Promise((resolve) => this.#child.stderr?.on('close', resolve));
    this.#gone = new Promise((resolve) => {
      this.#child.on('exit', async (code, signal) => {
        await printed;
        clearTimeout(late); // it would keep this program alive
        tell(failure === undefined ? this.#obituary(code, signal) : this.#withReason(failure));
        resolve();
      });
    });
    this.send({ type: 'start', options });
  }

  send(command: Command): void {
    if (this.#child.connected) this.#child.send(command);
  }

  async close(): Promise<void> {
    this.#over = true;
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#gone;
    clearTimeout(timer);
  }

  /** Adds the reason why a file cannot be read. OpenCV does not report it, but its decoder prints it. */
  #withReason(failed: Failure): Failure {
    if (failed.exit !== EXIT.camera) return failed;
    const reason = this.#printed
      .split('\n')
      .map((line) => DECODER.exec(line)?.[1])
      .find((text) => text !== undefined);
    return reason === undefined
      ? failed
      : { ...failed, message: `${failed.message} (the decoder says: ${hideSecrets(reason)})` };
  }

  #obituary(code: number | null, signal: string | null): Failure {
    const last = this.#printed.trimEnd().split('\n').at(-1) ?? '';
    const words = last === '' ? '' : `; its last output: ${hideSecrets(last)}`;
    const message = `the vision process ended unexpectedly (${signal ?? `exit ${code}`})${words}; try again, or run "fer-tui doctor"`;
    return { type: 'failed', message, exit: EXIT.camera };
  }
}
