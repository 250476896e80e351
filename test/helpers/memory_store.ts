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
} from '../../src/queue/task.js';

interface Entry {
  readonly task: Task;
  state: TaskView['state'];
  progress?: TaskProgress;
  result?: TaskResult;
  deaths: number;
}

/** A store in this process, in place of a Redis server. Values pass through JSON, as they do there. */
export class MemoryStore implements CoordinatorStore, WorkerStore {
  readonly tasks = new Map<string, Entry>();
  readonly shelves = new Map<string, Map<string, Uint8Array>>();
  readonly cards = new Map<string, WorkerCard>();
  readonly requests = new Map<string, Set<string>>();
  /** Ids in the order in which they were queued. */
  readonly submitted: string[] = [];
  private readonly leases = new Map<string, AbortController>();
  private readonly listeners: ((id: string) => void)[] = [];
  private senders = 0;

  readonly depot: Depot = {
    put: async (shelf, label, bytes) => {
      const labels = this.shelves.get(shelf) ?? new Map<string, Uint8Array>();
      this.shelves.set(shelf, labels.set(label, Uint8Array.from(bytes)));
    },
    get: async (shelf, label) => this.shelves.get(shelf)?.get(label),
    remove: async (shelf, labels) => {
      for (const label of labels) this.shelves.get(shelf)?.delete(label);
    },
    clear: async (shelf) => void this.shelves.delete(shelf),
  };

  async submit(task: Task): Promise<void> {
    if (this.tasks.has(task.id)) return;
    this.submitted.push(task.id);
    this.tasks.set(task.id, { task: throughJson(task), state: 'waiting', deaths: 0 });
    this.tell(task.id);
  }

  async look(id: string): Promise<TaskView | undefined> {
    const entry = this.tasks.get(id);
    if (entry === undefined) return undefined;
    const { state, progress, result } = entry;
    return { state, ...(progress && { progress }), ...(result && { result }) };
  }

  async forget(id: string): Promise<boolean> {
    if (this.tasks.get(id)?.state === 'active') return false;
    this.tasks.delete(id);
    this.shelves.delete(id);
    return true;
  }

  onNews(listener: (id: string) => void): void {
    this.listeners.push(listener);
  }

  async workers(): Promise<WorkerCard[]> {
    return [...this.cards.values()];
  }

  async takeFileRequests(study: string): Promise<string[]> {
    const taken = [...(this.requests.get(study) ?? [])];
    this.requests.delete(study);
    return taken;
  }

  async announce(card: WorkerCard): Promise<void> {
    this.cards.set(card.name, card);
  }

  async leave(name: string): Promise<void> {
    this.cards.delete(name);
  }

  async requestFile(study: string, sha256: string): Promise<void> {
    this.requests.set(study, (this.requests.get(study) ?? new Set()).add(sha256));
  }

  async serve(handle: (lease: Lease) => Promise<TaskResult | undefined>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const entry = [...this.tasks.values()].find(({ state }) => state === 'waiting');
      if (entry === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
      else await this.work(entry, handle);
    }
  }

  private async work(entry: Entry, handle: (lease: Lease) => Promise<TaskResult | undefined>): Promise<void> {
    const { task, progress } = entry;
    const lease = new AbortController();
    this.leases.set(task.id, lease);
    entry.state = 'active';
    this.tell(task.id);
    let result: TaskResult | undefined;
    try {
      result = await handle({
        ...{ task, earlier: progress && throughJson(progress), sender: `sender${this.senders++}` },
        signal: lease.signal,
        report: async (report) => {
          lease.signal.throwIfAborted();
          entry.progress = throughJson(report);
          this.tell(task.id);
        },
      });
    } finally {
      if (!lease.signal.aborted) {
        if (result !== undefined) entry.result = throughJson(result);
        entry.state = result === undefined ? 'waiting' : 'done';
        this.tell(task.id);
      }
    }
  }

  /** What happens when a worker gives no sign of life: its task goes to another one, or is lost after some deaths. */
  takeAway(id: string, { most = 10 } = {}): void {
    const entry = this.tasks.get(id);
    if (entry?.state !== 'active') throw new Error(`${id} is not being worked on`);
    this.leases.get(id)?.abort();
    entry.deaths++;
    entry.state = entry.deaths > most ? 'lost' : 'waiting';
    this.tell(id);
  }

  async close(): Promise<void> {}

  private tell(id: string): void {
    for (const listener of this.listeners) listener(id);
  }
}

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
