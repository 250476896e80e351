import { type ChildProcess, fork } from 'node:child_process';
import { closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../util/cache_folder.js';
import { clearTemporary } from '../util/temporary.js';
import type { Engine, News } from './engine.js';
import { logPath, openLog } from './old_logs.js';
import type { Batch, Command, Message } from './protocol.js';
import type { Args, Progress, RequestName, Result } from './requests.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onProgress?: ((value: unknown) => void) | undefined;
}

/**
 * The engine in a child process. The first command starts the process, and the next command restarts it after it has ended.
 * The output of the engine and of the GPU driver goes to a log file, never to the screen.
 */
export class EngineProcess implements Engine {
  log: string;
  readonly #entry: string;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(news: News) => void>();
  #child: ChildProcess | undefined;
  /** Commands that wait for the process to start, which it does in the next turn of the event loop: the screen is drawn first. */
  readonly #first: Command[] = [];
  #id = 0;

  constructor(entry = fileURLToPath(new URL('./child.js', import.meta.url))) {
    this.#entry = entry;
    this.log = logPath(cacheFolder(), process.pid);
  }

  /** Process id of the running child; undefined when none runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  request<K extends RequestName>(
    name: K,
    args: Args<K>,
    { onProgress, signal }: { onProgress?: (value: Progress<K>) => void; signal?: AbortSignal } = {},
  ): Promise<Result<K>> {
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        resolve: resolve as (value: unknown) => void,
        reject,
        onProgress: onProgress as ((value: unknown) => void) | undefined,
      });
      signal?.addEventListener('abort', () => {
        if (!this.#pending.delete(id)) return;
        this.send({ type: 'cancel', id });
        reject(new Error('cancelled'));
      });
      this.send({ type: 'request', id, name, args });
    });
  }

  send(command: Command): void {
    if (this.#child !== undefined) this.#child.send(command);
    else if (this.#first.push(command) === 1) setImmediate(() => this.#start());
  }

  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#start();
    const child = this.#child;
    if (child === undefined) return Promise.resolve();
    if (child.connected) this.send({ type: 'end' });
    return new Promise((resolve) => child.once('exit', () => resolve()));
  }

  kill(): void {
    this.#start();
    this.#child?.kill('SIGKILL');
  }

  detach(): void {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    this.#fail('training was detached');
    // Disconnect only after the command was sent, so that the child receives it first.
    child.send({ type: 'detach' } satisfies Command, () => child.connected && child.disconnect());
    child.unref();
  }

  release(): void {
    this.#start();
    const child = this.#child;
    if (child?.connected) child.disconnect(); // the child sees the disconnect, saves and exits
    child?.unref();
  }

  /** Starts the process for the commands that wait for it, if any do. */
  #start(): void {
    const commands = this.#first.splice(0);
    if (commands.length === 0) return;
    const child = this.#begin();
    this.#child = child;
    for (const command of commands) child.send(command);
  }

  #begin(): ChildProcess {
    const { path, output } = openLog([cacheFolder(), tmpdir()], process.pid);
    this.log = path;
    clearTemporary(cacheFolder(), 'shared');
    const child = fork(this.#entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', output, output, 'ipc'],
      detached: true, // a process group of its own, so that ^C and ^Z in the terminal reach only the screen
      ...{ windowsHide: true }, // on Windows, a detached process would open a console window; `fork` passes the option on
    });
    if (output !== 'ignore') closeSync(output);
    child.on('message', (batch: Batch) => {
      if (this.#child !== child) return; // detached
      for (const message of batch.messages) this.#receive(message);
    });
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return; // detached
      this.#child = undefined;
      this.#fail(`the engine ended (${signal ?? `exit ${code}`}); its log: ${this.log}`);
      this.#tell({ type: 'exit', code, signal });
    });
    child.on('error', () => undefined); // a message was sent to a child that has just ended; `exit` reports that
    return child;
  }

  /** Rejects all pending requests. */
  #fail(message: string): void {
    for (const { reject } of this.#pending.values()) reject(new Error(message));
    this.#pending.clear();
  }

  #receive(message: Message): void {
    if (message.type !== 'progress' && message.type !== 'reply' && message.type !== 'failed') {
      this.#tell(message);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if (message.type === 'progress') {
      pending.onProgress?.(message.value);
      return;
    }
    this.#pending.delete(message.id);
    if (message.type === 'reply') pending.resolve(message.value);
    else pending.reject(new Error(message.message));
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}
