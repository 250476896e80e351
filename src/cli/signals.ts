import type { Control } from '../train/control.js';
import { onEnding } from '../util/endings.js';

/**
 * Has signals and closed outputs stop a training: the first one after the batch, a second ^C or SIGTERM at once.
 * @param message what the first signal prints; a function tells it then
 * @returns a function that ends it
 */
export function listen(control: Control, message: string | (() => string)): () => void {
  return onEnding((ending) => {
    control.stop(ending);
    const text = typeof message === 'string' ? message : message();
    const asked = ending !== 'pipe' && ending !== 'output';
    if (asked) process.stderr.write(`\n${text}; press ^C again to exit at once\n`);
  });
}
