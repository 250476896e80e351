import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isSystemError } from '../util/errors.js';
import { requireFile } from '../util/read_whole.js';
import { parseEvent } from './event_log.js';
import type { TrainEvent } from './events.js';

/** Bytes read at once; what a log grows by in a second is far less. */
const MOST = 1 << 24;

/** Follows a log that another process writes: each `read` returns the events that have been added. */
export class LogTail {
  /** Bytes of the complete lines that were read. */
  #at = 0;

  constructor(readonly path: string) {}

  /**
   * The events of the lines that are complete now and were not at the last call. Lines that are no events are left out; a log
   * that cannot be read at the moment has grown by nothing.
   */
  read(): TrainEvent[] {
    const text = this.#grown();
    const end = text.lastIndexOf(10) + 1;
    this.#at += end;
    const lines = text.subarray(0, end).toString('utf8').split('\n');
    return lines.flatMap((line) => (line === '' ? [] : (parseEvent(line) ?? [])));
  }

  #grown(): Buffer {
    let file: number | undefined;
    try {
      requireFile(this.path);
      file = openSync(this.path, 'r');
      const length = Math.max(0, Math.min(MOST, fstatSync(file).size - this.#at));
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, this.#at));
    } catch (error) {
      if (isSystemError(error)) return Buffer.alloc(0);
      throw error;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}
