import type { Point } from './charts/line_chart.js';

/** Points kept of the whole curve. Once there are twice as many, neighbours are merged. */
const MOST = 512;
/** Number of latest points that are kept as they are. */
const RECENT = 512;

/** A point that stands for `count` points: their mean, at the x of the last. */
interface Piece extends Point {
  readonly count: number;
}

/**
 * A long curve in little memory. It keeps the latest points as they are, and the whole curve as pieces, each with its lowest,
 * highest and mean value.
 */
export class Curve {
  #whole: Piece[] = [];
  #recent: Point[] = [];
  #smoothed: { readonly weight: number; readonly points: readonly Point[] } | undefined;
  /** Points in one piece. */
  #size = 1;
  #piece: { x: number; count: number; sum: number; low: number; high: number } | undefined;

  add(x: number, y: number): void {
    this.#recent.push({ x, y });
    if (this.#recent.length > 2 * RECENT) this.#recent = this.#recent.slice(-RECENT);
    if (!Number.isFinite(y)) return;
    this.#gather(x, y);
  }

  /** The whole curve, thinned; spikes stay visible. */
  get whole(): readonly Point[] {
    return this.#whole;
  }

  get recent(): readonly Point[] {
    return this.#recent.slice(-RECENT);
  }

  /**
   * The exponential moving average beside `whole`, and at the latest point. As in TensorBoard, it starts at the first value, not
   * at zero: the sum is divided by the sum of the weights so far.
   *
   * @param weight share of the previous average at each added point, in [0, 1)
   */
  smoothed(weight: number): readonly Point[] {
    if (this.#smoothed?.weight === weight) return this.#smoothed.points;
    const pieces = [...this.#whole, ...this.#unfinished()];
    let [sum, weights] = [0, 0];
    const points = pieces.map(({ x, y, count }) => {
      const kept = weight ** count; // a piece stands for several points
      sum = kept * sum + (1 - kept) * y;
      weights = kept * weights + (1 - kept);
      return { x, y: sum / weights };
    });
    this.#smoothed = { weight, points };
    return points;
  }

  /** Removes the points after `x`, because training was resumed from there. */
  cutAfter(x: number): void {
    this.#whole = this.#whole.filter((point) => point.x <= x);
    this.#recent = this.#recent.filter((point) => point.x <= x);
    this.#smoothed = undefined;
    this.#piece = undefined;
  }

  /** The piece that is not full yet. */
  #unfinished(): Piece[] {
    if (this.#piece === undefined) return [];
    const { x, sum, count } = this.#piece;
    return [{ x, y: sum / count, count }];
  }

  #gather(x: number, y: number): void {
    this.#smoothed = undefined;
    this.#piece ??= { x, count: 0, sum: 0, low: y, high: y };
    const piece = this.#piece;
    piece.x = x;
    piece.count++;
    piece.sum += y;
    piece.low = Math.min(piece.low, y);
    piece.high = Math.max(piece.high, y);
    if (piece.count < this.#size) return;
    const { count, sum, low, high } = piece;
    this.#whole.push({ x, y: sum / count, low, high, count });
    this.#piece = undefined;
    if (this.#whole.length < 2 * MOST) return;
    this.#whole = pairs(this.#whole);
    this.#size *= 2;
  }
}

function pairs(points: readonly Piece[]): Piece[] {
  const half: Piece[] = [];
  for (let i = 1; i < points.length; i += 2) half.push(merged(points[i - 1] as Piece, points[i] as Piece));
  return half;
}

function merged(a: Piece, b: Piece): Piece {
  return {
    count: a.count + b.count,
    x: b.x,
    y: (a.y + b.y) / 2,
    low: Math.min(a.low ?? a.y, b.low ?? b.y),
    high: Math.max(a.high ?? a.y, b.high ?? b.y),
  };
}
