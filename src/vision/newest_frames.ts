import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, FrameSource } from './source.js';

/** A frame, and the milliseconds that reading it took. */
export interface Timed {
  readonly frame: Frame;
  readonly ms: number;
}

/**
 * Reads a source continuously and keeps only the newest frame. Frames that the classifier had no time for are dropped and
 * counted. Files are played at their own speed.
 */
export class NewestFrames {
  readonly #source: FrameSource;
  readonly #every: number;
  #newest: Timed | undefined;
  #ended = false;
  #failure: unknown;
  #stopped = false;
  #held = false;
  #wake: () => void = () => undefined;
  #release: () => void = () => undefined;
  /** Number of dropped frames. */
  dropped = 0;

  /** @param every only frames whose number is a multiple of this are kept; the others do not count as dropped */
  constructor(source: FrameSource, every = 1) {
    this.#source = source;
    this.#every = every;
    void this.#read();
  }

  /** Takes the newest frame, waiting for one if necessary; undefined at the end. Throws CameraError. */
  async take(): Promise<Timed | undefined> {
    while (this.#newest === undefined) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#newest;
    this.#newest = undefined;
    return taken;
  }

  /** Pauses a file. A live source continues, but its dropped frames are not counted. */
  hold(on: boolean): void {
    this.#held = on;
    if (!on) this.#release();
  }

  /** Stops reading. A pending `take` resolves. */
  stop(): void {
    this.#stopped = true;
    this.#ended = true;
    this.#release();
    this.#wake();
  }

  async #read(): Promise<void> {
    const { live } = this.#source.info;
    let start = performance.now();
    try {
      while (!this.#stopped) {
        if (this.#held && !live) start += await this.#released();
        const begin = performance.now();
        const frame = await this.#source.read();
        if (frame === undefined) break;
        if (frame.index % this.#every !== 0) continue;
        const ms = performance.now() - begin;
        const wait = live ? 0 : start + frame.t * 1000 - performance.now();
        if (wait > 0) await sleep(wait);
        if (this.#newest !== undefined && !this.#held) this.dropped++;
        this.#newest = { frame, ms };
        this.#wake();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#ended = true;
    this.#wake();
  }

  /** Waits until the pause ends. Returns its length in milliseconds. */
  async #released(): Promise<number> {
    const begin = performance.now();
    await new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    return performance.now() - begin;
  }
}
