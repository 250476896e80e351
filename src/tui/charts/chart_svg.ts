import { scaleOver, shortNumber, ticks } from '../../util/axis.js';
import { type ChartOptions, positive, type Series } from './line_chart.js';

/** A chart as a picture for documents: SVG 1.1 without scripts, fonts or files of its own, light on a white ground. */

export interface SvgOptions
  extends Pick<ChartOptions, 'x' | 'y' | 'log' | 'format' | 'xLabel' | 'xText' | 'baselines' | 'markers'> {
  readonly title: string;
}

const [WIDTH, HEIGHT] = [800, 420];
const AREA = { left: 70, right: WIDTH - 20, top: 60, bottom: HEIGHT - 45 };

/** Colours of the curves, each with a contrast of 3 to 1 or more to white; faint ones have thinner lines. */
const COLOURS: Readonly<Partial<Record<Series['role'], string>>> = {
  ...{ train: '#1f5fc4', faint: '#7f9fd6', validation: '#c25a00', third: '#007a50', fourth: '#8a3fa0' },
};

/** The curves with axes and a legend, as the text of an SVG file. */
export function chartSvg(curves: readonly Series[], options: SvgOptions): string {
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
  const line = (d: string, colour: string, more = ''): string =>
    `<path d="${d}" fill="none" stroke="${colour}"${more}/>`;
  const drawn = known.flatMap(({ role, dots, points: own }) => {
    const colour = COLOURS[role] ?? '#555555';
    const path = own.map((point, i) => `${i === 0 ? 'M' : 'L'}${toX(point.x)} ${toY(point.y)}`).join('');
    const width = role === 'faint' ? 0.8 : 1.8;
    const marks = own.map(
      (point) => `<circle cx="${toX(point.x)}" cy="${toY(point.y)}" r="3" fill="${colour}"/>`,
    );
    return [line(path, colour, ` stroke-width="${width}" stroke-linejoin="round"`), ...(dots ? marks : [])];
  });
  const levels = baselines.flatMap(({ y: level, label }) => [
    line(`M${AREA.left} ${toY(level)}H${AREA.right}`, '#777777', ' stroke-dasharray="2 4"'),
    text(AREA.right, toY(level) - 4, label, 'end'),
  ]);
  const signs = markers
    .filter((marker) => isWithin(marker.x, options.x))
    .map((marker) => text(toX(marker.x), AREA.top - 2, marker.sign, 'middle'));
  const grid = [
    ...ticks(y.low, y.high, 6).flatMap((value) => [
      line(`M${AREA.left} ${toY(value)}H${AREA.right}`, '#e2e2e2'),
      text(AREA.left - 6, toY(value) + 4, format(value), 'end'),
    ]),
    ...ticks(x.low, x.high, 8).map((value) => text(toX(value), AREA.bottom + 18, xText(value), 'middle')),
    line(`M${AREA.left} ${AREA.top}V${AREA.bottom}H${AREA.right}`, '#333333'),
    text(AREA.right, HEIGHT - 8, xLabel, 'end'),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`,
    ` font-family="sans-serif" font-size="12" fill="#222222" role="img" aria-label="${escaped(title)}">\n`,
    [
      `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
      text(AREA.left, 22, title, 'start', ' font-size="15"'),
      ...[...legendOf(known), ...grid, ...levels, ...drawn, ...signs],
    ].join('\n'),
    '\n</svg>\n',
  ].join('');
}

/** Names of the curves in their colours, side by side. */
function legendOf(curves: readonly Series[]): string[] {
  let at = AREA.left;
  return curves.map(({ name, role }) => {
    const colour = COLOURS[role] ?? '#555555';
    const entry = `<path d="M${at} 40h18" stroke="${colour}" stroke-width="3"/>${text(at + 24, 44, name, 'start')}`;
    at += 44 + 7 * name.length;
    return entry;
  });
}

const text = (x: number, y: number, words: string, anchor: string, more = ''): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}"${more}>${escaped(words)}</text>`;

const escaped = (words: string): string =>
  words.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? '');

const isWithin = (x: number, range: readonly [number, number] | undefined): boolean =>
  range === undefined || (x >= range[0] && x <= range[1]);

const round = (value: number): number => Math.round(10 * value) / 10;
