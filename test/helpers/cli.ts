import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The built program; `npm test` builds it first. */
export const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliResult {
  /** As a shell tells it: 128 and the number of the signal that ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `fer-tui` without a terminal. `onStart`, `onStdout` and `onStderr` may send signals. */
export function runCli(
  args: readonly string[],
  options: {
    onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
    onStdout?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
    onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
    env?: Record<string, string>;
    cwd?: string;
    node?: string[];
  } = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...(options.node ?? []), CLI, ...args], {
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
      options.onStdout?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
      options.onStderr?.(stderr, (signal) => child.kill(signal));
    });
    child.on('error', reject);
    options.onStart?.((signal) => child.kill(signal));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 128 + constants.signals[signal as NodeJS.Signals], stdout, stderr }),
    );
  });
}
