import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CliResult } from './cli.js';

const PROGRAM = new URL('../../dist/cli/program.js', import.meta.url).href;
const SCRIPT = fileURLToPath(new URL('together.mjs', import.meta.url));

/**
 * How command lines of `fer-tui` end, all run one after another by one process, at the first question. For lines that are refused
 * at once: starting the program takes longer than their work.
 */
export function runTogether(
  lines: readonly (readonly string[])[],
  cwd = '.',
): (line: readonly string[]) => Promise<CliResult> {
  let results: Promise<CliResult[]> | undefined;
  const all = async (): Promise<CliResult[]> => {
    const words = [SCRIPT, PROGRAM, JSON.stringify(lines)];
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd, maxBuffer: 1 << 24 });
    return JSON.parse(stdout);
  };
  return async (line) => {
    results ??= all();
    const result = (await results)[lines.findIndex((one) => one.join('\0') === line.join('\0'))];
    if (result === undefined)
      throw new RangeError(`fer-tui ${line.join(' ')} was not among the lines to run`);
    return result;
  };
}
