/** Longer gaps between two frames, in seconds, are considered a mistake in the file. */
const LONGEST_GAP = 3600;

/**
 * The times of a file's frames: those that its container gives, in seconds since the first frame. They never decrease. A frame
 * without a time of its own follows its predecessor at the interval of the frames before it. OpenCV 4 gives none to the last
 * frames of a file with B-frames, and none at all to a raw stream such as `.h264`.
 */
export class FrameClock {
  #step: number;
  /** Where the container's time and ours are known to be the same: the first frame, or the first after a jump. */
  #origin: { readonly ms: number; readonly t: number } | undefined;
  /** Latest time that the container gave, in milliseconds. */
  #ms = 0;
  #last = 0;

  /** @param fps rate of the frames as long as the file gives no times */
  constructor(fps: number) {
    this.#step = 1 / fps;
  }

  /** The time of the next frame. @param ms its time in the container, in milliseconds; 0 if it has none */
  next(ms: number): number {
    if (this.#origin === undefined) {
      this.#origin = { ms, t: 0 };
      this.#ms = ms;
      return 0;
    }
    const known = ms > this.#ms && ms - this.#ms <= LONGEST_GAP * 1000;
    const t = known ? this.#origin.t + (ms - this.#origin.ms) / 1000 : this.#last + this.#step;
    if (known && t > this.#last) this.#step = t - this.#last;
    // The container's time jumps: it counts from here on.
    if (!known && ms > 0 && ms !== this.#ms) this.#origin = { ms, t };
    if (ms > 0) this.#ms = ms;
    this.#last = Math.max(t, this.#last);
    return this.#last;
  }
}
