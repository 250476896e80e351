import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { Terminal } from '../../scripts/terminal.mjs';
import { CLI } from './cli.js';

/** `fer-tui ARGS` in a terminal and a folder of its own, between two looks at how the terminal is set; for one test. */
export function openTerminal(args: string, options: ConstructorParameters<typeof Terminal>[2] = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'fer-tui-pty-'));
  const script = `stty -a > before; "${process.execPath}" "${CLI}" ${args}; echo "exit $?"; stty -a > after; sleep 60`;
  const t = new Terminal('bash', ['-c', script], { cwd, ...options });
  onTestFinished(() => t.kill());
  return { cwd, t };
}

/** The program ended; cursor, alternate screen and echo are as they were. */
export async function expectRestored(t: Terminal, cwd: string, code: number): Promise<void> {
  await t.waitFor(`exit ${code}`);
  expect(t.alternate).toBe(false);
  // Equal where it never was hidden.
  expect(t.raw.lastIndexOf('\x1b[?25h')).toBeGreaterThanOrEqual(t.raw.lastIndexOf('\x1b[?25l'));
  await expect.poll(() => existsSync(join(cwd, 'after'))).toBe(true);
  await expect
    .poll(() => readFileSync(join(cwd, 'after'), 'utf8'))
    .toBe(readFileSync(join(cwd, 'before'), 'utf8'));
}
