import type { Control } from '../train/control.js';
import { onEnding } from '../util/endings.js';

/**
 * Has signals and closed outputs stop a training: the first one after the batch, a second ^C or SIGTERM at once.
 * @param message what the first signal prints
 * @returns a function that ends it
 */
export function listen(control: Control, message: string): () => void {
  return onEnding((ending) => {
    control.stop(ending);
    if (ending !== 'pipe') process.stderr.write(`\n${message}; press ^C again to exit at once\n`);
  });
}
