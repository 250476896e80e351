import { type Box, iou } from './geometry.js';

/** Boxes that overlap by this much in two frames are the same face. */
const SAME = 0.3;
/** Seconds for which a face that is not found is remembered. */
const MEMORY = 1;

interface Track {
  readonly id: number;
  box: Box;
  /** When it was last found. */
  seen: number;
  /** When its probabilities were last mixed, and what they were. */
  mixed: number;
  probabilities: Float32Array | undefined;
}

/**
 * Follows faces from frame to frame and smooths what is said about each. A face that is found again within a second
 * near where it was keeps its number and its past; one that is not found now is never reported.
 */
export class Tracker {
  #tracks: Track[] = [];
  #next = 1;

  /** @param smoothing seconds in which a new opinion gains 63 % of the weight; 0: no smoothing */
  constructor(public smoothing: number) {}

  /** Numbers the boxes of a frame at time `t`, in their order; pairs that overlap most are matched first. */
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

  /** Mixes what is said now about a face with its past: an exponential average over time. */
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

  /** Forgets all faces, for another source or model. */
  reset(): void {
    this.#tracks = [];
  }
}
