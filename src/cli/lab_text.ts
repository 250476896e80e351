import { figure } from '../labs/kit/figures.js';
import { sentenceOf } from '../labs/kit/finding.js';
import type { LabReport } from '../labs/kit/run_lab.js';
import { duration } from '../train/printer.js';
import { legend, lineChart, type Series } from '../tui/charts/line_chart.js';
import type { Capability } from '../tui/paint/capability.js';
import { asciiOf, widthOf, wrapped } from '../tui/text.js';
import { makeTheme, type Role } from '../tui/theme.js';
import { percent } from '../util/axis.js';
import { counted } from '../util/counted.js';
import { printable } from '../util/printable.js';
import { table } from './table.js';

/** What a lab found, as text for a terminal. */

const STYLES: readonly { readonly role: Role; readonly mark: string }[] = [
  { role: 'train', mark: '*' },
  { role: 'validation', mark: 'o' },
  { role: 'third', mark: '+' },
  { role: 'fourth', mark: 'x' },
  { role: 'good', mark: '#' },
  { role: 'bad', mark: '@' },
];
const MOST_COLS = 100;
const CHART_ROWS = 14;

/** The whole report: head, table, plot, what to notice. It ends with an empty line. */
export function labText(report: LabReport, capability: Capability, columns: number): string {
  const cols = Math.min(columns, MOST_COLS);
  const parts = [
    head(report, cols),
    labTable(report, columns).replaceAll('±', capability.glyphs === 'ascii' ? '+-' : '±'),
    chart(report, capability, cols),
    conclusion(report, cols),
  ].filter((part) => part !== '');
  const text = `${parts.join('\n')}\n`;
  return capability.glyphs === 'ascii' ? asciiOf(text.replaceAll('±', '+-')) : text;
}

function head({ lab, data, adapter, epochs, seeds, seconds }: LabReport, cols: number): string {
  const faces = `${printable(data.name)}, ${data.train.toLocaleString('en')} training and ${data.validation.toLocaleString('en')} validation faces`;
  const about = `${faces}, ${counted(epochs, 'epoch')}, seeds ${seeds.join(', ')}; ${adapter}, ${duration(seconds)}`;
  return `${lab.name}: ${lab.question}\n${wrapped(about, cols).join('\n')}\n`;
}

/** One row a variant; where that is wider than `cols`, one line a number. */
export function labTable({ lab, results }: LabReport, cols = Number.POSITIVE_INFINITY): string {
  const measures = Object.entries(lab.measures);
  const noted = lab.variants.some(({ note }) => note !== undefined);
  const rows = lab.variants.map(({ name, note = '' }) => [
    name,
    ...measures.map(([key, { format }]) => figure(results.of(name, key), format)),
    ...(noted ? [note] : []),
  ]);
  const head = ['', ...measures.map(([, { title }]) => title), ...(noted ? [''] : [])];
  const wide = table(head, rows);
  if (wide.split('\n').every((line) => line.length <= cols)) return wide;
  const width = Math.max(...head.map((title) => title.length));
  return rows
    .map(([name = '', ...cells]) => {
      const lines = cells.map((cell, i) => `  ${(head[i + 1] ?? '').padEnd(width)}  ${cell}`);
      return `${[name, ...lines.filter((line) => line.trim() !== '')].join('\n')}\n`;
    })
    .join('');
}

function chart(
  { lab: { plot, variants }, results }: LabReport,
  capability: Capability,
  cols: number,
): string {
  const series = variants.flatMap(({ name }, i): Series[] => {
    const points = results.curve(name).map(({ x, y, sd }) => {
      // A logarithmic axis has no place for values below 0.
      const low = plot.log && y <= sd ? y : y - sd;
      return Number.isNaN(sd) ? { x, y } : { x, y, low, high: y + sd };
    });
    const style = STYLES[i % STYLES.length] as (typeof STYLES)[number];
    return points.length === 0 ? [] : [{ name, ...style, dots: points.length <= cols / 2, points }];
  });
  if (series.length === 0) return '';
  const options = {
    ...{ cols, rows: CHART_ROWS, theme: makeTheme(capability), glyphs: capability.glyphs, xLabel: plot.x },
    log: plot.log ?? false,
    baselines: plot.level === undefined ? [] : [plot.level(results.classes)],
    ...(plot.share && { format: percent }),
  };
  const names = packed(
    series.map((one) => legend([one], options)),
    cols,
  );
  return `${[plot.title, ...names, ...lineChart(series, options)].join('\n')}\n`;
}

/** Pieces side by side, as many as fit into a line. */
function packed(pieces: readonly string[], cols: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 2 + widthOf(piece) <= cols) {
      lines[lines.length - 1] = `${last}  ${piece}`;
    } else lines.push(piece);
  }
  return lines;
}

function conclusion({ finding, results, seeds, lab }: LabReport, cols: number): string {
  const spread =
    seeds.length > 1
      ? `Figures are mean ± standard deviation over ${seeds.length} seeds; so are the bars of the plot.`
      : 'One seed gives no error bars.';
  const planned = seeds.length * lab.variants.length;
  const words =
    finding === undefined
      ? `PARTIAL: interrupted after ${results.runs.length} of ${planned} runs; nothing is concluded from them.`
      : sentenceOf(finding);
  return [spread, '', words].flatMap((text) => wrapped(text, cols)).join('\n');
}
