import { scaleOver } from '../util/axis.js';
import { type Html, html } from './html.js';
import { axisOver, plot, units } from './plot.js';

export interface ScatterOptions {
  readonly title: string;
  readonly description: string;
  readonly axes: readonly [x: string, y: string];
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The class of each point: an index into `classes`. */
  readonly labels: readonly number[];
  readonly classes: readonly string[];
}

/** Shapes that tell classes apart without colour, as paths around a point. */
const SHAPES = [
  'm-2.6 0a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0z', // disc
  'm-2.4 -2.4h4.8v4.8h-4.8z', // square
  'm0 -3.2l3 5.4h-6z', // triangle
  'm0 -3.4l3.4 3.4l-3.4 3.4l-3.4 -3.4z', // diamond
  'm-1.2 -3.2h2.4v6.4h-2.4z', // upright bar
  'm-1 -3h2v2h2v2h-2v2h-2v-2h-2v-2h2z', // plus
  'm0 3.2l-3 -5.4h6z', // triangle, upside down
] as const;
/** How many colours `--c0`, `--c1`, ... the page has. */
const COLORS = 8;

const colorOf = (label: number): string => `color:var(--c${label % COLORS})`;
const shapeOf = (label: number): string => SHAPES[label % SHAPES.length] as string;

/** Points in the plane by class, told apart by colour and shape. Points that are no numbers are left out. */
export function scatter({ title, description, axes, x, y, labels, classes }: ScatterOptions): Html {
  const counts = classes.map((_, c) => labels.filter((label) => label === c).length);
  return plot({
    ...{ title, description, square: true },
    x: axisOver(axes[0], [], { range: around(x) }),
    y: axisOver(axes[1], [], { range: around(y) }),
    marks: (area) =>
      classes.map((name, c) => {
        const steps = labels.flatMap((label, i) => {
          const [px, py] = [x[i] ?? Number.NaN, y[i] ?? Number.NaN];
          if (label !== c || !Number.isFinite(px) || !Number.isFinite(py)) return [];
          return [`M${units(area.x(px))} ${units(area.y(py))}${shapeOf(c)}`];
        });
        return html`<path class="dot" fill-opacity=".75" style="${colorOf(c)}" d="${steps.join('')}"><title>${name}</title></path>`;
      }),
    below: html`<ul class="legend">${classes.map(
      (name, c) =>
        html`<li><svg viewBox="-8 -4.5 16 9" aria-hidden="true" style="${colorOf(c)}"><path class="dot" d="M0 0${shapeOf(c)}"/></svg>${name} (${(counts[c] ?? 0).toLocaleString('en')})</li>`,
    )}</ul>`,
  });
}

/** A range with room for the shapes at its ends. */
function around(values: readonly number[]): [number, number] {
  const { low, high } = scaleOver(values);
  const room = (high - low) / 30;
  return [low - room, high + room];
}
