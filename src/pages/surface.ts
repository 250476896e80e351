import { scaleOver, shortNumber, ticks } from '../util/axis.js';
import { type Html, html } from './html.js';
import { colorScale } from './pictures.js';
import { type Area, axisOver, plot, units } from './plot.js';

export interface SurfaceOptions {
  readonly title: string;
  /** Coordinates of the grid, the same on both axes, ascending. */
  readonly at: readonly number[];
  /** [row][column]: the value at (at[column], at[row]). */
  readonly values: readonly (readonly number[])[];
  readonly quantity: string;
}

type Color = readonly [number, number, number];
/** From dark blue (low) to yellow (high), even for all eyes: five colours of viridis (van der Walt and Smith 2015). */
const COLORS: readonly Color[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];
/** Number of contour lines at most. */
const LINES = 9;
/** From this ratio of the largest to the smallest value on, colours and lines follow the logarithm. */
const WIDE = 20;

/** A function of two variables: a square of colour for every grid point, with contour lines and a cross in the middle. */
export function surface({ title, at, values, quantity }: SurfaceOptions): Html {
  const flat = values.flat().filter(Number.isFinite);
  const span =
    flat.length === 0
      ? 'no number anywhere'
      : `from ${shortNumber(Math.min(...flat))} to ${shortNumber(Math.max(...flat))}`;
  const description = `${title}: ${quantity} on a grid around the weights, ${span}.`;
  const { low, high } = scaleOver(flat);
  const log = low > 0 && high / low > WIDE;
  const scale = scaleOver(flat, { log });
  const levels = log
    ? Array.from({ length: LINES }, (_, i) => low * (high / low) ** ((i + 1) / (LINES + 1)))
    : ticks(low, high, LINES);
  const half = ((at[1] ?? 1) - (at[0] ?? 0)) / 2;
  const range = [(at[0] ?? 0) - half, (at.at(-1) ?? 0) + half] as const;
  return plot({
    ...{ title, description, square: true },
    x: axisOver('first direction', [], { range }),
    y: axisOver('second direction', [], { range }),
    marks: (area) => [
      html`<g shape-rendering="crispEdges">${cells(at, values, half, area, (value) => blend(scale.place(value)))}</g>`,
      ...levels.map(
        (level) =>
          html`<path d="${contour(at, values, level, area)}" fill="none" stroke="#fff" stroke-opacity=".8"><title>${shortNumber(level)}</title></path>`,
      ),
      html`<path d="M${area.x(0) - 5} ${area.y(0)}h10m-5 -5v10" stroke="#fff" stroke-width="2.5"/>`,
    ],
    below: html`${colorScale({ quantity: `${quantity}${log ? ' (logarithmic)' : ''}`, colors: COLORS, low: shortNumber(low), high: shortNumber(high) })}Lines join points of equal value; the cross marks the trained weights.`,
  });
}

function cells(
  at: readonly number[],
  values: SurfaceOptions['values'],
  half: number,
  { x, y }: Area,
  color: (value: number) => string,
): Html[] {
  return values.flatMap((row, r) =>
    row.map((value, c) => {
      const [cx, cy] = [at[c] ?? 0, at[r] ?? 0];
      const [left, top] = [x(cx - half), y(cy + half)];
      const [width, height] = [units(x(cx + half) - left), units(y(cy - half) - top)];
      const fill = Number.isFinite(value) ? color(value) : 'var(--panel)';
      return html`<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="${fill}"/>`;
    }),
  );
}

/** The colour of a share in [0, 1]. */
function blend(share: number): string {
  const at = Math.max(0, Math.min(1, share)) * (COLORS.length - 1);
  const i = Math.min(COLORS.length - 2, Math.floor(at));
  const [a, b] = [COLORS[i] as Color, COLORS[i + 1] as Color];
  return `rgb(${a.map((from, c) => Math.round(from + ((b[c] as number) - from) * (at - i))).join(',')})`;
}

/** The line of one value through a grid: marching squares, with linear interpolation along the edges. */
function contour(
  at: readonly number[],
  values: SurfaceOptions['values'],
  level: number,
  { x, y }: Area,
): string {
  const steps: string[] = [];
  for (let r = 0; r + 1 < at.length; r++) {
    for (let c = 0; c + 1 < at.length; c++) {
      // The corners of a square, around it.
      const corners = (
        [
          [0, 0],
          [0, 1],
          [1, 1],
          [1, 0],
        ] as const
      ).map(([down, right]) => ({
        x: at[c + right] as number,
        y: at[r + down] as number,
        value: values[r + down]?.[c + right] ?? Number.NaN,
      }));
      const crossings = corners.flatMap((a, i) => {
        const b = corners[(i + 1) % 4] as typeof a;
        if (!(a.value < level !== b.value < level) || Number.isNaN(a.value + b.value)) return [];
        const part = (level - a.value) / (b.value - a.value);
        return [`${x(a.x + (b.x - a.x) * part)} ${y(a.y + (b.y - a.y) * part)}`];
      });
      for (let i = 0; i + 1 < crossings.length; i += 2) steps.push(`M${crossings[i]}L${crossings[i + 1]}`);
    }
  }
  return steps.join('');
}
