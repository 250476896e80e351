import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../util/errors.js';
import type { Command, Message, VisionOptions } from './protocol.js';

type Failure = Extract<Message, { type: 'failed' }>;

/** What a decoder prints when it gives up on a file: `[mov,mp4 @ 0x55d0] moov atom not found`. */
const DECODER = /^\[[^\]]+ @ 0x[0-9a-f]+\] (.+)$/;
/** Bytes of what it printed that are kept, for when it crashes. */
const KEPT = 4096;
/** How long a process may take to end by itself. */
const PATIENCE_MS = 1500;
/** And how long its last words may be on their way. */
const SETTLE_MS = 200;

/** The vision process as screens and commands see it, or a stand-in for tests. */
export interface Vision {
  send(command: Command): void;
  /** Ends it, by force if it hangs in a driver. */
  close(): Promise<void>;
}

/**
 * Capture, detection and classification in a child process. The last message is `ended` or `failed`, also when the
 * process dies. What it and its libraries print never reaches the terminal.
 */
export class VisionProcess implements Vision {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #printed = '';
  #over = false;

  /** @param receive hears every message, frames included; a frame is acknowledged when it returns */
  constructor(
    options: VisionOptions,
    receive: (message: Message) => void,
    entry = fileURLToPath(new URL('./worker.js', import.meta.url)),
  ) {
    this.#child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true, // ^C and ^Z in the terminal are its parent's to handle
    });
    let failure: Failure | undefined;
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
        setTimeout(() => tell(this.#withReason(message)), SETTLE_MS);
        return;
      }
      tell(message);
      if (message.type === 'frame') this.send({ type: 'taken' });
    });
    this.#child.on('error', () => undefined); // a command to a process that has just ended; `exit` tells of it
    // Not the event `close`: it does not come once the parent has disconnected.
    const printed = new Promise((resolve) => this.#child.stderr?.on('close', resolve));
    this.#gone = new Promise((resolve) => {
      this.#child.on('exit', async (code, signal) => {
        await printed;
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

  /** OpenCV does not hand on why a file cannot be read, but its decoder has printed it. */
  #withReason(failed: Failure): Failure {
    if (failed.exit !== EXIT.camera) return failed;
    const reason = this.#printed
      .split('\n')
      .map((line) => DECODER.exec(line)?.[1])
      .find((text) => text !== undefined);
    return reason === undefined
      ? failed
      : { ...failed, message: `${failed.message} (the decoder says: ${reason})` };
  }

  #obituary(code: number | null, signal: string | null): Failure {
    const last = this.#printed.trimEnd().split('\n').at(-1) ?? '';
    const words = last === '' ? '' : `; its last words: ${last}`;
    const message = `the vision process ended unexpectedly (${signal ?? `exit ${code}`})${words}; try again, or "fer-tui doctor"`;
    return { type: 'failed', message, exit: EXIT.camera };
  }
}
