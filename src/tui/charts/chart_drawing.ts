import { scaleOver, shortNumber, ticks } from '../../util/axis.js';
import { type ChartOptions, positive, type Series } from './line_chart.js';

/** A chart as shapes, for pictures in documents: light, on a white ground. */

export interface PictureOptions
  extends Pick<ChartOptions, 'x' | 'y' | 'log' | 'format' | 'xLabel' | 'xText' | 'baselines' | 'markers'> {
  readonly title: string;
}

/** The point of a text that is at its position: its left end, its middle or its right end. */
export type Anchor = 'start' | 'middle' | 'end';

/** A shape in units of the picture, x to the right and y down. The colours are hexadecimal, as #1f5fc4. */
export type Shape =
  | {
      readonly kind: 'line';
      readonly points: readonly (readonly [x: number, y: number])[];
      readonly colour: string;
      readonly width: number;
      readonly dashed?: boolean;
      /** Whether to clip the line to the area between the axes. */
      readonly curve?: boolean;
    }
  | { readonly kind: 'dot'; readonly at: readonly [x: number, y: number]; readonly colour: string }
  | {
      readonly kind: 'text';
      /** The base line. */
      readonly at: readonly [x: number, y: number];
      readonly words: string;
      readonly anchor: Anchor;
      /** Whether to use the size of titles. */
      readonly large?: boolean;
    };

export const [WIDTH, HEIGHT] = [800, 420];
/** Radius of a dot. */
export const DOT = 3;
/** The area between the axes. */
export const AREA = { left: 70, right: WIDTH - 20, top: 60, bottom: HEIGHT - 45 };

/** Colours of the curves, each with a contrast of 3 to 1 or more to white; faint ones have thinner lines. */
const COLOURS: Readonly<Partial<Record<Series['role'], string>>> = {
  ...{ train: '#1f5fc4', faint: '#7f9fd6', validation: '#c25a00', third: '#007a50', fourth: '#8a3fa0' },
};
const colourOf = (role: Series['role']): string => COLOURS[role] ?? '#555555';

/** The curves with axes and a legend, in the order in which they are drawn. */
export function chartDrawing(curves: readonly Series[], options: PictureOptions): Shape[] {
  const { title, log = false, format = shortNumber, xText = shortNumber, xLabel = 'epoch' } = options;
  const { baselines = [], markers = [] } = options;
  const known = (log ? curves.map(positive) : curves).map((own) => ({
    ...own,
    points: own.points.filter(({ x, y }) => Number.isFinite(y) && isWithin(x, options.x)),
  }));
  const points = known.flatMap((own) => own.points);
  const x = scaleOver(
    points.map((point) => point.x),
    { range: options.x },
  );
  const values = [
    ...points.flatMap(({ y, low, high }) => [low ?? y, high ?? y]),
    ...baselines.map(({ y }) => y),
  ];
  const y = scaleOver(options.y === undefined ? values : [], { range: options.y, log });
  const toX = (value: number): number => round(AREA.left + x.place(value) * (AREA.right - AREA.left));
  const toY = (value: number): number => round(AREA.bottom - y.place(value) * (AREA.bottom - AREA.top));
  const level = (at: number, colour: string, dashed = false): Shape =>
    line(
      [
        [AREA.left, at],
        [AREA.right, at],
      ],
      colour,
      1,
      dashed,
    );
  const drawn = known.flatMap(({ role, dots, points: own }): Shape[] => {
    const [colour, width] = [colourOf(role), role === 'faint' ? 0.8 : 1.8];
    const places = own.map((point) => [toX(point.x), toY(point.y)] as const);
    const inside = own.filter((point) => isWithin(point.y, options.y));
    const marks = inside.map((point): Shape => ({ kind: 'dot', at: [toX(point.x), toY(point.y)], colour }));
    return [{ ...line(places, colour, width), curve: true }, ...(dots ? marks : [])];
  });
  const levels = baselines
    .filter((own) => isWithin(own.y, options.y))
    .flatMap(({ y: value, label }) => [
      level(toY(value), '#777777', true),
      text(AREA.right, toY(value) - 4, label, 'end'),
    ]);
  const signs = markers
    .filter((marker) => isWithin(marker.x, options.x))
    .map((marker) => text(toX(marker.x), AREA.top - 2, marker.sign, 'middle'));
  const axes = [
    [AREA.left, AREA.top],
    [AREA.left, AREA.bottom],
    [AREA.right, AREA.bottom],
  ] as const;
  const grid = [
    ...ticks(y.low, y.high, 6).flatMap((value) => [
      level(toY(value), '#e2e2e2'),
      text(AREA.left - 6, toY(value) + 4, format(value), 'end'),
    ]),
    ...ticks(x.low, x.high, 8).map((value) => text(toX(value), AREA.bottom + 18, xText(value), 'middle')),
    line(axes, '#333333', 1),
    text(AREA.right, HEIGHT - 8, xLabel, 'end'),
  ];
  const heading: Shape = { ...text(AREA.left, 22, title, 'start'), large: true };
  return [heading, ...legendOf(known), ...grid, ...levels, ...drawn, ...signs];
}

/** Names of the curves in their colours, side by side. */
function legendOf(curves: readonly Series[]): Shape[] {
  let at = AREA.left;
  return curves.flatMap(({ name, role }) => {
    const from = at;
    at += 44 + 7 * name.length;
    const sign = [
      [from, 40],
      [from + 18, 40],
    ] as const;
    return [line(sign, colourOf(role), 3), text(from + 24, 44, name, 'start')];
  });
}

const line = (
  points: readonly (readonly [number, number])[],
  colour: string,
  width: number,
  dashed = false,
): Shape & { kind: 'line' } => ({ kind: 'line', points, colour, width, ...(dashed && { dashed }) });

const text = (x: number, y: number, words: string, anchor: Anchor): Shape & { kind: 'text' } => ({
  kind: 'text',
  at: [x, y],
  words,
  anchor,
});

const isWithin = (x: number, range: readonly [number, number] | undefined): boolean =>
  range === undefined || (x >= range[0] && x <= range[1]);

const round = (value: number): number => Math.round(10 * value) / 10;
