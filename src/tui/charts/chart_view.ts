import type { Point, Series } from './line_chart.js';

/** The units of a chart's x axis. Positions are stored in epochs, whatever the unit. */
export const X_AXES = ['epoch', 'step', 'time'] as const;
export type XAxis = (typeof X_AXES)[number];

export type Span = readonly [low: number, high: number];

/** The visible part of the charts of a screen. x is in epochs. */
export interface ChartView {
  /** The part of the x axis that is shown; undefined: all of it. */
  readonly window: readonly [number, number] | undefined;
  /** Position of the cursor; undefined: there is no cursor. */
  readonly cursor: number | undefined;
  /** The y ranges that the user has set, by the name of the chart. Other charts fit their range to their curves. */
  readonly ranges: Readonly<Partial<Record<string, Span>>>;
}

export const WHOLE_CHART: ChartView = { window: undefined, cursor: undefined, ranges: {} };

/** Smallest step of the cursor, as a share of the window. A page is `PAGE` of these. */
const STRIDE = 1 / 64;
const PAGE = 8;
/** Smallest width of a window, as a share of the extent. */
const SMALLEST = 1 / 4096;

/** Multiplies the width of the window by `factor`, about the cursor, or about the right end if there is no cursor. */
export function zoomed(view: ChartView, extent: Span, factor: number): ChartView {
  const [low, high] = view.window ?? extent;
  const whole = extent[1] - extent[0];
  const width = Math.max(whole * SMALLEST, (high - low) * factor);
  if (width >= whole) return { ...view, window: undefined };
  const middle = view.cursor ?? high;
  const share = (middle - low) / (high - low);
  return { ...view, window: shifted([middle - share * width, middle + (1 - share) * width], extent) };
}

/** Moves the window by a share of its width to the left or right, but not beyond the extent. */
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
 * Moves the cursor to another x that has a value: `step` strides away, or further if there is no value before. The first move
 * puts it at the newest x. The window follows the cursor.
 * @param places all x that have a value, in rising order
 * @param step strides; plus or minus infinity moves to an end of the window
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
 * Parses the typed ends of an axis, such as "0.5 2". Returns a message if they are invalid, and undefined for an empty line,
 * which fits the axis to the curves.
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
    return 'expected two numbers, the lower one first, such as 0.5 2; empty fits the axis to the curves';
  return log && low <= 0 ? 'the axis is logarithmic: expected numbers above 0' : [low, high];
}

/** Strides of the keys that move the cursor. */
export const CURSOR_STEPS: Readonly<Record<string, number>> = {
  ...{ left: -1, right: 1, pageup: -PAGE, pagedown: PAGE },
  ...{ home: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY },
};

/** The latest point of a curve at `x` or before it. */
export function valueAt({ points }: Pick<Series, 'points'>, x: number): Point | undefined {
  return points.findLast((point) => Number.isFinite(point.y) && point.x <= x + 1e-9);
}

/** Every x at which one of the curves has a value, in rising order. */
export function placesOf(series: readonly Series[]): number[] {
  const places = series.flatMap(({ points }) =>
    points.filter(({ y }) => Number.isFinite(y)).map(({ x }) => x),
  );
  return [...new Set(places)].sort((a, b) => a - b);
}

/** The points of the curves as CSV. Each line has the name of the curve, x and y. */
export function chartCsv(series: readonly Series[], xLabel: string): string {
  const rows = series.flatMap(({ name, points }) =>
    points.filter(({ y }) => Number.isFinite(y)).map(({ x, y }) => `${name},${x},${y}`),
  );
  return `${['curve,'.concat(xLabel, ',value'), ...rows].join('\n')}\n`;
}

/** Moves a window into the extent; its width stays the same. */
function shifted([low, high]: Span, extent: Span): Span {
  const by = low < extent[0] ? extent[0] - low : high > extent[1] ? extent[1] - high : 0;
  return [low + by, high + by];
}
