import type { Point, Series } from './line_chart.js';

/** What a chart shows along its x axis. Places are kept in epochs, whatever the axis is. */
export const X_AXES = ['epoch', 'step', 'time'] as const;
export type XAxis = (typeof X_AXES)[number];

export type Span = readonly [low: number, high: number];

/** What of the charts of a screen is looked at; in epochs. */
export interface ChartView {
  /** The part of the x axis that is shown; undefined: all of it. */
  readonly window: readonly [number, number] | undefined;
  /** Where values are read; undefined: nowhere. */
  readonly cursor: number | undefined;
  /** The ends of the y axis that were chosen, by the name of the chart; of others, what their curves need. */
  readonly ranges: Readonly<Partial<Record<string, Span>>>;
}

export const WHOLE_CHART: ChartView = { window: undefined, cursor: undefined, ranges: {} };

/** Part of the window that the cursor moves by at least; a page is as many of them. */
const STRIDE = 1 / 64;
const PAGE = 8;
/** Share of the extent that a window has at least. */
const SMALLEST = 1 / 4096;

/** Half or twice as much of the x axis, about the cursor, else about the newest end. */
export function zoomed(view: ChartView, extent: Span, factor: number): ChartView {
  const [low, high] = view.window ?? extent;
  const whole = extent[1] - extent[0];
  const width = Math.max(whole * SMALLEST, (high - low) * factor);
  if (width >= whole) return { ...view, window: undefined };
  const middle = view.cursor ?? high;
  const share = (middle - low) / (high - low);
  return { ...view, window: shifted([middle - share * width, middle + (1 - share) * width], extent) };
}

/** The same width elsewhere: by a share of it to the left or right, no further than the extent. */
export function panned(view: ChartView, extent: Span, share: number): ChartView {
  if (view.window === undefined) return view;
  const [low, high] = view.window;
  const by = share * (high - low);
  const window = shifted([low + by, high + by], extent);
  const { cursor } = view;
  return {
    ...view,
    window,
    cursor: cursor === undefined ? undefined : Math.max(window[0], Math.min(window[1], cursor)),
  };
}

/**
 * The cursor at another place that has a value: a stride away, or at least at the next one. It begins at the newest place. A window
 * moves with it.
 * @param places where there are values, in rising order
 * @param step strides; infinite ones lead to the ends of the window
 */
export function moved(view: ChartView, places: readonly number[], extent: Span, step: number): ChartView {
  const [low, high] = view.window ?? extent;
  const last = places.findLast((x) => x <= high);
  if (last === undefined) return view;
  const { cursor } = view;
  if (step === Number.POSITIVE_INFINITY || (cursor === undefined && Number.isFinite(step)))
    return { ...view, cursor: last };
  if (step === Number.NEGATIVE_INFINITY) return { ...view, cursor: places.find((x) => x >= low) ?? last };
  const from = cursor ?? last;
  const to = from + step * STRIDE * (high - low);
  const next =
    step > 0
      ? (places.find((x) => x > from && x >= to) ?? places.at(-1))
      : (places.findLast((x) => x < from && x <= to) ?? places[0]);
  const at = next ?? from;
  const by = at < low ? at - low : at > high ? at - high : 0;
  const window = view.window && by !== 0 ? shifted([low + by, high + by], extent) : view.window;
  return { ...view, window, cursor: at };
}

/**
 * The ends of an axis, as typed: "0.5 2"; a text: what is wrong with them; undefined for an empty line, which leaves the ends to the
 * curves.
 * @param log whether the axis is logarithmic
 */
export function spanOf(typed: string, log: boolean): Span | string | undefined {
  const words = typed
    .replaceAll(/[%,;–]/g, ' ')
    .trim()
    .split(/\s+/);
  if (words[0] === '') return undefined;
  const [low = Number.NaN, high = Number.NaN, ...rest] = words.map(Number);
  if (!(low < high && Number.isFinite(high - low)) || rest.length > 0)
    return 'expected two numbers, the lower one first, such as 0.5 2; empty leaves it to the curves';
  return log && low <= 0 ? 'the axis is logarithmic: expected numbers above 0' : [low, high];
}

/** Strides of the keys that move the cursor. */
export const CURSOR_STEPS: Readonly<Record<string, number>> = {
  ...{ left: -1, right: 1, pageup: -PAGE, pagedown: PAGE },
  ...{ home: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY },
};

/** The latest value of a curve at a place or before it. */
export function valueAt({ points }: Pick<Series, 'points'>, x: number): Point | undefined {
  return points.findLast((point) => Number.isFinite(point.y) && point.x <= x + 1e-9);
}

/** Every place that has a value of one of the curves, in rising order. */
export function placesOf(series: readonly Series[]): number[] {
  const places = series.flatMap(({ points }) =>
    points.filter(({ y }) => Number.isFinite(y)).map(({ x }) => x),
  );
  return [...new Set(places)].sort((a, b) => a - b);
}

/** The points of the curves as CSV: the curve, the place and the value, a line each. */
export function chartCsv(series: readonly Series[], xLabel: string): string {
  const rows = series.flatMap(({ name, points }) =>
    points.filter(({ y }) => Number.isFinite(y)).map(({ x, y }) => `${name},${x},${y}`),
  );
  return `${['curve,'.concat(xLabel, ',value'), ...rows].join('\n')}\n`;
}

/** Moved, not shrunk, to lie within the extent. */
function shifted([low, high]: Span, extent: Span): Span {
  const by = low < extent[0] ? extent[0] - low : high > extent[1] ? extent[1] - high : 0;
  return [low + by, high + by];
}
