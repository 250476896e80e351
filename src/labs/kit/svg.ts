import { percent, type Scale, scaleOver, shortNumber, ticks } from '../../util/axis.js';
import type { LabData } from './outcome.js';
import type { MeanPoint, Results } from './results.js';

/** Width of the picture, and where the curves lie in it. */
const WIDTH = 720;
const AREA = { left: 70, right: 700, top: 40, bottom: 330 } as const;
/** Where the legend begins, and from how many letters on a name needs half of a line. */
const [LEGEND, LONG] = [390, 17];
/** Colours that are told apart with any kind of colour vision (Okabe & Ito 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];
/** Solid, then dashed: curves differ without colour too. */
const DASHES = ['none', '8 4', '2 4', '8 4 2 4', '14 4', '4 2'];

/** The plot of a lab as an SVG picture: mean curves, with a band of one standard deviation over the seeds. */
export function labSvg({ name, plot, variants }: LabData, results: Results): string {
  const curves = variants
    .map((variant) => ({ name: variant.name, points: results.curve(variant.name) }))
    .filter(({ points }) => points.length > 0);
  const level = plot.level?.(results.classes);
  const points = curves.flatMap((curve) => curve.points);
  const values = [...points.flatMap((point) => band(point, plot.log)), ...(level ? [level.y] : [])];
  const [x, y] = [scaleOver(points.map((point) => point.x)), scaleOver(values, { log: plot.log ?? false })];
  const text = plot.share ? percent : shortNumber;
  const at = {
    x: (value: number) => round(AREA.left + x.place(value) * (AREA.right - AREA.left)),
    y: (value: number) => round(AREA.bottom - y.place(value) * (AREA.bottom - AREA.top)),
  };
  const columns = curves.some((curve) => curve.name.length > LONG) ? 2 : 4;
  const height = LEGEND + 20 * Math.ceil(curves.length / columns);
  const parts = [
    `<text x="${AREA.left}" y="24" font-weight="bold">${escaped(`${name}: ${plot.title}`)}</text>`,
    ...yMarks(y, plot.log).map(
      (value) =>
        `<path d="M${AREA.left} ${at.y(value)}H${AREA.right}" stroke="#ddd"/><text x="${AREA.left - 6}" y="${at.y(value) + 4}" text-anchor="end">${text(value)}</text>`,
    ),
    ...ticks(x.low, x.high, 8).map(
      (value) =>
        `<text x="${at.x(value)}" y="${AREA.bottom + 18}" text-anchor="middle">${Number(value.toPrecision(6))}</text>`,
    ),
    `<path d="M${AREA.left} ${AREA.top}V${AREA.bottom}H${AREA.right}" fill="none" stroke="#333"/>`,
    `<text x="${(AREA.left + AREA.right) / 2}" y="${AREA.bottom + 38}" text-anchor="middle">${escaped(plot.x)}</text>`,
    ...(level === undefined
      ? []
      : [
          `<path d="M${AREA.left} ${at.y(level.y)}H${AREA.right}" stroke="#777" stroke-dasharray="2 3"/><text x="${AREA.right}" y="${at.y(level.y) - 4}" text-anchor="end" fill="#555">${escaped(level.label)}</text>`,
        ]),
    ...curves.map(({ points }, i) => curveOf(points, i, at, plot.log)),
    ...curves.map((curve, i) => {
      const left = AREA.left + (640 / columns) * (i % columns);
      const middle = LEGEND + 20 * Math.floor(i / columns);
      return `<path d="M${left} ${middle}h24" ${stroke(i)}/><text x="${left + 30}" y="${middle + 4}">${escaped(curve.name)}</text>`;
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">\n<rect width="${WIDTH}" height="${height}" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

/** The ends of a point's error bar. A logarithmic axis has no place for values below 0: there the bar ends at the mean. */
function band({ y, sd }: MeanPoint, log = false): [number, number] {
  if (Number.isNaN(sd)) return [y, y];
  return [log && y <= sd ? y : y - sd, y + sd];
}

function yMarks({ low, high }: Scale, log = false): number[] {
  if (!log || !(low > 0) || high / low < 100) return ticks(low, high, 6);
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.ceil((last - first + 1) / 8);
  return Array.from(
    { length: Math.floor((last - first) / stride) + 1 },
    (_, i) => 10 ** (first + i * stride),
  );
}

type Place = { readonly x: (value: number) => number; readonly y: (value: number) => number };

function curveOf(points: readonly MeanPoint[], i: number, at: Place, log: boolean | undefined): string {
  const path = (ends: readonly (readonly [number, number])[]): string =>
    ends.map(([x, y]) => `${at.x(x)} ${at.y(y)}`).join('L');
  const below = points.map((point) => [point.x, band(point, log)[0]] as const);
  const above = points.map((point) => [point.x, band(point, log)[1]] as const);
  const colour = COLOURS[i % COLOURS.length];
  return `<path d="M${path([...above, ...below.reverse()])}Z" fill="${colour}" fill-opacity="0.15"/><path d="M${path(points.map(({ x, y }) => [x, y]))}" ${stroke(i)}/>`;
}

function stroke(i: number): string {
  return `fill="none" stroke-width="2" stroke="${COLOURS[i % COLOURS.length]}" stroke-dasharray="${DASHES[i % DASHES.length]}"`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
