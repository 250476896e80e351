import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../util/atomic_write.js';
import { Hold, holderOf } from '../util/hold.js';

const HOLD = 'worker';

/** A folder for the runs in progress of one worker. Those that killed workers have left are removed when another one starts. */
export class WorkFolder {
  readonly path: string;
  readonly #hold: Hold;

  /** @param parent of the folders of all workers */
  constructor(parent: string) {
    makeFolder(parent);
    for (const name of readdirSync(parent)) {
      const path = join(parent, name);
      if (holderOf(join(path, HOLD)) === undefined) rmSync(path, { recursive: true, force: true });
    }
    this.path = join(parent, `${process.pid}-${Date.now()}`);
    makeFolder(this.path);
    this.#hold = new Hold(join(this.path, HOLD));
  }

  close(): void {
    this.#hold.release();
    rmSync(this.path, { recursive: true, force: true });
  }
}
