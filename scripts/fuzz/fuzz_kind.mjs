import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const READER = fileURLToPath(new URL('reader_process.mjs', import.meta.url));
/** What no file may take. */
const [MOST_MS, MOST_BYTES] = [5000, 1e9];
const TICK_MS = 100;

/**
 * Has changed files of a kind read, by one process after another: what ends one of them is found, and the next goes on.
 * @param folder with good files in `seeds`
 * @param limits `inputs`, and `end`, the time at which to end
 * @param keep is called for what is found, once for each reason: kind, path of the file, reason
 * @returns counts of files, of the `ways` in which they made the reader run, and the `slowest` in ms
 */
export async function fuzzKind(kind, folder, seed, limits, keep) {
  const result = { accepted: 0, refused: 0, ways: 0, slowest: 0, found: 0 };
  const reasons = new Set();
  const found = (path, why) => {
    result.found++;
    const reason = why.replace(/\d+|file:\S+/g, '#').slice(0, 200);
    if (!reasons.has(reason)) keep(kind, path, why);
    reasons.add(reason);
  };
  const done = () => result.accepted + result.refused + result.found;
  // A reader that ends its process again and again is known well enough.
  for (let deaths = 0; done() < limits.inputs && Date.now() < limits.end && deaths < 20; deaths++) {
    if (
      await readOn(
        { kind, folder, seed: seed + done(), inputs: limits.inputs - done() },
        limits.end,
        result,
        found,
      )
    )
      break;
  }
  return result;
}

/** Runs one process. @returns whether all was read, or the time is over; otherwise the process has died */
function readOn(task, end, result, found) {
  const child = fork(READER, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const current = join(task.folder, 'current');
  let printed = '';
  child.stderr.on('data', (data) => {
    printed = (printed + data).slice(-2000);
  });
  return new Promise((resolve) => {
    let [finished, why, idle] = [false, undefined, -60_000]; // it may take a minute to start
    const finish = () => {
      finished = true;
      child.kill('SIGKILL');
    };
    const timer = setInterval(() => {
      idle += TICK_MS;
      if (Date.now() > end) finish();
      else if (idle > MOST_MS + 1000) why ??= `takes more than ${MOST_MS / 1000} seconds`;
      else if (memoryOf(child.pid) > 2 * MOST_BYTES) why ??= 'takes more than 1 GB';
      if (why !== undefined) child.kill('SIGKILL');
    }, TICK_MS);
    child.on('message', ({ ready, accepted, ms, peak, finding, ways, last }) => {
      idle = 0;
      if (ready) return;
      if (last) return finish();
      result.ways = Math.max(result.ways, ways);
      result.slowest = Math.max(result.slowest, ms);
      const wrong = finding ?? limitsOf(ms, peak) ?? (printed === '' ? undefined : `prints ${printed}`);
      printed = '';
      if (wrong !== undefined) found(current, wrong);
      else result[accepted ? 'accepted' : 'refused']++;
      child.send('next');
    });
    child.on('close', (code, signal) => {
      clearInterval(timer);
      if (!finished) found(current, why ?? `its process ends with ${signal ?? code}: ${printed}`);
      resolve(finished);
    });
  });
}

/** What is wrong with the time in ms and the bytes of memory that a file took, if anything. */
function limitsOf(ms, peak) {
  if (ms > MOST_MS) return `takes ${ms} ms`;
  return peak > MOST_BYTES ? `takes ${(peak / 1e9).toFixed(1)} GB` : undefined;
}

/** Bytes of memory that a process has, where the system tells. */
function memoryOf(pid) {
  const file = `/proc/${pid}/statm`;
  return existsSync(file) ? 4096 * Number(readFileSync(file, 'utf8').split(' ')[1]) : 0;
}
