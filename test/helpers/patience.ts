import { vi } from 'vitest';

/**
 * Milliseconds after which a test gives up what does not come, and after which it is stopped itself. Both only end what hangs: on a
 * machine with other work, a test may take thirty times as long as on an idle one. So no test has a limit of its own, except
 * one that takes longer than this.
 */
export const [WAIT_MS, TEST_MS] = [120_000, 900_000];

/** Resolves with what `check` returns, as soon as it no longer throws. For what `expect.poll` cannot say, and under fake timers. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: WAIT_MS, interval: 10 });
