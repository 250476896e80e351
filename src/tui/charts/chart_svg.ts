import {
  type Anchor,
  AREA,
  chartDrawing,
  DOT,
  HEIGHT,
  type PictureOptions,
  type Shape,
  WIDTH,
} from './chart_drawing.js';
import type { Series } from './line_chart.js';

/** The curves with axes and a legend, as the text of an SVG 1.1 file without scripts, embedded fonts or linked files. */
export function chartSvg(curves: readonly Series[], options: PictureOptions): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`,
    ` font-family="sans-serif" font-size="12" fill="#222222" role="img" aria-label="${escaped(options.title)}">\n`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>\n`,
    `<clipPath id="area"><rect x="0" y="${AREA.top - 1}" width="${WIDTH}" height="${AREA.bottom - AREA.top + 2}"/></clipPath>\n`,
    chartDrawing(curves, options).map(element).join('\n'),
    '\n</svg>\n',
  ].join('');
}

function element(shape: Shape): string {
  switch (shape.kind) {
    case 'line': {
      const path = shape.points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');
      const dashes = shape.dashed ? ' stroke-dasharray="2 4"' : '';
      const stroke = `stroke="${shape.colour}" stroke-width="${shape.width}" stroke-linejoin="round"`;
      const clip = shape.curve ? ' clip-path="url(#area)"' : '';
      return `<path d="${path}" fill="none" ${stroke}${dashes}${clip}/>`;
    }
    case 'dot':
      return `<circle cx="${shape.at[0]}" cy="${shape.at[1]}" r="${DOT}" fill="${shape.colour}"/>`;
    case 'text':
      return textElement(shape.at, shape.words, shape.anchor, shape.large === true ? ' font-size="15"' : '');
  }
}

const textElement = (
  [x, y]: readonly [number, number],
  words: string,
  anchor: Anchor,
  more: string,
): string => `<text x="${x}" y="${y}" text-anchor="${anchor}"${more}>${escaped(words)}</text>`;

const escaped = (words: string): string =>
  words.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? '');
