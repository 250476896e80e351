/**
 * State outside React, for `useSyncExternalStore`. After `set`, listeners are called at most `fps` times a second; `flush` calls
 * them at once, as after a key.
 */
export class Store<T extends object> {
  readonly #listeners = new Set<() => void>();
  readonly #period: number;
  #state: T;
  #shown: T;
  #last = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(initial: T, { fps = 15 }: { fps?: number } = {}) {
    this.#state = initial;
    this.#shown = initial;
    this.#period = 1000 / fps;
  }

  get state(): T {
    return this.#state;
  }

  /** The state at the last call of the listeners. */
  readonly snapshot = (): T => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(change: Partial<T>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#timer !== undefined) return;
    const wait = this.#last + this.#period - performance.now();
    this.#timer = setTimeout(() => this.flush(), Math.max(0, wait));
  }

  /** Calls the listeners now, if the state has changed. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#shown === this.#state) return;
    this.#last = performance.now();
    this.#shown = this.#state;
    for (const listener of this.#listeners) listener();
  }
}
