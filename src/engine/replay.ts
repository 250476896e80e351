import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readEvents } from '../train/event_log.js';
import type { TrainEvent } from '../train/events.js';
import { RunError } from '../util/errors.js';
import { printable } from '../util/printable.js';
import type { Engine, News } from './engine.js';
import type { Command } from './protocol.js';

export interface ReplayOptions {
  /** Default 20. */
  readonly eventsPerSecond?: number;
  /** Index of the event before which the engine falls silent. */
  readonly stallAt?: number;
  /** Index of the event before which the engine crashes. */
  readonly crashAt?: number;
}

const TICK_MS = 50;

/**
 * A stand-in for the engine that replays the log of a run, for demonstrations and tests. It needs no GPU. It accepts the
 * commands that steer training; requests fail.
 */
export class ReplayEngine implements Engine {
  readonly log = 'none (this is a replay)';
  readonly #listeners = new Set<(news: News) => void>();
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #due = 0;
  #paused = false;

  constructor(
    private readonly events: readonly TrainEvent[],
    private readonly options: ReplayOptions = {},
  ) {}

  /** Replays a log file, or the log in the folder of a run. Throws RunError if it is not the log of a run. */
  static ofFile(path: string, options?: ReplayOptions): ReplayEngine {
    return new ReplayEngine(readEvents(logAt(path)), options);
  }

  /** Whether all events have been replayed. */
  get done(): boolean {
    return this.#next >= this.events.length;
  }

  begin(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  request(): Promise<never> {
    return Promise.reject(new Error('not available in a replay, which has no engine'));
  }

  send(command: Command): void {
    switch (command.type) {
      case 'train':
      case 'resume':
        this.#next = 0;
        this.#paused = false;
        this.begin();
        break;
      case 'pause':
      case 'continue':
        this.#paused = command.type === 'pause';
        this.#note(command.type, command.type === 'pause' ? 'paused' : 'continued');
        break;
      case 'step':
        this.#play(1);
        break;
      case 'lr':
        this.#note('lr', `learning rate ${command.lr}`);
        break;
      case 'stop':
        this.#next = this.events.length;
        this.#tell({ type: 'train', event: { type: 'end', status: 'stopped', exit: 0 } });
        break;
      default:
        break;
    }
  }

  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    return Promise.resolve();
  }

  kill(): void {
    void this.close();
    this.#tell({ type: 'exit', code: null, signal: 'SIGKILL' });
  }

  detach(): void {
    void this.close();
  }

  release(): void {
    void this.close();
  }

  #tick(): void {
    const { stallAt = Number.POSITIVE_INFINITY, eventsPerSecond = 20 } = this.options;
    if (this.#next >= stallAt) return;
    this.#tell({ type: 'heartbeat' });
    if (this.#paused) return;
    this.#due += (eventsPerSecond * TICK_MS) / 1000;
    const count = Math.floor(this.#due);
    this.#due -= count;
    this.#play(Math.min(count, stallAt - this.#next));
  }

  #play(count: number): void {
    for (const event of this.events.slice(this.#next, this.#next + count)) {
      if (this.#next++ === this.options.crashAt) {
        this.kill();
        return;
      }
      this.#tell({ type: 'train', event });
    }
    if (this.done) void this.close();
  }

  #note(kind: 'pause' | 'continue' | 'lr', message: string): void {
    this.#tell({ type: 'train', event: { type: 'note', kind, message } });
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}

/** The log that a path means: the file, or that in the folder of a run. Throws RunError where there is none. */
function logAt(path: string): string {
  const expected = 'expected the log of a run, such as runs/r1/events.ndjson, or its folder';
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new RunError(`${printable(path)}: there is no such file; ${expected}`);
  if (!found.isDirectory()) return path;
  const log = join(path, 'events.ndjson');
  if (statSync(log, { throwIfNoEntry: false }) !== undefined) return log;
  throw new RunError(`${printable(path)}: no run is in this folder; ${expected}`);
}
