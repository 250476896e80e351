import { Worker } from 'node:worker_threads';
import { RunError } from '../util/errors.js';
import { mostUnpacked } from '../util/unpacking.js';
import { readPlainH5 } from './hdf5_plain.js';
import type { H5Group, ReadLimits } from './hdf5_tree.js';

/**
 * Reads the part of HDF5 that Keras's formats need. Files in the usual form are read by `hdf5_plain.ts`, all others by the HDF5
 * library compiled to WebAssembly (h5wasm).
 */

/** The message to the worker thread. */
export interface ReaderTask extends ReadLimits {
  readonly bytes: Uint8Array;
}

/** Messages from it. The first says that the library is loaded. */
export type ReaderMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'read'; readonly root: H5Group }
  | { readonly type: 'failed'; readonly why: string };

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** Whether a file is in the HDF5 format. */
export function isH5(bytes: Uint8Array): boolean {
  return SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));
}

/** Groups that are not read: the optimiser state in full models of Keras 2, which is twice as large as the weights. */
const SKIPPED = ['optimizer_weights'];

/** The compiled file, because Node.js cannot start a thread from TypeScript. */
const READER = new URL('../../dist/formats/hdf5_worker.js', import.meta.url);

/** Time limit to read a file, in seconds, once the library is loaded. An intact file of 10 MB takes 0.1 s. */
const patienceFor = (bytes: number): number => 4 + Math.ceil(bytes / 20e6);
const TICK_MS = 50;

/**
 * Reads a whole file. Throws RunError if the file is damaged or takes too long.
 * @param source name of the file, for messages
 * @param patience time limit in seconds for the library, without the time to load it
 */
export async function readH5Tree(
  bytes: Uint8Array,
  source: string,
  patience = patienceFor(bytes.length),
): Promise<H5Group> {
  const limits: ReadLimits = { skip: SKIPPED, most: mostUnpacked(bytes.length) };
  return readPlainH5(bytes, limits) ?? readWithLibrary({ bytes, ...limits }, source, patience);
}

/**
 * Reads a file of any form. The HDF5 library trusts the content of a file: a changed byte can make it run forever, print, or
 * misread the next file. So each file is read in a new thread, which is then ended. Throws RunError.
 */
export async function readWithLibrary(task: ReaderTask, source: string, patience: number): Promise<H5Group> {
  const worker = new Worker(READER, {
    workerData: task,
    ...{ stdout: true, stderr: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 1024 } },
  });
  worker.stdout.resume(); // its output is discarded
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

/**
 * Runs an action after some seconds in which this process was responsive. Time in which it was stopped, or too busy to receive a
 * result, does not count.
 */
function afterTicks(seconds: number, action: () => void): NodeJS.Timeout {
  let left = (seconds * 1000) / TICK_MS;
  return setInterval(() => {
    if (--left <= 0) action();
  }, TICK_MS);
}
