import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeError } from '../util/atomic_write.js';
import { isSystemError, RunError } from '../util/errors.js';
import { isMapping } from '../util/foreign.js';
import { holderText } from '../util/hold.js';
import { thisProcess } from '../util/processes.js';
import { systemReason } from '../util/system_reason.js';
import { holderOfRun } from './run_folder.js';
import { HARMLESS, type Steering, steeringOf } from './steering.js';

/** The file in the folder of a run. */
const NAME = 'commands.ndjson';
/** Time between two looks at the file. */
const POLL_MS = 250;
/** A command is a line far shorter than this. */
const MOST = 1 << 16;

const fileOf = (run: string): string => join(run, NAME);

/** The first line: whom the commands are for. */
interface Address {
  /** Every command repeats it, so that none is carried out by a later session. */
  readonly to: string;
  readonly pid: number;
  readonly started: string | null;
  /** Which commands are taken. */
  readonly takes: 'all' | 'harmless';
}

/**
 * The commands that other processes send to a training, in a file of its folder. The process that trains creates the file
 * and reads it; others append lines. It carries the commands out one after the other, in the order of the lines, and remains
 * the only process that writes the run. Only the user who trains can append commands (mode 0600).
 */
export class CommandFile {
  readonly #file: number;
  readonly #path: string;
  readonly #to = randomUUID();
  readonly #timer: NodeJS.Timeout;
  /** Bytes that were read. */
  #at: number;

  /**
   * @param run the folder of a run that this process holds
   * @param take is called with each command
   * @param takes which commands are taken; others are refused where they are given
   * Throws WriteError.
   */
  constructor(
    run: string,
    private readonly take: (command: Steering) => void,
    private readonly takes: Address['takes'] = 'all',
  ) {
    this.#path = fileOf(run);
    try {
      // A file left by a crash is replaced, and a link that somebody put there is not followed.
      rmSync(this.#path, { force: true });
      this.#file = openSync(this.#path, 'wx+', 0o600);
      const { pid, started } = thisProcess();
      const address: Address = { to: this.#to, pid, started, takes };
      this.#at = writeSync(this.#file, `${JSON.stringify(address)}\n`);
    } catch (cause) {
      throw writeError(this.#path, cause);
    }
    // The timer also keeps the process of a paused, detached training alive.
    this.#timer = setInterval(() => this.#read(), POLL_MS);
  }

  /** Stops taking commands, and removes the file. */
  close(): void {
    clearInterval(this.#timer);
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }

  #read(): void {
    const length = Math.min(MOST, fstatSync(this.#file).size - this.#at);
    if (length <= 0) return;
    const bytes = Buffer.alloc(length);
    const text = bytes.subarray(0, readSync(this.#file, bytes, 0, length, this.#at));
    const end = text.lastIndexOf(10) + 1;
    this.#at += end === 0 && length === MOST ? length : end; // a line without an end is no command
    for (const line of text.subarray(0, end).toString('utf8').split('\n')) {
      const command = this.#commandOf(line);
      if (command !== undefined) this.take(command);
    }
  }

  #commandOf(line: string): Steering | undefined {
    const value = parsed(line);
    const command = isMapping(value) && value['to'] === this.#to ? steeringOf(value['command']) : undefined;
    return command !== undefined && isTaken(this.takes, command) ? command : undefined;
  }
}

const isTaken = (takes: Address['takes'] | undefined, { type }: Steering): boolean =>
  takes !== 'harmless' || HARMLESS.includes(type);

/**
 * Gives a command to the process that trains a run. It follows within a second, and its log says what it did. Throws RunError
 * when no process trains there, or it takes no commands.
 * @param run the folder of the run
 */
export function giveCommand(run: string, command: Steering): void {
  const holder = holderOfRun(run);
  if (holder === undefined) throw new RunError(`${run}: no process trains there any more`);
  const refused = `no commands are taken: ${holderText(holder)}, which trains ${run},`;
  const unready = (): RunError => new RunError(`${refused} is still loading, or is of an earlier version`);
  let file: number;
  try {
    file = openSync(fileOf(run), constants.O_RDWR | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0));
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    if (cause.code === 'ENOENT') throw unready();
    throw new RunError(`${refused} cannot be told: ${systemReason(cause)}`, { cause });
  }
  try {
    const bytes = Buffer.alloc(512);
    const [first = ''] = bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0)).split('\n');
    const address = parsed(first) as Partial<Address> | undefined;
    // A file that a crashed process has left is nobody's.
    if (address?.pid !== holder.pid || address.started !== holder.started) throw unready();
    if (!isTaken(address.takes, command))
      throw new RunError(
        `${run}: a trial of a search or cross-validation can be paused and saved, but not changed or stopped: it is compared with the others. To stop them all, press ^C where they run; fer-tui search or cv with --resume goes on`,
      );
    writeSync(file, `${JSON.stringify({ to: address.to, command })}\n`);
  } catch (cause) {
    throw isSystemError(cause) ? writeError(fileOf(run), cause) : cause;
  } finally {
    closeSync(file);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
