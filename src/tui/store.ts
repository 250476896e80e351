/**
 * State outside of React, for `useSyncExternalStore`. `set` gathers changes and tells listeners at most `fps` times a
 * second; `flush` tells them at once, which is what keys do.
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

  /** The state that listeners were last told of. */
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

  /** Tells listeners now, if anything has changed. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#shown === this.#state) return;
    this.#last = performance.now();
    this.#shown = this.#state;
    for (const listener of this.#listeners) listener();
  }
}
