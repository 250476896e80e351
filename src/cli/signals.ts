import type { Control } from '../train/control.js';
import { EXIT } from '../util/errors.js';

/**
 * Handles signals: the first one stops after the batch, the second one exits at once. A closed pipe also stops.
 * @param message what the first signal prints
 * @returns a function that ends it
 */
export function listen(control: Control, message: string): () => void {
  const stop = (reason: 'sigint' | 'sigterm', exit: number): void => {
    if (control.stopped !== undefined) process.exit(exit);
    control.stop(reason);
    process.stderr.write(`\n${message}; press ^C again to exit at once\n`);
  };
  const onInterrupt = (): void => stop('sigint', EXIT.interrupted);
  const onTerminate = (): void => stop('sigterm', EXIT.terminated);
  const onPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    control.stop('pipe');
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  process.stdout.on('error', onPipe);
  return () => {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  };
}
