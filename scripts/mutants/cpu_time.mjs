/** The CPU time of a process and of all that it started: unlike what a clock says, it does not depend on other work. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Processes that use no more than this in many seconds wait, unless one of them could run, and a busy machine does not let it. */
const WAITING_MS = 300;

export class CpuTime {
  #group;
  #first;
  #busy;

  /** Milliseconds used since the start, as of the last look. */
  used = 0;

  /** @param group a process that leads a group, which what it starts belongs to */
  constructor(group) {
    this.#group = group;
    this.#first = this.#look().ms;
    this.#busy = { used: 0, at: performance.now() };
  }

  /** Looks again. */
  read() {
    const { ms, ready } = this.#look();
    this.used = Math.max(this.used, ms - this.#first);
    if (ready || this.used - this.#busy.used > WAITING_MS)
      this.#busy = { used: this.used, at: performance.now() };
  }

  /** Milliseconds used by the group, and whether one of its processes runs or is ready to. */
  #look() {
    const all = process.platform === 'linux' ? fromProc() : fromPs();
    const own = all.filter(({ pgid }) => pgid === this.#group);
    return { ms: own.reduce((sum, { ms }) => sum + ms, 0), ready: own.some(({ ready }) => ready) };
  }

  /** Milliseconds since the group last used more than waiting takes, or was ready to run. */
  get quiet() {
    return performance.now() - this.#busy.at;
  }
}

/** All processes, of Linux: in hundredths of a second, with that of children that ended. `ready`: it runs, or could. */
export function fromProc() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const [, rest] = statOf(pid).split(/\) (?=[^)]*$)/); // behind the name, which may hold anything
      if (rest === undefined) return [];
      const fields = rest.split(' ').map(Number);
      const ticks = fields.slice(11, 15).reduce((sum, one) => sum + one);
      return [{ pid: Number(pid), pgid: fields[2], ms: ticks * 10, ready: rest.startsWith('R') }];
    });
}

function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
}

/** All processes, of other systems, whose `ps` writes `[days-]hours:minutes:seconds`, or `minutes:seconds.hundredths`. */
export function fromPs() {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,state=,time='], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [pid, pgid, state, time] = line.trim().split(/\s+/);
    const [seconds, minutes, hours = 0, days = 0] = time.split(/[-:]/).reverse().map(Number);
    const ms = Math.round(1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days))));
    return { pid: Number(pid), pgid: Number(pgid), ms, ready: state.startsWith('R') };
  });
}
