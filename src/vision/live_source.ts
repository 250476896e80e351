import { setTimeout as sleep } from 'node:timers/promises';
import { counted } from '../util/counted.js';
import { CameraError } from '../util/errors.js';
import type { Frame, FrameSource, SourceInfo } from './source.js';

/** Pause before the first reconnection, in milliseconds. It doubles with every further attempt, up to the second number. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 8000];

export interface Reconnection {
  /** Attempts in a row to reconnect before the source counts as gone; 0: none. */
  readonly tries: number;
  /** Opens the source again. Throws CameraError. */
  readonly open: () => Promise<FrameSource>;
  /** Called with messages for the user. */
  readonly tell: (text: string) => Promise<void>;
}

/**
 * A camera or stream that is connected again when it goes away or stalls. Numbers and times of the frames go on. The number of
 * tries counts from the last frame: a source that keeps coming back is never given up.
 */
export class LiveSource implements FrameSource {
  readonly #again: Reconnection;
  readonly #began = performance.now();
  #source: FrameSource;
  #index = 0;
  #closed = false;

  /** @param source the source, open */
  constructor(source: FrameSource, again: Reconnection) {
    this.#source = source;
    this.#again = again;
  }

  get info(): SourceInfo {
    return this.#source.info;
  }

  /** Reads the next frame, of a new connection if need be; undefined only when closed. Throws CameraError when that fails. */
  async read(): Promise<Frame | undefined> {
    let reason: CameraError | undefined;
    for (let tried = 0; !this.#closed; tried++) {
      try {
        if (reason !== undefined) await this.#reconnect(reason, tried);
        const frame = await this.#source.read();
        if (reason !== undefined) await this.#again.tell(`${this.info.name}: connected again`);
        return frame && { ...frame, index: this.#index++, t: (performance.now() - this.#began) / 1000 };
      } catch (error) {
        if (!(error instanceof CameraError) || tried >= this.#again.tries) throw this.#givenUp(error, reason);
        reason = error;
      }
    }
    return undefined;
  }

  async #reconnect({ message }: CameraError, tried: number): Promise<void> {
    const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tried - 1));
    const { tries, tell, open } = this.#again;
    // The reason comes last: the screen cuts off what is too long.
    await tell(`connecting again in ${ms / 1000} s (${tried} of ${tries}): ${message}`);
    await sleep(ms);
    if (this.#closed) return;
    this.#source.close();
    this.#source = await open();
  }

  /** The last error, with the number of attempts to reconnect. */
  #givenUp(error: unknown, earlier: CameraError | undefined): unknown {
    const { tries } = this.#again;
    if (!(error instanceof CameraError)) return error;
    if (earlier === undefined)
      return new CameraError(`${error.message}; it was not connected again (--reconnect 0)`);
    const count = counted(tries, 'new connection');
    return new CameraError(`${error.message}; gave up after ${count} (--reconnect ${tries})`);
  }

  close(): void {
    this.#closed = true;
    this.#source.close();
  }
}
