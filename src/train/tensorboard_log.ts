import { closeSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { encodeFileVersion, encodeScalars } from '../formats/tensorboard.js';
import { makeFolder, writeError } from '../util/atomic_write.js';
import type { TrainEvent } from './events.js';

/** Writes the curves of a run as an event file for TensorBoard. A resumed run starts a new file, as TensorBoard expects. */
export class TensorboardLog {
  readonly #file: number;
  readonly #now: () => number;

  /**
   * @param folder created if it does not exist @param now seconds since 1970
   * Throws RunError.
   */
  constructor(
    private readonly folder: string,
    now: () => number = () => Date.now() / 1000,
  ) {
    this.#now = now;
    const name = `events.out.tfevents.${Math.floor(now())}.${hostname()}.${process.pid}`;
    try {
      makeFolder(folder);
      this.#file = openSync(join(folder, name), 'a');
    } catch (cause) {
      throw writeError(folder, cause);
    }
    this.#write(encodeFileVersion(now()));
  }

  /** Writes the numbers of step and epoch events. Throws RunError. */
  log(event: TrainEvent): void {
    if (event.type === 'step') {
      const { step, loss, acc, lr } = event;
      this.#scalars(step, { 'step/loss': loss, 'step/accuracy': acc, 'step/learning_rate': lr });
    } else if (event.type === 'epoch') {
      const { epoch, train, val } = event;
      this.#scalars(epoch, {
        ...{ 'epoch/loss': train.loss, 'epoch/accuracy': train.acc },
        ...(val && { 'epoch/val_loss': val.loss, 'epoch/val_accuracy': val.acc }),
      });
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.#write(encodeScalars({ wallTime: this.#now(), step, values }));
  }

  #write(record: Uint8Array): void {
    try {
      writeSync(this.#file, record);
    } catch (cause) {
      throw writeError(this.folder, cause);
    }
  }
}
