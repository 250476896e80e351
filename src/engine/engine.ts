import type { Command, Message } from './protocol.js';
import type { Args, Progress, RequestName, Result } from './requests.js';

/** The engine as screens see it: the child process, or a stand-in for tests. */
export interface Engine {
  /** Asks for something. Rejects with an Error in words for people; `signal` gives up. */
  request<K extends RequestName>(
    name: K,
    args: Args<K>,
    options?: { onProgress?: (value: Progress<K>) => void; signal?: AbortSignal },
  ): Promise<Result<K>>;
  send(command: Command): void;
  /** Everything but answers. Returns how to stop listening. */
  listen(listener: (news: News) => void): () => void;
  /** Lets it save what it trains and end; resolves when it has. A second call changes nothing. */
  close(): Promise<void>;
  /** Ends it at once, whatever it does. */
  kill(): void;
  /** Lets go of it: it saves and ends by itself, without keeping this process alive. */
  release(): void;
  /** Where what it prints goes. */
  readonly log: string;
}

/** Messages that are no answers, and the end of the process itself. */
export type News =
  | Extract<Message, { type: 'heartbeat' | 'train' | 'loading' }>
  | { readonly type: 'exit'; readonly code: number | null; readonly signal: string | null };
