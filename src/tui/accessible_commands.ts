import { spawn } from 'node:child_process';
import type { Interface } from 'node:readline/promises';
import { say } from './accessible_lines.js';

/**
 * Runs other commands of fer-tui from the accessible mode. Every action of a screen has a command, and commands print plain
 * lines.
 */

/** The program that runs. */
const CLI = process.argv[1] ?? '';

let running = false;

/** Whether a command is running, which then handles ^C itself. */
export const commandRuns = (): boolean => running;

/** Splits a line into words. Quotation marks enclose a word that contains blanks. */
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

/** Asks for a camera or another source, and prints the predictions for each frame. */
export async function camera(lines: Interface): Promise<void> {
  const source = (await lines.question('camera, file or stream; demo for drawn faces [0]: ')).trim() || '0';
  say('prints a line for each frame; ^C stops');
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
      if (code !== 0)
        say(
          signal === null ? `the command ended with exit code ${code}` : `the command was ended by ${signal}`,
        );
      resolve();
    });
  });
  running = false;
  if (raw) process.stdin.setRawMode(true);
  lines.resume();
}
