import type { Command, Message } from './protocol.js';
import type { Args, Progress, RequestName, Result } from './requests.js';

/** The engine's interface for screens. Implemented by the child process, and by stand-ins for replays and tests. */
export interface Engine {
  /** Sends a request. Rejects with an Error whose message is for the user. `signal` cancels the request. */
  request<K extends RequestName>(
    name: K,
    args: Args<K>,
    options?: { onProgress?: (value: Progress<K>) => void; signal?: AbortSignal },
  ): Promise<Result<K>>;
  send(command: Command): void;
  /** Calls `listener` with all messages that do not answer a request. Returns a function that removes it. */
  listen(listener: (news: News) => void): () => void;
  /** Saves the training and ends the engine; resolves when it has ended. Further calls have no effect. */
  close(): Promise<void>;
  /** Ends the engine at once, without saving. */
  kill(): void;
  /** Lets the engine continue training in the background. Pending requests fail; the next command starts another engine. */
  detach(): void;
  /** Disconnects from the engine, which then saves and ends by itself. This process does not wait for it. */
  release(): void;
  /** Path of the log with the engine's output. */
  readonly log: string;
}

/** Messages that do not answer a request, and the end of the process. */
export type News =
  | Extract<Message, { type: 'heartbeat' | 'train' | 'loading' }>
  | { readonly type: 'exit'; readonly code: number | null; readonly signal: string | null };
