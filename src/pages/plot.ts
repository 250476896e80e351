import { type Scale, scaleOver, shortNumber, ticks } from '../util/axis.js';
import { type Content, type Html, html } from './html.js';

/** An axis of a chart. */
export interface Axis {
  /** What it measures, with its unit. */
  readonly title: string;
  readonly scale: Scale;
  /** The values to write beside it. */
  readonly marks: readonly number[];
  readonly text: (value: number) => string;
}

export interface AxisOptions {
  /** Default: from the smallest to the largest value, and on to the next round number. */
  readonly range?: readonly [number, number];
  /** Powers of ten; needs values above 0. */
  readonly log?: boolean;
  /** Only whole numbers, from the smallest to the largest. */
  readonly whole?: boolean;
  /** Numbers to write at most. */
  readonly most?: number;
  readonly text?: (value: number) => string;
}

/** An axis over some values. */
export function axisOver(title: string, values: Iterable<number>, options: AxisOptions = {}): Axis {
  const { log = false, whole = false, most = 5 } = options;
  const tight = scaleOver(values, options);
  const axis = (scale: Scale, marks: readonly number[]): Axis => {
    const step = Math.abs((marks[1] ?? 0) - (marks[0] ?? 0));
    return { title, scale, marks, text: options.text ?? ((value) => roundText(value, step)) };
  };
  if (log && tight.low > 0) return axis(tight, powers(tight, most));
  const marks = ticks(tight.low, tight.high, most, { whole });
  const step = (marks[1] ?? 0) - (marks[0] ?? 0);
  if (whole || options.range !== undefined || !(step > 0)) return axis(tight, marks);
  const range = [
    Math.floor(tight.low / step + 1e-9) * step,
    Math.ceil(tight.high / step - 1e-9) * step,
  ] as const;
  return axis(scaleOver([], { range }), ticks(...range, most + 2));
}

/** A round number with the digits that tell it from the next one, a step away. */
function roundText(value: number, step: number): string {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const text = digits <= 4 && Math.abs(value) < 1e5 ? value.toFixed(digits) : shortNumber(value);
  return Number(text) === 0 ? '0' : text.replace('-', '−');
}

/** Round numbers on a logarithmic scale: powers of ten, or where there are fewer than two, evenly spaced ones. */
function powers({ low, high }: Scale, most: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) return ticks(low, high, most);
  const stride = Math.ceil((last - first + 1) / most);
  const count = Math.floor((last - first) / stride) + 1;
  return Array.from({ length: count }, (_, i) => 10 ** (first + i * stride));
}

/** Where data lie in the picture: the area between the axes, in the units of the SVG. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Units from the left and from the top of a value. */
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

export interface PlotOptions {
  /** Heading of the chart. */
  readonly title: string;
  /** What the chart shows, in words, for those who do not see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  /** As high as wide, for charts whose axes measure the same. */
  readonly square?: boolean;
  /** Draws the data. */
  readonly marks: (area: Area) => Content;
  /** What stands below: a legend, a sentence. */
  readonly below?: Content;
}

const WIDTH = 400;
const [LEFT, RIGHT, TOP, BOTTOM] = [68, 20, 10, 42];

/** A chart with axes, as inline SVG in a figure. Colours follow the page, so it is light or dark with it. */
export function plot({ title, description, x, y, square = false, marks, below }: PlotOptions): Html {
  const height = square ? WIDTH - LEFT - RIGHT + TOP + BOTTOM : 250;
  const [right, bottom] = [WIDTH - RIGHT, height - BOTTOM];
  const area: Area = {
    ...{ left: LEFT, right, top: TOP, bottom },
    x: (value) => units(LEFT + x.scale.place(value) * (right - LEFT)),
    y: (value) => units(bottom - y.scale.place(value) * (bottom - TOP)),
  };
  const across = x.marks.map(
    (value) =>
      html`<path class="axis" d="M${area.x(value)} ${bottom}v4"/><text x="${area.x(value)}" y="${bottom + 18}" text-anchor="middle">${x.text(value)}</text>`,
  );
  const up = y.marks.map(
    (value) =>
      html`<path class="grid" d="M${LEFT} ${area.y(value)}H${right}"/><text x="${LEFT - 6}" y="${units(area.y(value) + 4)}" text-anchor="end">${y.text(value)}</text>`,
  );
  return html`
    <figure class="chart${square && ' square'}"><b>${title}</b>
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}">
    ${up}${across}
    <path class="axis" d="M${LEFT} ${TOP}V${bottom}H${right}"/>
    <text x="${(LEFT + right) / 2}" y="${height - 6}" text-anchor="middle">${x.title}</text>
    <text transform="translate(11 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">${y.title}</text>
    ${marks(area)}
    </svg>
    <figcaption>${below}</figcaption></figure>`;
}

/** A coordinate with as many digits as a screen shows. */
export function units(value: number): number {
  return Math.round(value * 10) / 10;
}
