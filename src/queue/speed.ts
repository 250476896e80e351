import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXIT, FerError } from '../util/errors.js';

/** An adapter and how fast it is. */
export interface Speed {
  readonly adapter: string;
  /** Pure multiply-adds, in GFLOP/s. */
  readonly gflops: number;
}

/** The message of the measuring process. */
export type SpeedMessage =
  | { readonly speed: Speed }
  | { readonly error: { readonly message: string; readonly exit: number } };

/**
 * Measures an adapter, in a separate process, because the main process of a worker must survive a crash of the driver.
 * @param adapter part of its name; default: the one that training would choose Throws FerError like `openGpu`.
 */
export function measureSpeed(adapter: string | undefined): Promise<Speed> {
  const entry = fileURLToPath(new URL('./speed_process.js', import.meta.url));
  const child = fork(entry, adapter === undefined ? [] : [adapter], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message: SpeedMessage) => {
      if ('speed' in message) resolve(message.speed);
      else reject(new FerError(message.error.message, message.error.exit));
    });
    child.on('exit', (code, signal) => {
      reject(new FerError(`the adapter could not be measured (${signal ?? `exit ${code}`})`, EXIT.device));
    });
  });
}
