import { confusions } from '../train/metrics.js';
import { padTo, spread, widthOf } from './text.js';
import type { Role, Theme } from './theme.js';

/** Small pieces of text that several screens draw. */

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of blocks for a share from 0 to 1, padded to `cols` cells. */
export function bar(share: number, cols: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * cols * 8);
  return padTo('█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? ''), cols);
}

/** A progress bar with a visible track, so that 0 % is visible too. */
export function progressBar(share: number, cols: number): string {
  const full = Math.round(Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * cols);
  return '█'.repeat(full) + '─'.repeat(cols - full);
}

/** A line of a list. The selected one is marked with a sign, not only with colour. */
export function listLine(text: string, selected: boolean, theme: Theme): string {
  return selected ? theme.selected(`▸${text}`) : ` ${text}`;
}

/** Classes of a matrix that is drawn even where its last rows and columns are cut. */
const FEW = 8;

/** A cell of a confusion matrix: the true class and the predicted one. */
export interface MatrixCell {
  readonly truth: number;
  readonly predicted: number;
}

interface MatrixOptions {
  /** The cell that is selected. */
  readonly cell?: MatrixCell | undefined;
  readonly theme: Theme;
  readonly asCounts: boolean;
  readonly cols: number;
  readonly rows: number;
}

/** Whether only the most frequent confusions are shown. */
const isListed = (classes: number, { cols, rows }: Pick<MatrixOptions, 'cols' | 'rows'>): boolean =>
  classes > FEW && (4 + 4 * classes > cols || classes + 1 > rows);

/** Columns of the names on the left, and of each cell. */
function matrixColumns(classes: number, cols: number): { readonly left: number; readonly cell: number } {
  const left = cols >= 9 + 6 * classes ? 9 : 4;
  return { left, cell: Math.max(4, Math.min(7, Math.floor((cols - left) / classes))) };
}

/** The cell of a matrix of so many classes that `matrixLines` draws at a place; undefined: none. */
export function matrixCellAt(
  at: { readonly col: number; readonly row: number },
  classes: number,
  size: Pick<MatrixOptions, 'cols' | 'rows'>,
): MatrixCell | undefined {
  if (isListed(classes, size)) return undefined;
  const { left, cell } = matrixColumns(classes, size.cols);
  const [truth, predicted] = [at.row - 1, Math.floor((at.col - left) / cell)];
  const inside = [truth, predicted].every((place) => place >= 0 && place < classes);
  return inside ? { truth, predicted } : undefined;
}

/**
 * Formats a confusion matrix, `counts[true][predicted]`, as percentages of each row or as counts. The diagonal is bold. Where
 * there is no room for many classes: the most frequent confusions.
 */
export function matrixLines(
  counts: readonly (readonly number[])[],
  classes: readonly string[],
  { theme, asCounts, cols, rows: room, cell: chosen }: MatrixOptions,
): string[] {
  if (isListed(classes.length, { cols, rows: room })) {
    return [
      theme.dim(`the most frequent confusions of ${classes.length} classes`),
      ...confusions(counts, classes, room - 1).map(({ from, to, count, share }) => {
        const figure = asCounts ? count.toLocaleString('en') : `${Math.round(100 * share)} %`;
        const selected = from === classes[chosen?.truth ?? -1] && to === classes[chosen?.predicted ?? -1];
        const line = spread(`${from} → ${to}`, ` ${figure}`, cols - Number(chosen !== undefined));
        return chosen === undefined ? line : listLine(line, selected, theme);
      }),
    ];
  }
  const { left, cell } = matrixColumns(classes.length, cols);
  const head = ' '.repeat(left) + classes.map((name) => short(name).padStart(cell)).join('');
  const lines = counts.map((row, i) => {
    const sum = row.reduce((a, b) => a + b, 0);
    const cells = row.map((n, j) => {
      const figure = asCounts ? String(n) : sum === 0 ? '–' : String(Math.round((100 * n) / sum));
      if (i === chosen?.truth && j === chosen.predicted) return theme.selected(`▸${figure}`.padStart(cell));
      const text = figure.padStart(cell);
      const role: Role = i === j ? 'strong' : sum > 0 && n / sum >= 0.2 ? 'warn' : 'dim';
      return theme[role](text);
    });
    return padTo((classes[i] ?? '').toLowerCase().slice(0, left - 1), left) + cells.join('');
  });
  return [theme.dim(head), ...lines];
}

/** Cells for the longest name of a list, from `least` to twice as many. */
export const nameCols = (names: readonly string[], least: number): number =>
  Math.min(2 * least, Math.max(least, ...names.map((name) => widthOf(name) + 1)));

/** The name of a class in tables: its first three letters. */
export function short(name: string): string {
  return [...name.toLowerCase()].slice(0, 3).join('');
}
