import { CLASS_COLORS, chartPicture } from '../inspect/charts.js';
import type { Inspection, NamedPicture, Part, Section } from '../inspect/result.js';
import type { Capability } from '../tui/paint/capability.js';
import { paintPicture } from '../tui/paint/paint.js';
import { fitPicture } from '../tui/paint/picture.js';
import { percent } from '../util/axis.js';
import type { Picture } from '../util/picture.js';
import { table } from './table.js';

/** How an inspection is printed. */
export interface LineOptions {
  readonly capability: Capability;
  /** Whether to paint the pictures; otherwise only their captions are printed. */
  readonly pictures: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Cells of a small picture: a face of 48 x 48 at half its size. */
const TILE = { cols: 24, rows: 12 };
/** Cells of a large one, at most. */
const SHEET = { cols: 72, rows: 36 };
/** Pictures up to this many pixels wide are small. */
const SMALL = 64;

/** An inspection as text, with pictures made of characters. */
export function inspectionLines(inspection: Inspection, options: LineOptions): string {
  const { model, face, data, sections, skipped } = inspection;
  const { classes } = model;
  const head = [`${model.name} (${model.parameters.toLocaleString('en')} parameters), ${model.weights}`];
  if (face !== undefined) {
    const ranked = face.probabilities
      .map((p, i) => ({ p, name: classes[i] ?? '' }))
      .sort((a, b) => b.p - a.p)
      .slice(0, 3);
    head.push(`${face.name}: ${ranked.map(({ p, name }) => `${name} ${percent(p)}`).join(', ')}`);
  }
  if (data !== undefined) head.push(`${data.name}, ${data.split}: ${data.count.toLocaleString('en')} faces`);
  const body = sections.flatMap((section) => ['', ...sectionLines(section, classes, options)]);
  const left = skipped.map(({ method, why }) => `${method} left out: ${why}`);
  return `${[...head, ...body, ...(left.length > 0 ? ['', ...left] : [])].join('\n')}\n`;
}

function sectionLines(section: Section, classes: readonly string[], options: LineOptions): string[] {
  const { title, source, seconds, shows, parts } = section;
  const origin = source === undefined ? '' : `; ${source}`;
  return [
    `${title} (${seconds.toFixed(1)} s${origin})`,
    shows,
    ...parts.flatMap((part) => ['', `${part.title}:`, ...partLines(part, classes, options), ...noteOf(part)]),
  ];
}

const noteOf = ({ note }: Part): string[] => (note === undefined ? [] : [note]);

function partLines(part: Part, classes: readonly string[], options: LineOptions): string[] {
  switch (part.kind) {
    case 'pictures':
      return options.pictures
        ? [...pictureLines(part.pictures, options), ...legendLines(part)]
        : captionLines(part.pictures);
    case 'table':
      return table(
        [...part.columns],
        part.rows.map((row) => row.map(String)),
      )
        .trimEnd()
        .split('\n');
    case 'points':
      return [
        ...chart(chartPicture(part), options),
        ...(options.pictures ? [classLegend(classes, options)] : []),
        ...part.axes.filter((axis) => axis !== ''),
      ];
    case 'reliability': {
      const rows = part.bins
        .filter(({ count }) => count > 0)
        .map(({ from, to, count, confidence, accuracy }) => [
          `${percent(from)} to ${percent(to)}`,
          count.toLocaleString('en'),
          percent(confidence),
          percent(accuracy),
        ]);
      return table(['confidence', 'faces', 'mean', 'accuracy'], rows).trimEnd().split('\n');
    }
    case 'surface': {
      const rows = part.values.map((line, row) => [
        (part.at[row] ?? 0).toFixed(2),
        ...line.map((value) => value.toFixed(2)),
      ]);
      const columns = ['', ...part.at.map((x) => x.toFixed(2))];
      return [
        ...chart(chartPicture(part), options),
        ...table(columns, rows.toReversed()).trimEnd().split('\n'),
      ];
    }
  }
}

/** One large picture; nothing where there are no pictures. */
function chart(picture: Picture, { pictures, capability, width }: LineOptions): string[] {
  if (!pictures) return [];
  const { cols, rows } = fitPicture(picture.width, picture.height, {
    ...SHEET,
    cols: Math.min(SHEET.cols, width),
  });
  return paintPicture(picture, cols, rows, capability, 'nearest');
}

/** Small pictures side by side with their captions below, large ones one after the other. */
export function pictureLines(pictures: readonly NamedPicture[], options: LineOptions): string[] {
  if (pictures.some(({ picture }) => picture.width > SMALL))
    return pictures.flatMap(({ picture, caption }) => [...chart(picture, options), caption]);
  const across = Math.max(1, Math.floor((options.width + 1) / (TILE.cols + 1)));
  const lines: string[] = [];
  for (let first = 0; first < pictures.length; first += across) {
    const some = pictures.slice(first, first + across);
    const painted = some.map(({ picture }) =>
      paintPicture(picture, TILE.cols, TILE.rows, options.capability),
    );
    for (let row = 0; row < TILE.rows; row++) lines.push(painted.map((tile) => tile[row] ?? '').join(' '));
    lines.push(
      some
        .map(({ caption }) => caption.slice(0, TILE.cols).padEnd(TILE.cols))
        .join(' ')
        .trimEnd(),
    );
  }
  return lines;
}

/** The captions alone; short ones, such as numbers of filters, in one line. */
function captionLines(pictures: readonly NamedPicture[]): string[] {
  const captions = pictures.map(({ caption }) => caption);
  return captions.every(({ length }) => length < 4)
    ? [`  ${captions.join(' ')}`]
    : captions.map((caption) => `  ${caption}`);
}

function legendLines({ legend }: Extract<Part, { kind: 'pictures' }>): string[] {
  if (legend === undefined) return [];
  const { quantity, low, middle, high } = legend;
  return [`${quantity}: ${[low, ...(middle === undefined ? [] : [middle]), high].join(' ... ')}`];
}

/** The names of the classes, each in its colour where there are any. */
function classLegend(classes: readonly string[], { capability }: LineOptions): string {
  return classes
    .map((name, i) => {
      const [r, g, b] = CLASS_COLORS[i % CLASS_COLORS.length] ?? [0, 0, 0];
      return capability.color === 'truecolor' ? `\x1b[38;2;${r};${g};${b}m${name}\x1b[0m` : name;
    })
    .join(', ');
}
