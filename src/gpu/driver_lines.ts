import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { isMainThread } from 'node:worker_threads';
import { makeFolder } from '../util/atomic_write.js';
import { cacheFolder } from '../util/cache_folder.js';

/** Standard error, which C++ writes to without asking Node.js. */
const STDERR = 2;

/** What Dawn says where a driver offers more than it uses. It changes nothing for fer-tui, whose kernels use no such buffers. */
const HARMLESS =
  /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced from \d+ to \d+ /;

/** The lines of what a driver has printed that a user should see. */
export const worthReading = (printed: string): string =>
  printed
    .split('\n')
    .filter((line) => line !== '' && !HARMLESS.test(line))
    .map((line) => `${line}\n`)
    .join('');

/** Where the lines that were printed while the last device was looked for are kept. */
export const driverLog = (): string => join(cacheFolder(), 'driver.log');

/**
 * Runs `open`, the synchronous call that finds a device, and keeps the harmless lines that it prints from a terminal, a pipe or a file
 * that is appended to. They go to `driver.log`; all others are printed when the call has returned.
 *
 * Node.js cannot duplicate a descriptor. So 2 is closed and opened again, as a file and then as what it was. On Linux, that gives
 * back the same where writing needs no position: for a terminal, a pipe, and a file of which the end is written (`2>> log`). Other
 * files (`2> log`) keep the lines, and so do sockets, which cannot be opened. And no other thread may open a file between
 * the two calls, because it would get the number 2. So the lines stay where another thread may be at work.
 * @param threads whether a driver may have threads at work, as it has from the first device on
 */
export function withoutHarmlessLines<T>(open: () => T, threads: boolean): T {
  if (threads || !canHide()) return open();
  let given: number;
  const own = join(cacheFolder(), `driver-${process.pid}.log`);
  try {
    makeFolder(cacheFolder());
    closeSync(openSync(own, 'w', 0o600)); // so that it can be opened below
    given = openSync(`/proc/self/fd/${STDERR}`, 'a');
  } catch {
    return open(); // another user's terminal, or no place for the file
  }
  try {
    reopen(own, 'a');
    return open();
  } finally {
    reopen(`/proc/self/fd/${given}`, 'a');
    closeSync(given);
    giveBack(own);
  }
}

/** Whether standard error can be opened again on this system, and nothing else is at work. */
function canHide(): boolean {
  const work = process.getActiveResourcesInfo().filter((name) => name !== 'CloseReq'); // which opens nothing
  const busy = work.some((name) => /Req|Worker|MessagePort/.test(name));
  return process.platform === 'linux' && isMainThread && !busy && (isatty(STDERR) || hasNoPosition());
}

/** Whether standard error is a pipe, or a file that is appended to; not where it is closed. */
function hasNoPosition(): boolean {
  try {
    const stats = fstatSync(STDERR);
    return stats.isFIFO() || (stats.isFile() && isAppended());
  } catch {
    return false;
  }
}

/** Whether all that is written to standard error goes to the end of its file. */
function isAppended(): boolean {
  const [, flags = ''] =
    /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${STDERR}`, 'utf8')) ?? [];
  return (Number.parseInt(flags, 8) & constants.O_APPEND) !== 0;
}

/** Makes descriptor 2 that of another file. A file that cannot be opened gives way to one that takes everything. */
function reopen(path: string, flags: string): void {
  closeSync(STDERR);
  try {
    openSync(path, flags);
  } catch {
    openSync('/dev/null', 'w');
  }
}

/** Prints what was no harmless line, and keeps all. */
function giveBack(own: string): void {
  try {
    const rest = worthReading(readFileSync(own, 'utf8'));
    if (rest !== '') writeSync(STDERR, rest);
    renameSync(own, driverLog());
  } catch {
    // Somebody has removed the file, or closed the terminal. The device is open all the same.
  }
}
