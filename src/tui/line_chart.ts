/** Line charts of characters: pure functions from numbers to text, for every place that shows curves. */

export interface Series {
  readonly name: string;
  /** One value an epoch, from 1; null where there is none. */
  readonly values: readonly (number | null)[];
}

export interface ChartOptions {
  /** Of everything, axes included, in characters; at least 24 x 5. */
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
  /** Only ASCII characters; default: braille, whose cells have 2 x 4 dots. */
  readonly ascii?: boolean;
  readonly title: string;
  /** How a value is written on the axis; default: three significant digits. */
  readonly format?: (value: number) => string;
}

/** Marks of the series in ASCII, and their colours. */
const MARKS = ['*', 'o', '+', 'x'];
const COLORS = [36, 33, 35, 32];
/** Bits of the dots of a braille cell, by column and row. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/**
 * Curves over epochs, with the range on the left, the epochs below and a legend on top. Colour is never the only cue:
 * several curves without colour are drawn in ASCII marks.
 */
export function lineChart(series: readonly Series[], options: ChartOptions): string[] {
  const { color, title, format = (value) => value.toPrecision(3) } = options;
  const ascii = options.ascii === true || (!color && series.length > 1);
  const known = series.flatMap(({ values }) =>
    values.filter((v) => v !== null && Number.isFinite(v)),
  ) as number[];
  if (known.length === 0) return [`${title}: no values yet`];
  const [low, high] = range(known);
  const labels = [format(high), format((low + high) / 2), format(low)];
  const margin = Math.max(...labels.map((label) => label.length)) + 1;
  const [columns, rows] = [Math.max(10, options.width - margin - 1), Math.max(3, options.height - 3)];
  const epochs = Math.max(...series.map(({ values }) => values.length));
  const canvas = new Canvas(columns, rows, ascii);
  series.forEach(({ values }, s) => {
    let last: readonly [number, number] | undefined;
    values.forEach((value, i) => {
      if (value === null || !Number.isFinite(value)) {
        last = undefined;
        return;
      }
      const x = epochs === 1 ? 0 : i / (epochs - 1);
      const point = [x, (value - low) / (high - low)] as const;
      canvas.line(last ?? point, point, s);
      last = point;
    });
  });
  const legend = series.map(({ name, values }, s) => {
    const value = values.findLast((v) => v !== null);
    const text = `${ascii ? `${MARKS[s % MARKS.length]} ` : ''}${name} ${value == null ? '' : format(value)}`;
    return color ? paint(text, s) : text;
  });
  const lines = canvas.lines(color).map((line, row) => {
    const label =
      row === 0 ? labels[0] : row === rows - 1 ? labels[2] : row === (rows - 1) >> 1 ? labels[1] : '';
    return `${(label ?? '').padStart(margin - 1)} ${ascii ? '|' : '┤'}${line}`;
  });
  const axis = `${' '.repeat(margin)}${ascii ? '+' : '└'}${(ascii ? '-' : '─').repeat(columns)}`;
  const ends = `${' '.repeat(margin + 1)}1${String(epochs).padStart(columns - 1)}`;
  return [`${title}  ${legend.join('  ')}`, ...lines, axis, `${ends.trimEnd()} epochs`];
}

const paint = (text: string, s: number): string => `\x1b[${COLORS[s % COLORS.length]}m${text}\x1b[0m`;

/** The least and the greatest value, never the same. */
function range(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** A grid of characters that lines are drawn on; places are in [0, 1], (0, 0) at the bottom left. */
class Canvas {
  readonly #cells: { bits: number; series: number }[];
  readonly #dots: readonly [number, number];

  constructor(
    private readonly columns: number,
    private readonly rows: number,
    private readonly ascii: boolean,
  ) {
    this.#cells = Array.from({ length: columns * rows }, () => ({ bits: 0, series: 0 }));
    this.#dots = ascii ? [1, 1] : [2, 4];
  }

  line([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number], series: number): void {
    const [dx, dy] = this.#dots;
    const [w, h] = [this.columns * dx - 1, this.rows * dy - 1];
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0) * w, Math.abs(y1 - y0) * h)));
    for (let i = 0; i <= steps; i++) {
      const x = Math.round((x0 + ((x1 - x0) * i) / steps) * w);
      const y = h - Math.round((y0 + ((y1 - y0) * i) / steps) * h);
      const cell = this.#cells[Math.floor(y / dy) * this.columns + Math.floor(x / dx)];
      if (cell === undefined) continue;
      cell.bits |= DOTS[x % dx === 1 ? 1 : 0][(y % dy) as 0 | 1 | 2 | 3];
      cell.series = series;
    }
  }

  lines(color: boolean): string[] {
    return Array.from({ length: this.rows }, (_, row) =>
      this.#cells
        .slice(row * this.columns, (row + 1) * this.columns)
        .map(({ bits, series }) => {
          if (bits === 0) return ' ';
          const text = this.ascii
            ? (MARKS[series % MARKS.length] ?? '*')
            : String.fromCharCode(0x2800 + bits);
          return color ? paint(text, series) : text;
        })
        .join('')
        .trimEnd(),
    );
  }
}
