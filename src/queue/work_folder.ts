import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { needFolder } from '../util/atomic_write.js';
import { Hold, holderOf } from '../util/hold.js';
import { namesIn } from '../util/names_in.js';
import { clearTemporary, isTemporary } from '../util/temporary.js';

/** The ending of the file that holds a folder. It lies beside the folder, and is there before it. */
const HOLD = '.lock';

/** A folder for the runs in progress of one worker. Those that killed workers have left are removed when another one starts. */
export class WorkFolder {
  readonly path: string;
  readonly #hold: Hold;

  /** @param parent of the folders of all workers */
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
