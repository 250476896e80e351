import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, FrameSource } from './source.js';

/** A frame and the milliseconds that it took to get. */
export interface Timed {
  readonly frame: Frame;
  readonly ms: number;
}

/**
 * Reads a source without a pause, ahead of whoever takes the frames: the newest frame wins, older ones that nobody took
 * are dropped and counted. Files are played at their own speed.
 */
export class NewestFrames {
  readonly #source: FrameSource;
  #newest: Timed | undefined;
  #ended = false;
  #failure: unknown;
  #stopped = false;
  #held = false;
  #wake: () => void = () => undefined;
  #release: () => void = () => undefined;
  /** Frames that nobody took. */
  dropped = 0;

  constructor(source: FrameSource) {
    this.#source = source;
    void this.#read();
  }

  /** The newest frame that was not taken yet, waiting for one if need be; undefined at the end. Throws CameraError. */
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

  /** Holds a file where it is. What is live goes on, and its frames are not counted. */
  hold(on: boolean): void {
    this.#held = on;
    if (!on) this.#release();
  }

  /** Ends, even while a frame is waited for. */
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

  /** Resolves with the milliseconds that it was held. */
  async #released(): Promise<number> {
    const begin = performance.now();
    await new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    return performance.now() - begin;
  }
}
