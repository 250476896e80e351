import { BATCH_MS, type Batch, type Message } from './protocol.js';

/** Collects messages and posts them in numbered batches, so that a thousand events take only a few writes. */
export class Outbox {
  #seq = 0;
  #waiting: Message[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly post: (batch: Batch) => void) {}

  send(message: Message): void {
    this.#waiting.push(message);
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  /** Posts the collected messages at once. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.post({ seq: this.#seq++, messages });
  }
}
