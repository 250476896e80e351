import { expect, vi } from 'vitest';

/** What a command wrote on stdout and stderr, and its exit code or the error that it threw. */
export interface Written {
  readonly out: string;
  readonly err: string;
  readonly code?: number;
  readonly error?: unknown;
}

/** Keeps what is written to a stream from it, until `restore`. */
function caught(stream: NodeJS.WriteStream): { text(): string; restore(): void } {
  const write = vi.spyOn(stream, 'write').mockReturnValue(true);
  return {
    text: () => write.mock.calls.map(([part]) => String(part)).join(''),
    restore: () => write.mockRestore(),
  };
}

/** What a command prints on stdout. It has to end with exit code 0. */
export async function printed(run: () => Promise<number>): Promise<string> {
  const out = caught(process.stdout);
  try {
    expect(await run()).toBe(0);
    return out.text();
  } finally {
    out.restore();
  }
}

/** All that a command writes, and how it ends. */
export async function written(run: () => Promise<number>): Promise<Written> {
  const [out, err] = [caught(process.stdout), caught(process.stderr)];
  const end = await run().then(
    (code) => ({ code }),
    (error: unknown) => ({ error }),
  );
  const texts = { out: out.text(), err: err.text() };
  out.restore();
  err.restore();
  return { ...texts, ...end };
}
