import { padTo } from './text.js';

/** A column of a table; its width is fixed. */
export interface Column<Row> {
  readonly head: string;
  readonly width: number;
  /** Whether the text is left-aligned; default: right-aligned, as numbers are. */
  readonly left?: boolean;
  readonly text: (row: Row) => string;
}

/** The first set of columns that fits into `cols` cells, with a space between columns; the last set if none fits. */
export function columnsThatFit<Row>(
  sets: readonly (readonly Column<Row>[])[],
  cols: number,
): readonly Column<Row>[] {
  return sets.find((set) => widthOfColumns(set) <= cols) ?? sets.at(-1) ?? [];
}

export function widthOfColumns(columns: readonly Column<never>[]): number {
  return columns.reduce((sum, { width }) => sum + width + 1, -1);
}

export function headLine(columns: readonly Column<never>[]): string {
  return columns.map(({ head, width, left }) => padTo(head, width, left ? 'left' : 'right')).join(' ');
}

export function rowLine<Row>(columns: readonly Column<Row>[], row: Row): string {
  return columns.map(({ text, width, left }) => padTo(text(row), width, left ? 'left' : 'right')).join(' ');
}
