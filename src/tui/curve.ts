import type { Point } from './charts/line_chart.js';

/** Points kept of the whole; twice as many are merged in pairs. */
const MOST = 512;
/** The latest points, as they came. */
const RECENT = 512;
/** Share of the old in the moving average, per point. */
const EMA = 0.9;

/** A long curve in little memory: the latest points as they are, the whole in pieces of lowest, highest and mean. */
export class Curve {
  #whole: Point[] = [];
  #recent: Point[] = [];
  #smooth: Point[] = [];
  #ema: number | undefined;
  /** Points in one piece. */
  #size = 1;
  #piece: { count: number; sum: number; low: number; high: number } | undefined;

  add(x: number, y: number): void {
    this.#recent.push({ x, y });
    if (this.#recent.length > 2 * RECENT) this.#recent = this.#recent.slice(-RECENT);
    if (!Number.isFinite(y)) return;
    this.#ema = this.#ema === undefined ? y : EMA * this.#ema + (1 - EMA) * y;
    this.#gather(x, y, this.#ema);
  }

  /** Every point, thinned; spikes stay. */
  get whole(): readonly Point[] {
    return this.#whole;
  }

  get recent(): readonly Point[] {
    return this.#recent.slice(-RECENT);
  }

  /** The exponential moving average, beside `whole`. */
  get smooth(): readonly Point[] {
    return this.#smooth;
  }

  /** Forgets what lies beyond a place: training was taken up again from there. */
  cutAfter(x: number): void {
    this.#whole = this.#whole.filter((point) => point.x <= x);
    this.#recent = this.#recent.filter((point) => point.x <= x);
    this.#smooth = this.#smooth.filter((point) => point.x <= x);
    this.#ema = this.#smooth.at(-1)?.y;
    this.#piece = undefined;
  }

  #gather(x: number, y: number, ema: number): void {
    this.#piece ??= { count: 0, sum: 0, low: y, high: y };
    const piece = this.#piece;
    piece.count++;
    piece.sum += y;
    piece.low = Math.min(piece.low, y);
    piece.high = Math.max(piece.high, y);
    if (piece.count < this.#size) return;
    this.#whole.push({ x, y: piece.sum / piece.count, low: piece.low, high: piece.high });
    this.#smooth.push({ x, y: ema });
    this.#piece = undefined;
    if (this.#whole.length < 2 * MOST) return;
    this.#whole = pairs(this.#whole, merged);
    this.#smooth = pairs(this.#smooth, (_, b) => b);
    this.#size *= 2;
  }
}

function pairs(points: readonly Point[], merge: (a: Point, b: Point) => Point): Point[] {
  const half: Point[] = [];
  for (let i = 1; i < points.length; i += 2) half.push(merge(points[i - 1] as Point, points[i] as Point));
  return half;
}

function merged(a: Point, b: Point): Point {
  return {
    x: b.x,
    y: (a.y + b.y) / 2,
    low: Math.min(a.low ?? a.y, b.low ?? b.y),
    high: Math.max(a.high ?? a.y, b.high ?? b.y),
  };
}
