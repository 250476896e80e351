import { spawn } from 'node:child_process';
import type { Interface } from 'node:readline/promises';
import { say } from './accessible_lines.js';

/** Commands of fer-tui out of the accessible mode: whatever a screen can do has one, and their lines are read as any others. */

/** The program that runs. */
const CLI = process.argv[1] ?? '';

let running = false;

/** Whether a command has the terminal: ^C is for it then. */
export const commandRuns = (): boolean => running;

/** A line as words; a word with blanks stands between quotation marks. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

/** Asks for a command line, and runs it. */
export async function anyCommand(lines: Interface): Promise<void> {
  say(
    'for example: runs compare r1 r2, summary fer-cnn, learn --stage forward, inspect fer-cnn; --help lists all',
  );
  const words = wordsOf(await lines.question('fer-tui ')).filter((word, i) => i > 0 || word !== 'fer-tui');
  if (words.length > 0) await runCommand(lines, words);
}

/** Asks for a source, and says what the camera sees. */
export async function camera(lines: Interface): Promise<void> {
  const source = (await lines.question('camera, file or stream; demo for drawn faces [0]: ')).trim() || '0';
  say('a line for each picture; ^C ends it');
  await runCommand(lines, ['webcam', '--headless', '--source', source]);
}

/** Runs a command in this terminal, until it ends. It prints lines, as this mode does, and repaints nothing. */
async function runCommand(lines: Interface, words: readonly string[]): Promise<void> {
  const raw = process.stdin.isTTY && process.stdin.isRaw;
  lines.pause();
  if (raw) process.stdin.setRawMode(false);
  running = true;
  const env = { ...process.env, TERM: 'dumb', ACCESSIBLE: '1' };
  await new Promise<void>((resolve) => {
    const child = spawn(process.execPath, [CLI, ...words], { stdio: 'inherit', env });
    child.once('error', (error) => {
      say(error.message);
      resolve();
    });
    child.once('exit', (code, signal) => {
      if (code !== 0) say(signal === null ? `it ended with exit code ${code}` : `it ended by ${signal}`);
      resolve();
    });
  });
  running = false;
  if (raw) process.stdin.setRawMode(true);
  lines.resume();
}
