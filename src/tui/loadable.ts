import { wrapped } from './text.js';
import type { Theme } from './theme.js';

/** A value that takes time to load. Every screen shows its four states in the same words. */
export type Loadable<T> =
  | { readonly status: 'empty' }
  | {
      readonly status: 'loading';
      readonly text: string;
      /** Milliseconds of `Date.now`. */
      readonly since: number;
      readonly done?: number;
      readonly total?: number;
    }
  | { readonly status: 'ready'; readonly value: T }
  | { readonly status: 'failed'; readonly message: string };

export const EMPTY = { status: 'empty' } as const;

export function ready<T>(value: T): Loadable<T> {
  return { status: 'ready', value };
}

/**
 * The lines to show while there is no value: what is missing and the key that fixes it, what is loading and for how
 * long, or what went wrong.
 */
export function waitingLines(
  loadable: Exclude<Loadable<unknown>, { status: 'ready' }>,
  { empty, theme, cols, now }: { empty: string; theme: Theme; cols: number; now: number },
): string[] {
  switch (loadable.status) {
    case 'empty':
      return wrapped(empty, cols);
    case 'loading': {
      const { text, since, done, total } = loadable;
      const share = done === undefined || !total ? '' : ` ${Math.round((100 * done) / total)} %`;
      return wrapped(`${text}${share} · ${(Math.max(0, now - since) / 1000).toFixed(0)} s`, cols);
    }
    case 'failed':
      return wrapped(`✗ ${loadable.message}`, cols).map(theme.bad);
  }
}
