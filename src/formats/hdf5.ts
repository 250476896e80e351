import { Worker } from 'node:worker_threads';
import { RunError } from '../util/errors.js';
import { mostUnpacked } from '../util/unpacking.js';

/** Reads HDF5, with the HDF5 library compiled to WebAssembly (h5wasm), as far as Keras's formats need it. */

/** The value of an attribute. */
export type H5Value = string | readonly string[] | Float32Array;

/** An array in a file. */
export interface H5Dataset {
  readonly shape: readonly number[];
  /** The data type, as numpy writes it: `<f` for floats of 32 bits. */
  readonly kind: string;
  /** Its numbers; undefined where they are of a type that is not read. */
  readonly data: Float32Array | undefined;
}

/** A folder in a file. */
export interface H5Group {
  readonly attributes: ReadonlyMap<string, H5Value>;
  readonly members: ReadonlyMap<string, H5Group | H5Dataset>;
}

/** What the worker thread gets. */
export interface ReaderTask {
  readonly bytes: Uint8Array;
  /** Names in the root that are left out. */
  readonly skip: readonly string[];
  /** Bytes of numbers and texts that are read at most. */
  readonly most: number;
}

/** What it sends: first that the library is loaded. */
export type ReaderMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'read'; readonly root: H5Group }
  | { readonly type: 'failed'; readonly why: string };

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** Whether a file is in the HDF5 format. */
export function isH5(bytes: Uint8Array): boolean {
  return SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));
}

/** What an optimiser remembers, in the full models of Keras 2: twice as many numbers as the weights. */
const SKIPPED = ['optimizer_weights'];

/** The built file: Node.js cannot start a thread from TypeScript. */
const READER = new URL('../../dist/formats/hdf5_worker.js', import.meta.url);

/** Seconds to read a file, once the library is loaded. A good one of 10 MB takes a tenth of one. */
const patienceFor = (bytes: number): number => 4 + Math.ceil(bytes / 20e6);
const TICK_MS = 50;

/**
 * Reads a whole file. The HDF5 library trusts what a file says: a changed byte can make it run for ever, print, or remember
 * wrong things about the next file. So it gets a thread of its own for each file, which ends with it.
 * @param source name of the file, for messages
 * @param patience seconds to read it, without the time to load the library
 * Throws RunError where it is damaged, or takes too long.
 */
export async function readH5Tree(
  bytes: Uint8Array,
  source: string,
  patience = patienceFor(bytes.length),
): Promise<H5Group> {
  const task: ReaderTask = { bytes, skip: SKIPPED, most: mostUnpacked(bytes.length) };
  const worker = new Worker(READER, {
    workerData: task,
    ...{ stdout: true, stderr: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 1024 } },
  });
  worker.stdout.resume(); // what it prints is thrown away
  worker.stderr.resume();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<H5Group>((resolve, reject) => {
      const fail = (why: string, cause?: unknown): void => {
        const what =
          timer === undefined
            ? `the reader of HDF5 files cannot start (${why}); does "ulimit -v" allow it less than 16 GB of addresses?`
            : `it cannot be read as an HDF5 file (${why}); it may be damaged or incomplete`;
        reject(new RunError(`${source}: ${what}`, { cause }));
      };
      worker.on('message', (message: ReaderMessage) => {
        if (message.type === 'read') resolve(message.root);
        else if (message.type === 'failed') fail(message.why);
        else timer = afterTicks(patience, () => fail(`reading it takes more than ${patience} seconds`));
      });
      worker.on('error', (error) => fail(error.message, error));
      worker.on('exit', (code) => fail(`its thread ended with ${code}`));
    });
  } finally {
    clearInterval(timer);
    await worker.terminate();
  }
}

/** Runs an action after so many seconds of this process: not of those in which it was stopped, or too busy to hear of a result. */
function afterTicks(seconds: number, action: () => void): NodeJS.Timeout {
  let left = (seconds * 1000) / TICK_MS;
  return setInterval(() => {
    if (--left <= 0) action();
  }, TICK_MS);
}

const isGroup = (found: H5Group | H5Dataset | undefined): found is H5Group =>
  found !== undefined && 'members' in found;

/** What is at a path in a group; undefined if there is nothing. */
export function at(group: H5Group, path: string): H5Group | H5Dataset | undefined {
  let here: H5Group | H5Dataset | undefined = group;
  for (const part of path.split('/')) here = isGroup(here) ? here.members.get(part) : undefined;
  return here;
}

export function groupAt(group: H5Group, path: string): H5Group | undefined {
  const found = at(group, path);
  return isGroup(found) ? found : undefined;
}

/** The dataset at a path in a group; undefined if there is none. */
export function numbersAt(group: H5Group, path: string): H5Dataset | undefined {
  const found = at(group, path);
  return isGroup(found) ? undefined : found;
}

/** Reads a list of texts from the attribute `name`, or from `name0`, `name1`, ... An empty list is stored as no numbers. */
export function textsOf({ attributes }: H5Group, name: string): string[] {
  const list = (value: H5Value): readonly string[] => {
    if (typeof value === 'string') return [value];
    return value instanceof Float32Array ? [] : value;
  };
  const whole = attributes.get(name);
  if (whole !== undefined) return [...list(whole)];
  const pieces: string[] = [];
  for (let i = 0; ; i++) {
    const piece = attributes.get(`${name}${i}`);
    if (piece === undefined) return pieces;
    pieces.push(...list(piece));
  }
}
