import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that holds something in a folder that several processes, perhaps of several machines, use. */
export interface Holder {
  readonly pid: number;
  /** Name of its machine, and on Linux its process-id namespace: where the id means something. */
  readonly host: string;
  /** When it started, in the system's own words; null where the system does not tell. Process ids are used again. */
  readonly started: string | null;
}

/** This process. */
export function thisProcess(): Holder {
  return { pid: process.pid, host: thisHost(), started: startOf(process.pid) };
}

/** Whether a holder still runs; `elsewhere`: on another machine, which only it can tell. */
export function stateOf({ pid, host, started }: Holder): 'running' | 'gone' | 'elsewhere' {
  if (host !== thisHost()) return 'elsewhere';
  return isAlive(pid) && (started === null || startOf(pid) === started) ? 'running' : 'gone';
}

/**
 * Reads what `JSON.stringify` has written of a holder, or the bare process id that version 0.1 wrote; undefined for any
 * other text.
 */
export function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | number | null;
    const {
      pid,
      host = thisHost(),
      started = null,
    } = typeof value === 'number' ? { pid: value } : (value ?? {});
    return typeof pid === 'number' && pid > 0 ? { pid, host, started } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process with this id is running. A zombie is not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return statFields(pid)?.[0] !== 'Z';
}

function thisHost(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Boot of the system, and clock ticks from there to the start of the process. */
function startOf(pid: number): string | null {
  const ticks = statFields(pid)?.[19];
  if (ticks === undefined) return null;
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`;
  } catch {
    return ticks;
  }
}

/** The fields of /proc/PID/stat (proc(5)) from the state on; undefined where there is no such file. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' '); // the name before may contain anything
  } catch {
    return undefined;
  }
}
