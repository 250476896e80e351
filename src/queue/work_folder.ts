import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { needFolder } from '../util/atomic_write.js';
import { Hold, holderOf } from '../util/hold.js';
import { namesIn } from '../util/names_in.js';
import { clearTemporary, isTemporary } from '../util/temporary.js';

/** Suffix of the lock file of a folder. The lock file is beside the folder, and is created first. */
const HOLD = '.lock';

/** A folder for the runs in progress of one worker. Folders of killed workers are removed when another worker starts. */
export class WorkFolder {
  readonly path: string;
  readonly #hold: Hold;

  /** @param parent folder that contains the folders of all workers */
  constructor(parent: string) {
    needFolder(parent);
    clearTemporary(parent, 'shared');
    for (const name of namesIn(parent).filter((entry) => !isTemporary(entry))) {
      const folder = name.endsWith(HOLD) ? name.slice(0, -HOLD.length) : name;
      if (holderOf(join(parent, folder + HOLD)) !== undefined) continue;
      rmSync(join(parent, name), { recursive: true, force: true });
    }
    this.path = join(parent, `${process.pid}-${Date.now()}`);
    this.#hold = new Hold(this.path + HOLD);
    needFolder(this.path);
  }

  close(): void {
    rmSync(this.path, { recursive: true, force: true });
    this.#hold.release();
  }
}
