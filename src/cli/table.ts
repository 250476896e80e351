import { padTo, widthOf } from '../tui/text.js';
import { printable } from '../util/printable.js';

/**
 * Formats a table: the first column is left-aligned, the others right-aligned, with two spaces between them and a rule below
 * the head. It ends with a newline. What could steer the terminal in a cell is escaped.
 */
export function table(names: readonly string[], cells: readonly (readonly string[])[]): string {
  const [head, rows] = [names.map(printable), cells.map((row) => row.map(printable))];
  const widths = head.map((cell, c) => Math.max(widthOf(cell), ...rows.map((row) => widthOf(row[c] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) => padTo(cell, widths[c] ?? 0, c === 0 ? 'left' : 'right'))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return `${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}
