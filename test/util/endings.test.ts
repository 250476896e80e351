import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const built = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** A program that never stops its work, and holds a lock: what each ending calls it, and how it ends. */
async function busy(
  endings: readonly (readonly [signal: NodeJS.Signals, afterMs: number])[],
): Promise<{ end: number | NodeJS.Signals | null; told: string; locked: boolean }> {
  const lock = join(mkdtempSync(join(tmpdir(), 'fer-tui-busy-')), 'lock');
  const program = `
    import { watchEndings, onEnding } from ${JSON.stringify(built('util/endings.js'))};
    import { Hold } from ${JSON.stringify(built('util/hold.js'))};
    watchEndings();
    new Hold(${JSON.stringify(lock)});
    onEnding((ending) => console.log(ending));
    setTimeout(() => process.exit(0), 2500);
    console.log('begun');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  let told = '';
  child.stdout.on('data', (data: Buffer) => {
    told += data.toString();
  });
  const closed = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code)),
  );
  await expect.poll(() => told).toBe('begun\n');
  for (const [signal, afterMs] of endings) {
    await wait(afterMs);
    child.kill(signal);
  }
  return { end: await closed, told, locked: existsSync(lock) };
}

it('tells the work of the first signal, and dies of a second ^C at once, unlocked', async () => {
  const result = await busy([
    ['SIGTERM', 0],
    ['SIGINT', 600],
  ]);
  expect(result).toEqual({ end: 'SIGINT', told: 'begun\nsigterm\n', locked: false });
});

it('waits for the work when the same wish comes twice, and after any number of hang-ups', async () => {
  const result = await busy([
    ['SIGINT', 0],
    ['SIGINT', 20],
    ['SIGHUP', 600],
    ['SIGHUP', 20],
  ]);
  expect(result).toEqual({ end: 0, told: 'begun\nsigint\n', locked: false });
});
