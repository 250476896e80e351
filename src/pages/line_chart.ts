import { type Html, html } from './html.js';
import { type Area, type Axis, plot } from './plot.js';

/** A curve. Values that are no numbers leave a gap. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChartOptions {
  readonly title: string;
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  /** One or two; the second is dashed. */
  readonly curves: readonly Curve[];
  /** A level to compare with, drawn from left to right. */
  readonly level?: { readonly name: string; readonly y: number } | undefined;
  /** A place to point out, drawn from top to bottom. */
  readonly place?: { readonly name: string; readonly x: number } | undefined;
}

const DASHES = ['', '7 5'];
/** With more points than this, they are not drawn one by one. */
const FEW = 60;

/** A chart of curves. Every point of a short curve tells its value under the mouse. */
export function lineChart({ curves, level, place, ...options }: LineChartOptions): Html {
  const { x, y } = options;
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
                html`<circle class="dot" cx="${area.x(at)}" cy="${area.y(value)}" r="2.5"><title>${name}, ${x.title} ${x.text(at)}: ${y.text(value)}</title></circle>`,
            )
        }</g>`,
    ),
  ];
  const lines = [level, place].flatMap((line) => (line === undefined ? [] : [line.name]));
  return plot({
    ...options,
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
