import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ENDING_EXIT } from '../../src/util/endings.js';
import { EXIT } from '../../src/util/errors.js';

const built = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/**
 * A program that holds a lock, and works until it is told by a message that it is done: what each ending calls it, and how it
 * ends. Each signal comes at a given time of a clock that stands still between them.
 */
async function busy(
  endings: readonly (readonly [signal: NodeJS.Signals, atMs: number])[],
): Promise<{ end: number | NodeJS.Signals | null; told: string; locked: boolean }> {
  const lock = join(mkdtempSync(join(tmpdir(), 'fer-tui-busy-')), 'lock');
  const program = `
    import { watchEndings, onEnding } from ${JSON.stringify(built('util/endings.js'))};
    import { Hold } from ${JSON.stringify(built('util/hold.js'))};
    const times = ${JSON.stringify(endings.map(([, atMs]) => atMs))};
    let now = 0;
    performance.now = () => now;
    const heard = () => {
      now = times.shift();
      process.send('heard');
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, heard);
    watchEndings();
    new Hold(${JSON.stringify(lock)});
    onEnding((ending) => console.log(ending));
    process.on('message', () => process.exit(0));
    process.send('begun');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  });
  let told = '';
  child.stdout?.on('data', (data: Buffer) => {
    told += data.toString();
  });
  const closed = once(child, 'close');
  await once(child, 'message');
  for (const [signal] of endings) {
    const heard = once(child, 'message');
    child.kill(signal);
    await Promise.race([heard, closed]);
  }
  if (child.connected) child.send('done', () => undefined);
  const [code, signal] = await closed;
  return { end: signal ?? code, told, locked: existsSync(lock) };
}

it.each([
  301, 900,
])('tells the work of the first signal, and dies of a ^C %i ms later at once, unlocked', async (ms) => {
  const result = await busy([
    ['SIGTERM', 100],
    ['SIGINT', 100 + ms],
  ]);
  expect(result).toEqual({ end: 'SIGINT', told: 'sigterm\n', locked: false });
});

it('waits for the work when the same request comes twice, and after any number of hang-ups', async () => {
  const result = await busy([
    ['SIGINT', 0],
    ['SIGINT', 300],
    ['SIGHUP', 600],
    ['SIGHUP', 620],
  ]);
  expect(result).toEqual({ end: 0, told: 'sigint\n', locked: false });
});

it('a program that was ended exits as its ending has it', () => {
  expect(ENDING_EXIT).toEqual({ sigint: 130, sigterm: 143, sighup: 129, pipe: 129, output: EXIT.run });
});
