#!/usr/bin/env node
import { watchEndings } from '../util/endings.js';

/**
 * The `fer-tui` program. The terminal UI without options opens at once; parsing any other command line takes as long as all else
 * until its first frame.
 */
process.env['NODE_ENV'] ??= 'production';
watchEndings();

const { plainStart } = await import('./plain_start.js');
const args = process.stdin.isTTY && process.stdout.isTTY ? plainStart(process.argv.slice(2)) : undefined;
if (args === undefined) await import('./program.js');
else {
  const [{ guarded }, { tui }] = await Promise.all([import('./run_command.js'), import('./commands/tui.js')]);
  await guarded(args, tui);
}
