/** Memory, open files and threads of a process and all that it started, read from Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** @param {number} root its process id */
export function readings(root) {
  const sum = { megabytes: 0, files: 0, threads: 0 };
  for (const pid of [root, ...descendants(root)]) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      sum.megabytes += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
      sum.threads += Number(/Threads:\s+(\d+)/.exec(status)?.[1] ?? 0);
      sum.files += readdirSync(`/proc/${pid}/fd`).length;
    } catch {
      // It ended between the two looks.
    }
  }
  return sum;
}

/** Process ids of children, their children, and so on. */
function descendants(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      // The command's name, which may hold anything, stands in parentheses; the parent's id is the second word behind it.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended between the two looks.
    }
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found.slice(1);
}

/**
 * What grew between the second and the last quarter of the readings, by medians; the first quarter is warm-up.
 * @param {readonly ReturnType<typeof readings>[]} all
 */
export function growth(all) {
  const quarter = Math.floor(all.length / 4);
  return Object.fromEntries(
    ['megabytes', 'files', 'threads'].map((what) => {
      const before = median(all.slice(quarter, 2 * quarter).map((one) => one[what]));
      const after = median(all.slice(-quarter).map((one) => one[what]));
      return [what, { before, after }];
    }),
  );
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
