import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Queue, QueueEvents, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueAddress } from './address.js';
import { Connections, queuePackages } from './connection.js';
import type {
  CoordinatorStore,
  Depot,
  Lease,
  Task,
  TaskProgress,
  TaskResult,
  TaskView,
  WorkerCard,
  WorkerStore,
} from './task.js';

/** BullMQ's queue, and the prefix of all keys: `fer-tui:...`. */
const PREFIX = 'fer-tui';
const QUEUE = 'trials';
const key = (...parts: readonly string[]): string => [PREFIX, ...parts].join(':');
const CARDS = key('workers');
const MONTH_S = 30 * 24 * 3600;
/** Number of workers that may die during a task before it counts as lost. */
const MOST_DEATHS = 10;
/** Milliseconds until a worker retries after an error. */
const RETRY_MS = 1000;
/** Length of the stream of events. A coordinator that misses some reads the tasks themselves. */
const EVENTS = { events: { maxLen: 1000 } };

type TaskJob = Job<Task, TaskResult, string>;
type TaskQueue = Queue<Task, TaskResult, string>;

/** How to reach the store. */
export interface StoreOptions {
  readonly address: QueueAddress;
  /** Called with messages about lost connections. */
  readonly say: (message: string) => void;
}

/** Chunks of files as fields of one hash per shelf, so that a shelf can be removed at once. */
class RedisDepot implements Depot {
  constructor(private readonly redis: Redis) {}

  async put(shelf: string, label: string, bytes: Uint8Array): Promise<void> {
    const name = key('depot', shelf);
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Both commands are sent at once, so there is only one round trip.
    await Promise.all([this.redis.hset(name, label, value), this.redis.expire(name, MONTH_S)]);
  }

  async get(shelf: string, label: string): Promise<Uint8Array | undefined> {
    return (await this.redis.hgetBuffer(key('depot', shelf), label)) ?? undefined;
  }

  async remove(shelf: string, labels: readonly string[]): Promise<void> {
    if (labels.length > 0) await this.redis.hdel(key('depot', shelf), ...labels);
  }

  async clear(shelf: string): Promise<void> {
    await this.redis.unlink(key('depot', shelf));
  }
}

/** The coordinator's side of a store in Redis or Valkey. */
export class RedisCoordinatorStore implements CoordinatorStore {
  readonly depot: Depot;

  private constructor(
    private readonly redis: Redis,
    private readonly queue: TaskQueue,
    private readonly events: QueueEvents,
    private readonly connections: Connections,
  ) {
    this.depot = new RedisDepot(redis);
  }

  /** Throws QueueError when the server cannot be used, UsageError where the optional packages are missing. */
  static async open({ address, say }: StoreOptions): Promise<RedisCoordinatorStore> {
    const packages = await queuePackages();
    const connections = await Connections.open(packages, address, say);
    const { Queue, QueueEvents } = packages.bullmq;
    const redis = connections.connect();
    const queue: TaskQueue = new Queue(QUEUE, { connection: redis, prefix: PREFIX, streams: EVENTS });
    const events = new QueueEvents(QUEUE, { connection: connections.connect(), prefix: PREFIX });
    queue.on('error', () => undefined); // `connections` tells of them
    events.on('error', () => undefined);
    await events.waitUntilReady();
    return new RedisCoordinatorStore(redis, queue, events, connections);
  }

  async submit(task: Task): Promise<void> {
    await this.queue.add('trial', task, { jobId: task.id });
  }

  async look(id: string): Promise<TaskView | undefined> {
    const job: TaskJob | undefined = await this.queue.getJob(id);
    if (job === undefined) return undefined;
    const state = await job.getState();
    if (state === 'unknown') return undefined;
    if (state === 'completed') {
      // It may have ended between the two calls; the result of a task that is done does not change.
      const { returnvalue } = (await this.queue.getJob(id)) ?? {};
      return returnvalue === undefined ? undefined : { state: 'done', result: returnvalue };
    }
    const progress = progressOf(job);
    return {
      state: state === 'failed' ? 'lost' : state === 'active' ? 'active' : 'waiting',
      ...(progress && { progress }),
    };
  }

  async forget(id: string): Promise<boolean> {
    const job = await this.queue.getJob(id);
    try {
      await job?.remove();
    } catch {
      return false; // a worker holds it
    }
    await this.depot.clear(id);
    return true;
  }

  onNews(listener: (id: string) => void): void {
    const tell = ({ jobId }: { jobId: string }): void => listener(jobId);
    this.events.on('active', tell).on('progress', tell).on('completed', tell).on('failed', tell);
  }

  async workers(): Promise<WorkerCard[]> {
    const names = await this.redis.smembers(CARDS);
    if (names.length === 0) return [];
    const cards = await this.redis.mget(names.map((name) => key('worker', name)));
    const gone = names.filter((_, i) => cards[i] === null);
    if (gone.length > 0) await this.redis.srem(CARDS, ...gone);
    return cards.flatMap((text) => (text ? [JSON.parse(text) as WorkerCard] : []));
  }

  takeFileRequests(study: string): Promise<string[]> {
    return this.redis.spop(key('requests', study), 100);
  }

  async close(): Promise<void> {
    await this.events.close();
    await this.queue.close();
    this.connections.close();
  }
}

/** A worker's side of a store in Redis or Valkey. */
export class RedisWorkerStore implements WorkerStore {
  readonly depot: Depot;

  private constructor(
    private readonly redis: Redis,
    private readonly worker: Worker<Task, TaskResult, string>,
    private readonly connections: Connections,
    private readonly leaseMs: number,
  ) {
    this.depot = new RedisDepot(redis);
  }

  /**
   * @param leaseMs milliseconds without a sign of life after which a worker counts as gone, and its task goes to another one
   * Throws QueueError when the server cannot be used, UsageError where the optional packages are missing.
   */
  static async open({
    address,
    say,
    leaseMs,
  }: StoreOptions & { leaseMs: number }): Promise<RedisWorkerStore> {
    const packages = await queuePackages();
    const connections = await Connections.open(packages, address, say);
    const worker: Worker<Task, TaskResult, string> = new packages.bullmq.Worker(QUEUE, null, {
      ...{ connection: connections.connect(), prefix: PREFIX, autorun: false },
      ...{ lockDuration: leaseMs, stalledInterval: leaseMs / 2, maxStalledCount: MOST_DEATHS },
    });
    worker.on('error', () => undefined); // `connections` tells of them
    await worker.waitUntilReady();
    return new RedisWorkerStore(connections.connect(), worker, connections, leaseMs);
  }

  async announce(card: WorkerCard): Promise<void> {
    await this.redis.set(key('worker', card.name), JSON.stringify(card), 'PX', Math.round(this.leaseMs));
    await this.redis.sadd(CARDS, card.name);
  }

  async leave(name: string): Promise<void> {
    await this.redis.del(key('worker', name));
  }

  async requestFile(study: string, sha256: string): Promise<void> {
    await this.redis.sadd(key('requests', study), sha256);
    await this.redis.expire(key('requests', study), MONTH_S);
  }

  async serve(handle: (lease: Lease) => Promise<TaskResult | undefined>, signal: AbortSignal): Promise<void> {
    await this.worker.startStalledCheckTimer();
    const stopped = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    while (!signal.aborted) {
      const token = randomUUID();
      // Fails while the server is away; the next call waits until it is back.
      const next: Promise<TaskJob | undefined> = this.worker.getNextJob(token).catch(() => sleep(RETRY_MS));
      const job = await Promise.race([next, stopped]);
      if (job === undefined) continue;
      if (job.stalledCounter > MOST_DEATHS) {
        await job.moveToFailed(new Error(`${job.stalledCounter} workers have died with it`), token, false);
      } else await this.#work(job, token, handle);
    }
  }

  /** Works on a job, and renews the lease meanwhile. */
  async #work(
    job: TaskJob,
    token: string,
    handle: (lease: Lease) => Promise<TaskResult | undefined>,
  ): Promise<void> {
    const lost = new AbortController();
    const renewal = setInterval(() => {
      void job.extendLock(token, this.leaseMs).then(
        (held) => held !== 1 && lost.abort(),
        () => lost.abort(),
      );
    }, this.leaseMs / 3);
    let result: TaskResult | undefined;
    try {
      result = await handle({
        ...{ task: job.data, earlier: progressOf(job), sender: token.slice(0, 8), signal: lost.signal },
        report: async (progress) => {
          // Fails if the task is gone, for example because the server was flushed.
          await job.updateProgress(progress).catch(() => lost.abort());
          lost.signal.throwIfAborted();
        },
      });
    } finally {
      clearInterval(renewal);
      // After a lost lease, another worker has the task, so nothing is reported.
      if (!lost.signal.aborted) {
        await (result === undefined
          ? job.moveToWait(token)
          : job.moveToCompleted(result, token, false)
        ).catch(() => undefined);
      }
    }
  }

  /** Resolves when `signal` has been aborted and the server has been unreachable for 3 seconds. */
  async givenUp(signal: AbortSignal): Promise<void> {
    const part = (): void => this.connections.part();
    if (signal.aborted) part();
    else signal.addEventListener('abort', part, { once: true });
    await this.connections.givenUp;
  }

  async close(): Promise<void> {
    await this.worker.close(true);
    this.connections.close();
  }
}

/** The last reported progress of a job; undefined if there is none (BullMQ starts with the number 0). */
function progressOf({ progress }: TaskJob): TaskProgress | undefined {
  return typeof progress === 'object' ? (progress as TaskProgress) : undefined;
}
