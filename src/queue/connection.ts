import type { Redis, RedisOptions } from 'ioredis';
import { QueueError, UsageError } from '../util/errors.js';
import { addressText, type QueueAddress } from './address.js';

/** Time limit to connect to a server, in milliseconds. */
const CONNECT_MS = 10_000;
/** Milliseconds between two attempts to reconnect. */
const RETRY_MS = 1000;
/** Milliseconds that the program waits at its end for an unreachable server. */
const PARTING_MS = 3000;

/** The optional packages: BullMQ, the queue, and ioredis, the client that it uses. */
export interface QueuePackages {
  readonly bullmq: typeof import('bullmq');
  readonly ioredis: { readonly Redis: new (options: RedisOptions) => Redis };
}

/** Imports the optional packages. Throws UsageError if they are not installed. */
export async function queuePackages(): Promise<QueuePackages> {
  try {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bullmq, ioredis };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new UsageError(
      'a queue needs the optional packages bullmq and ioredis; install them with "npm install bullmq ioredis"',
    );
  }
}

/** Connections to one server. They are opened in advance, so that a wrong address or password is found at once. */
export class Connections {
  readonly #open: Redis[] = [];
  #closed = false;
  #away = false;
  #parting = false;
  #patience: NodeJS.Timeout | undefined;
  #giveUp = (): void => undefined;
  /** Resolves when the server has been unreachable for 3 seconds after a call of `part`. Pending commands may then never end. */
  readonly givenUp = new Promise<void>((resolve) => {
    this.#giveUp = resolve;
  });

  private constructor(
    private readonly packages: QueuePackages,
    private readonly address: QueueAddress,
    private readonly say: (message: string) => void,
  ) {}

  /**
   * Tries the server once.
   * @param say called with a message when the connection is lost, and when it is back Throws QueueError. Its message has neither
   * user nor password, and it has no cause: the errors of ioredis may hold both.
   */
  static async open(
    packages: QueuePackages,
    address: QueueAddress,
    say: (message: string) => void,
  ): Promise<Connections> {
    const probe = new packages.ioredis.Redis({
      ...{ ...address, lazyConnect: true, connectTimeout: CONNECT_MS },
      retryStrategy: () => null,
    });
    let why = '';
    probe.on('error', (error: Error) => {
      why ||= error.message;
    });
    const limit = setTimeout(() => {
      why ||= `no answer within ${CONNECT_MS / 1000} seconds`;
      probe.disconnect(); // which makes the command below fail
    }, CONNECT_MS);
    try {
      await probe.connect();
      await probe.ping();
    } catch (error) {
      const message = why || (error instanceof Error ? error.message : String(error));
      throw new QueueError(`cannot use the queue at ${addressText(address)}: ${hint(message)}`);
    } finally {
      clearTimeout(limit);
      probe.disconnect();
    }
    return new Connections(packages, address, say);
  }

  /** A new connection. While the server is unreachable, its commands wait. */
  connect(): Redis {
    const connection = new this.packages.ioredis.Redis({
      ...{ ...this.address, connectTimeout: CONNECT_MS },
      maxRetriesPerRequest: null,
      retryStrategy: () => RETRY_MS,
    });
    connection.on('error', () => undefined); // `close` follows
    if (this.#open.length === 0) this.#watch(connection); // one connection reports for all
    this.#open.push(connection);
    return connection;
  }

  #watch(connection: Redis): void {
    const name = addressText(this.address);
    connection.on('close', () => {
      if (this.#closed) return;
      if (!this.#away) this.say(`lost the queue at ${name}; trying again`);
      this.#away = true;
      this.#beImpatient();
    });
    connection.on('ready', () => {
      if (this.#away) this.say(`the queue at ${name} is back`);
      this.#away = false;
      clearTimeout(this.#patience);
      this.#patience = undefined;
    });
  }

  /** From now on, gives up a server that is unreachable for 3 seconds. */
  part(): void {
    this.#parting = true;
    this.#beImpatient();
  }

  #beImpatient(): void {
    if (this.#parting && this.#away) this.#patience ??= setTimeout(this.#giveUp, PARTING_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#patience);
    for (const connection of this.#open) connection.disconnect();
  }
}

/** Adds advice to an error message of the server or the network. */
function hint(message: string): string {
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|no answer|closed|Protocol error/.test(message))
    return `${message.replace(/\.$/, '')}; is a Redis or Valkey server running there, and may this machine reach it?`;
  if (/WRONGPASS|NOAUTH/.test(message))
    return `${message.replace(/\.$/, '')}; give redis://:PASSWORD@HOST, or redis://USER:PASSWORD@HOST for a user of its access lists`;
  return message;
}
