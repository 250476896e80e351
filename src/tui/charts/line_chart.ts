import { type Scale, scaleOver, shortNumber, ticks } from '../../util/axis.js';
import type { Capability } from '../paint/capability.js';
import { cut } from '../text.js';
import type { Role, Theme } from '../theme.js';
import { Canvas } from './canvas.js';

/** A value at a place on the x axis; `low` and `high` are the range if it stands for several values. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly name: string;
  readonly role: Role;
  /** One character. In ASCII the line is made of it; with `dots` it stands at the points. */
  readonly mark: string;
  /** In rising order of x. A value that is not finite breaks the line. */
  readonly points: readonly Point[];
  /** Marks at the points too, so that curves are told apart without colour. */
  readonly dots?: boolean;
  /** Not in the legend: a fainter version of another curve. */
  readonly unnamed?: boolean;
}

/** A level to compare with, such as the accuracy of guessing at random. */
export interface Baseline {
  readonly y: number;
  readonly label: string;
}

/** Something that happened at a place on the x axis. */
export interface Marker {
  readonly x: number;
  readonly sign: string;
}

export interface ChartOptions {
  /** Size of the whole chart, in cells, including the axes. */
  readonly cols: number;
  readonly rows: number;
  readonly theme: Theme;
  readonly glyphs: Capability['glyphs'];
  /** How a value is written; default three digits. */
  readonly format?: (value: number) => string;
  /** Default: what the curves and baselines need. */
  readonly x?: readonly [number, number];
  readonly y?: readonly [number, number];
  readonly log?: boolean;
  /** Under the x axis; default "epoch". */
  readonly xLabel?: string;
  /** How a place on the x axis is written. */
  readonly xText?: (x: number) => string;
  /** What to write at places of the x axis; default: whole numbers. */
  readonly xMarks?: readonly { readonly x: number; readonly text: string }[];
  readonly baselines?: readonly Baseline[];
  readonly markers?: readonly Marker[];
  /** x of the cursor, a line from top to bottom. */
  readonly cursor?: number | undefined;
}

/**
 * Curves with axes: values on the left, whole numbers below. Each dot column shows the lowest and the highest of what
 * falls into it, so that a single spike is never lost. Exactly `rows` lines; needs at least 16 x 3.
 */
export function lineChart(all: readonly Series[], options: ChartOptions): string[] {
  const series = options.log ? all.map(positive) : all;
  const { cols, rows, theme, glyphs, format = shortNumber, baselines = [], markers = [] } = options;
  const ascii = glyphs === 'ascii';
  const known = series.some(({ points }) => points.some(({ y }) => Number.isFinite(y)));
  if (!known || rows < 3 || cols < 16) {
    return Array.from({ length: Math.max(0, rows) }, (_, i) => (i === rows >> 1 ? 'no values yet' : ''));
  }
  const reach = function* (): Generator<number> {
    for (const { points } of series) {
      for (const { x, y, low, high } of points) {
        if (options.x !== undefined && (x < options.x[0] || x > options.x[1])) continue;
        yield low ?? y;
        yield high ?? y;
      }
    }
    for (const { y } of baselines) yield y;
  };
  const yScale = scaleOver(options.y === undefined ? reach() : [], {
    range: options.y,
    log: options.log === true,
  });
  const ends = series.flatMap(({ points }) => [points[0], points.at(-1)].flatMap((end) => end?.x ?? []));
  const [only, ...others] = new Set(ends);
  // A single epoch is centred between its neighbours, because fractions of an epoch have no values.
  const around = only !== undefined && others.length === 0 ? ([only - 1, only + 1] as const) : undefined;
  const xScale = scaleOver(ends, { range: options.x ?? around });
  const plotRows = rows - 1;
  const labels = yLabels(yScale, plotRows, format);
  const margin = Math.max(...labels.map(({ text }) => text.length));
  const canvas = new Canvas(cols - margin - 1, plotRows, glyphs);
  const toX = (x: number): number => Math.round(xScale.place(x) * (canvas.width - 1));
  // Values beyond the axis are clamped: they stay invisible, and no line has to be drawn far outside.
  const toY = (y: number): number =>
    Math.round(Math.max(-99, Math.min(99, 1 - yScale.place(y))) * (canvas.height - 1));
  for (const s of series) drawSeries(canvas, { ...s, points: within(s.points, xScale) }, toX, toY);
  for (const { x, sign } of markers) canvas.mark(toX(x), 0, ascii ? asciiSign(sign) : sign, 'warn');
  if (options.cursor !== undefined) {
    for (let row = 0; row < canvas.rows; row++)
      canvas.text(canvas.colOf(toX(options.cursor)), row, ascii ? '|' : '┊', 'warn');
  }
  drawBaselines(
    canvas,
    baselines.map(({ y, label }) => ({ row: canvas.rowOf(toY(y)), label })),
    ascii ? '.' : '·',
  );
  const side = ascii ? '|' : '┤';
  const bar = ascii ? '|' : '│';
  const body = canvas.lines(theme).map((line, row) => {
    const label = labels.find((l) => l.row === row);
    return `${(label?.text ?? '').padStart(margin)}${label === undefined ? bar : side}${line}`;
  });
  const most = Math.max(1, Math.floor(canvas.cols / 7));
  const marks =
    options.xMarks ?? xMarksOf(xScale, most).map((x) => ({ x, text: (options.xText ?? shortTick)(x) }));
  return [...body, xAxis(xScale, canvas.cols, margin, marks, options.xLabel ?? 'epoch', ascii)];
}

/** A curve as a logarithmic axis can show it: without values that are not above 0. */
export const positive = (series: Series): Series => ({
  ...series,
  points: series.points.map(({ x, y, low, high }) => {
    if (!(y > 0)) return { x, y: Number.NaN };
    return { x, y, ...(low !== undefined && low > 0 && { low }), ...(high !== undefined && { high }) };
  }),
});

/** How curves beside each other look, in order. */
const STYLES: readonly Pick<Series, 'role' | 'mark'>[] = [
  { role: 'train', mark: '*' },
  { role: 'validation', mark: 'o' },
  { role: 'third', mark: '+' },
  { role: 'fourth', mark: 'x' },
];

/** A curve with one value per epoch, in the style number `i`. `value` returns undefined if the epoch has none. */
export function epochSeries<E extends { readonly epoch: number }>(
  i: number,
  name: string,
  epochs: readonly E[],
  value: (epoch: E) => number | undefined,
): Series {
  const style = STYLES[i % STYLES.length] as (typeof STYLES)[number];
  const points = epochs.map((e) => ({ x: e.epoch, y: value(e) ?? Number.NaN }));
  return { name, ...style, dots: true, points };
}

/** `T ── 1.182  V o 1.247`: names with their latest values. */
export function legend(
  series: readonly Series[],
  { theme, format = shortNumber, glyphs }: Pick<ChartOptions, 'theme' | 'format' | 'glyphs'>,
): string {
  return series
    .filter(({ unnamed }) => unnamed !== true)
    .map(({ name, role, mark, points, dots }) => {
      const last = points.findLast(({ y }) => Number.isFinite(y));
      const sign = glyphs === 'ascii' || dots === true ? mark : '──';
      return `${name} ${theme[role](`${sign} ${last === undefined ? '–' : format(last.y)}`)}`;
    })
    .join('  ');
}

/** The same numbers as a table: the latest points, one row each. */
export function chartTable(
  series: readonly Series[],
  { rows, xLabel = 'epoch', format = shortNumber }: Pick<ChartOptions, 'rows' | 'xLabel' | 'format'>,
): string[] {
  const named = series.filter(({ unnamed }) => unnamed !== true);
  const byX = new Map<number, (string | undefined)[]>();
  named.forEach(({ points }, i) => {
    for (const { x, y } of points) {
      const row = byX.get(x) ?? [];
      row[i] = format(y);
      byX.set(x, row);
    }
  });
  const cells = [...byX].sort(([a], [b]) => b - a).slice(0, Math.max(0, rows - 1));
  const line = (head: string, values: readonly (string | undefined)[]): string =>
    [head.padStart(7), ...named.map((_, i) => (values[i] ?? '–').padStart(11))].join('');
  return [
    line(
      xLabel,
      named.map(({ name }) => name.slice(0, 10)),
    ),
    ...cells.map(([x, values]) => line(Number.isInteger(x) ? String(x) : x.toFixed(2), values)),
  ];
}

/** The points in the visible part of the x axis, and one on either side, so that lines reach the edges. */
function within(points: readonly Point[], { low, high }: Scale): readonly Point[] {
  const first = points.findIndex(({ x }) => x >= low);
  const last = points.findLastIndex(({ x }) => x <= high);
  return first < 0 ? points.slice(-1) : points.slice(Math.max(0, first - 1), last + 2);
}

function drawSeries(
  canvas: Canvas,
  { points, role, mark, dots }: Series,
  toX: (x: number) => number,
  toY: (y: number) => number,
): void {
  let last: { x: number; y: number } | undefined;
  for (const { x, y, low, high } of points) {
    if (!Number.isFinite(y)) {
      last = undefined;
      continue;
    }
    const at = { x: toX(x), y: toY(y) };
    if (low !== undefined && high !== undefined) canvas.line(at.x, toY(low), at.x, toY(high), role, mark);
    canvas.line(last?.x ?? at.x, last?.y ?? at.y, at.x, at.y, role, mark);
    last = at;
  }
  if (dots !== true) return;
  let taken = Number.NEGATIVE_INFINITY;
  const apart = canvas.width / canvas.cols; // one mark a cell at most
  for (const { x, y } of points) {
    if (!Number.isFinite(y) || toX(x) - taken < apart) continue;
    taken = toX(x);
    canvas.mark(taken, toY(y), mark, role);
  }
}

/**
 * Draws dotted lines where no curve is, each with a label at its right end. If a curve or another label is in the way, the label
 * moves one row up or down, or else to the left; if there is no free place, it is left out.
 */
function drawBaselines(
  canvas: Canvas,
  lines: readonly { readonly row: number; readonly label: string }[],
  dot: string,
): void {
  for (const { row, label } of lines) {
    const right = canvas.cols - label.length;
    const leftwards = Array.from({ length: Math.max(0, right) }, (_, i) => [right - 1 - i, row] as const);
    const places = [[right, row], [right, row - 1], [right, row + 1], ...leftwards] as const;
    const place = places.find(([col, line]) => canvas.isFree(col, line, label.length));
    if (place !== undefined) canvas.text(...place, label, 'dim');
  }
  for (const { row } of lines) {
    for (let col = 0; col + 1 < canvas.cols; col += 2) {
      if (canvas.isFree(col, row, 2)) canvas.text(col, row, dot, 'faint');
    }
  }
}

/** Values at the top, the bottom, and between where there is room. */
function yLabels(
  { low, high, place }: Scale,
  rows: number,
  format: (value: number) => string,
): { row: number; text: string }[] {
  const rowOf = (value: number): number => Math.round((1 - place(value)) * (rows - 1));
  const labels = [
    { row: 0, text: format(high) },
    { row: rows - 1, text: format(low) },
  ];
  for (const value of ticks(low, high, Math.max(1, rows >> 2))) {
    const row = rowOf(value);
    if (labels.every((label) => Math.abs(label.row - row) > 1)) labels.push({ row, text: format(value) });
  }
  return labels;
}

function xAxis(
  scale: Scale,
  cols: number,
  margin: number,
  marks: readonly { readonly x: number; readonly text: string }[],
  label: string,
  ascii: boolean,
): string {
  const line: string[] = new Array(cols).fill(ascii ? '-' : '─');
  const end = ` ${label}`;
  const room = cols - end.length - 1;
  let free = 0;
  for (const { x, text } of marks) {
    const at = Math.round(scale.place(x) * (cols - 1)) - (text.length >> 1);
    const start = Math.max(0, at);
    if (start < free || start + text.length > room) continue;
    [...text].forEach((letter, i) => {
      line[start + i] = letter;
    });
    free = start + text.length + 1;
  }
  const axis = `${' '.repeat(margin)}${ascii ? '+' : '└'}${line.slice(0, cols - end.length).join('')}${end}`;
  return cut(axis, margin + 1 + cols);
}

/** Whole numbers, but for parts of the axis that have none between their ends. */
function xMarksOf({ low, high }: Scale, most: number): number[] {
  const whole = ticks(low, high, most, { whole: true });
  return whole.length > 1 || high - low > 1 ? whole : ticks(low, high, most);
}

const shortTick = (value: number): string => (Number.isInteger(value) ? String(value) : shortNumber(value));

function asciiSign(sign: string): string {
  return { '▼': 'v', '‖': '=', '▲': '^', '✓': '+' }[sign] ?? sign;
}
