import { type Box, iou } from './geometry.js';

/** Boxes of two frames are the same face if their intersection over union is at least this. */
const SAME = 0.3;
/** Seconds for which a lost face is remembered. */
const MEMORY = 1;

interface Track {
  readonly id: number;
  box: Box;
  /** Time of the last detection, in seconds. */
  seen: number;
  /** Time of the last smoothing, in seconds. */
  mixed: number;
  /** The smoothed probabilities. */
  probabilities: Float32Array | undefined;
}

/**
 * Tracks faces from frame to frame, and smooths the probabilities of each. A face that is detected again within a second, close
 * to its last position, keeps its number and its average. Faces that are not detected in a frame are not reported.
 */
export class Tracker {
  #tracks: Track[] = [];
  #next = 1;

  /** @param smoothing time constant in seconds: after this time, new results have 63 % of the weight; 0: no smoothing */
  constructor(public smoothing: number) {}

  /** Returns the track numbers of the boxes of a frame at time `t`, in order. Pairs with the largest overlap are matched first. */
  update(boxes: readonly Box[], t: number): number[] {
    this.#tracks = this.#tracks.filter(({ seen }) => t - seen <= MEMORY);
    const pairs = boxes
      .flatMap((box, b) => this.#tracks.map((track) => ({ b, track, overlap: iou(box, track.box) })))
      .filter(({ overlap }) => overlap >= SAME)
      .sort((one, other) => other.overlap - one.overlap);
    const found = new Map<number, Track>();
    const taken = new Set<Track>();
    for (const { b, track } of pairs) {
      if (found.has(b) || taken.has(track)) continue;
      found.set(b, track);
      taken.add(track);
    }
    return boxes.map((box, b) => {
      let track = found.get(b);
      if (track === undefined) {
        track = { id: this.#next++, box, seen: t, mixed: t, probabilities: undefined };
        this.#tracks.push(track);
      }
      track.box = box;
      track.seen = t;
      return track.id;
    });
  }

  /** Adds probabilities to the exponential moving average of a face. Returns the average. */
  smooth(id: number, probabilities: Float32Array, t: number): Float32Array {
    const track = this.#tracks.find((one) => one.id === id);
    if (track === undefined) return probabilities;
    const past = track.probabilities;
    const share = this.smoothing > 0 ? 1 - Math.exp(-(t - track.mixed) / this.smoothing) : 1;
    track.probabilities =
      past === undefined || past.length !== probabilities.length
        ? probabilities
        : probabilities.map((now, i) => (past[i] as number) + share * (now - (past[i] as number)));
    track.mixed = t;
    return track.probabilities;
  }

  /** Forgets all faces. Call this when the source or the model changes. */
  reset(): void {
    this.#tracks = [];
  }
}
