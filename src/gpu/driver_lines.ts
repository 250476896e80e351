import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { isMainThread } from 'node:worker_threads';
import { makeFolder } from '../util/atomic_write.js';
import { cacheFolder } from '../util/cache_folder.js';

/** The descriptor of standard error. Dawn and the drivers (C++) write to it directly, not through Node.js. */
const STDERR = 2;

/** Dawn's warning that it lowers a limit of the driver. The limit is on dynamic buffers, which fer-tui does not use. */
const HARMLESS =
  /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced from \d+ to \d+ /;

/** The lines of Dawn's and a driver's output that a user should see. */
export const worthReading = (printed: string): string =>
  printed
    .split('\n')
    .filter((line) => line !== '' && !HARMLESS.test(line))
    .map((line) => `${line}\n`)
    .join('');

/** Path of the log of all lines that Dawn and the driver printed when a device was last opened. */
const driverLog = (): string => join(cacheFolder(), 'driver.log');

/**
 * Runs `open`, the synchronous call that finds a device, and hides the harmless lines that it prints. All lines go to `driver.log`;
 * those that are not harmless are printed when the call has returned.
 *
 * Node.js cannot duplicate a descriptor. So this closes descriptor 2 and reopens it, first as the log and then as what it was. On
 * Linux, reopening restores a terminal, a pipe, and a file that is appended to (`2>> log`). It would lose the position in other
 * files (`2> log`), and cannot open sockets. If another thread opened a file between the two calls, that file would get the
 * number 2. In all these cases nothing is hidden.
 * @param threads whether a driver may have threads, which is so from the first device on
 */
export function withoutHarmlessLines<T>(open: () => T, threads: boolean): T {
  if (threads || !canHide()) return open();
  let given: number;
  const own = join(cacheFolder(), `driver-${process.pid}.log`);
  try {
    makeFolder(cacheFolder());
    closeSync(openSync(own, 'w', 0o600)); // makes sure that `reopen` can open it
    given = openSync(`/proc/self/fd/${STDERR}`, 'a');
  } catch {
    return open(); // another user's terminal, or the log cannot be written
  }
  try {
    reopen(own, 'a');
    return open();
  } finally {
    reopen(`/proc/self/fd/${given}`, 'a');
    closeSync(given);
    printRest(own);
  }
}

/** Whether standard error can be reopened on this system, and nothing else in this process may open a file meanwhile. */
function canHide(): boolean {
  const work = process.getActiveResourcesInfo().filter((name) => name !== 'CloseReq'); // closing opens no file
  const busy = work.some((name) => /Req|Worker|MessagePort/.test(name));
  return process.platform === 'linux' && isMainThread && !busy && (isatty(STDERR) || hasNoPosition());
}

/** Whether standard error is a pipe, or a file that is appended to. False if it is closed. */
function hasNoPosition(): boolean {
  try {
    const stats = fstatSync(STDERR);
    return stats.isFIFO() || (stats.isFile() && isAppended());
  } catch {
    return false;
  }
}

/** Whether the file of standard error was opened with O_APPEND. */
function isAppended(): boolean {
  const [, flags = ''] =
    /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${STDERR}`, 'utf8')) ?? [];
  return (Number.parseInt(flags, 8) & constants.O_APPEND) !== 0;
}

/** Points descriptor 2 to another file, or to /dev/null if that file cannot be opened. */
function reopen(path: string, flags: string): void {
  closeSync(STDERR);
  try {
    openSync(path, flags);
  } catch {
    openSync('/dev/null', 'w');
  }
}

/** Prints the lines that are not harmless, and keeps all lines in `driver.log`. */
function printRest(own: string): void {
  try {
    const rest = worthReading(readFileSync(own, 'utf8'));
    if (rest !== '') writeSync(STDERR, rest);
    renameSync(own, driverLog());
  } catch {
    // The file was removed, or the terminal closed. The device works all the same.
  }
}
