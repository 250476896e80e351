import { type Html, html } from './html.js';
import { type Area, type Axis, plot } from './plot.js';

/** A curve. Values that are no numbers leave a gap. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChartOptions {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** One or two; the second is dashed. */
  readonly curves: readonly Curve[];
  /** A value in words, at a point under the mouse. */
  readonly text: (value: number) => string;
  /** A level to compare with, drawn from left to right. */
  readonly level?: { readonly name: string; readonly y: number } | undefined;
  /** A place to point out, drawn from top to bottom. */
  readonly place?: { readonly name: string; readonly x: number } | undefined;
}

const DASHES = ['', '7 5'];
/** With more points than this, they are not drawn one by one. */
const FEW = 60;

/** A chart of curves. Every point of a short curve tells its value under the mouse. */
export function lineChart({ curves, level, place, text, ...options }: LineChartOptions): Html {
  const { x } = options;
  const marks = (area: Area): Html[] => [
    ...(level === undefined
      ? []
      : [html`<path class="mark" d="M${area.left} ${area.y(level.y)}H${area.right}"/>`]),
    ...(place === undefined
      ? []
      : [html`<path class="mark" d="M${area.x(place.x)} ${area.top}V${area.bottom}"/>`]),
    ...curves.map(
      ({ name, points }, i) =>
        html`<g style="color:var(--s${i})"><path class="line" stroke-dasharray="${DASHES[i]}" d="${pathOf(points, area)}"/>${
          points.length <= FEW &&
          points
            .filter(([, value]) => Number.isFinite(value))
            .map(
              ([at, value]) =>
                html`<circle class="dot" cx="${area.x(at)}" cy="${area.y(value)}" r="2.5"><title>${name}, ${x.title} ${at}: ${text(value)}</title></circle>`,
            )
        }</g>`,
    ),
  ];
  const lines = [level, place].flatMap((line) => (line === undefined ? [] : [line.name]));
  return plot({
    ...options,
    description: inWords(options.title, x.title, curves, text),
    marks,
    below: html`<ul class="legend">${curves.map(({ name }, i) => html`<li>${sample(i)}${name}</li>`)}${lines.map(
      (name) =>
        html`<li><svg viewBox="0 0 24 12" aria-hidden="true"><path class="mark" d="M0 6H24"/></svg>${name}</li>`,
    )}</ul>`,
  });
}

function sample(i: number): Html {
  return html`<svg viewBox="0 0 24 12" aria-hidden="true" style="color:var(--s${i})"><path class="line" stroke-dasharray="${DASHES[i]}" d="M1 6H23"/></svg>`;
}

function pathOf(points: Curve['points'], area: Area): string {
  let open = false;
  const steps = points.map(([x, y]) => {
    const there = Number.isFinite(y);
    const step = there ? `${open ? 'L' : 'M'}${area.x(x)} ${area.y(y)}` : '';
    open = there;
    return step;
  });
  return steps.join('');
}

/** A chart in words: where each curve begins and ends. */
function inWords(
  title: string,
  along: string,
  curves: readonly Curve[],
  text: (value: number) => string,
): string {
  const parts = curves.map(({ name, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) return `${name} without points`;
    return `${name} from ${text(first[1])} at ${along} ${first[0]} to ${text(last[1])} at ${along} ${last[0]}`;
  });
  return `${title} by ${along}: ${parts.join('; ')}.`;
}
