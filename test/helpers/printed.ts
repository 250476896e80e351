import { expect, vi } from 'vitest';

/** What a command prints on stdout. It has to end with exit code 0. */
export async function printed(run: () => Promise<number>): Promise<string> {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    expect(await run()).toBe(0);
    return out.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    out.mockRestore();
  }
}
