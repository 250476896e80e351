/**
 * State outside of React, for `useSyncExternalStore`. What a key did is shown at once; what comes from elsewhere is
 * gathered and shown `fps` times a second.
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

  /** What listeners were last told of. */
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

  /** Shows now what has changed. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#shown === this.#state) return;
    this.#last = performance.now();
    this.#shown = this.#state;
    for (const listener of this.#listeners) listener();
  }
}
