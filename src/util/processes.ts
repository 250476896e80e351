import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that holds something in a folder that several processes, perhaps of several machines, use. */
export interface Holder {
  readonly pid: number;
  /** Name of its machine, and on Linux its process-id namespace: where the id means something. */
  readonly host: string;
  /**
   * When it started, in the system's own words, on Linux after the id of the boot; null where the system does not tell.
   * Process ids are used again.
   */
  readonly started: string | null;
  /** Whether it has locked the file that names it; only where it holds one. */
  readonly flock?: boolean;
}

let own: Holder | undefined;

/** This process. */
export function thisProcess(): Holder {
  own ??= processOf(process.pid);
  return own;
}

/** A process of this machine; its start is null also where there is none with this id. */
export const processOf = (pid: number): Holder => ({ pid, host: thisHost(), started: startOf(pid) });

/**
 * Whether a holder still runs; `elsewhere`: in another container, on another machine, or on this one before it was started
 * again, which machines of one name cannot tell apart.
 */
export function stateOf({ pid, host, started }: Holder): 'running' | 'gone' | 'elsewhere' {
  const boot = bootOf(started ?? '') ?? thisBoot();
  if (host !== thisHost() || boot !== thisBoot()) return 'elsewhere';
  return isAlive(pid) && (started === null || startOf(pid) === started) ? 'running' : 'gone';
}

/** Names where the id of a process means something: its machine, container and boot. */
export const placeOf = ({ host, started }: Holder): string => `${host} ${bootOf(started ?? '') ?? ''}`;

/** Whether a holder shares the kernel with this process, if perhaps from another container. */
export function sharesKernel({ started }: Holder): boolean {
  const boot = bootOf(started ?? '');
  return boot !== undefined && boot === thisBoot();
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
      flock = false,
    } = typeof value === 'number' ? { pid: value } : (value ?? {});
    return typeof pid === 'number' && pid > 0 ? { pid, host, started, flock } : undefined;
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

/** When a process started; null where the system does not tell. */
function startOf(pid: number): string | null {
  const ticks = statFields(pid)?.[19];
  if (ticks !== undefined) return [thisBoot(), ticks].join(' ').trim();
  if (process.platform === 'linux' || process.platform === 'win32') return null;
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || null;
}

/** The id of a boot that Linux writes before a start. */
const bootOf = (started: string): string | undefined => /^[\da-f-]{36}(?= )/.exec(started)?.[0];

/** Names this boot of the kernel, in all of its containers; undefined where the system has no name for it. */
function thisBoot(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
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
