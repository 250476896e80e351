import { padTo } from './text.js';
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

/** Formats a confusion matrix, `counts[true][predicted]`, as percentages of each row or as counts. The diagonal is bold. */
export function matrixLines(
  counts: readonly (readonly number[])[],
  classes: readonly string[],
  { theme, asCounts, cols }: { theme: Theme; asCounts: boolean; cols: number },
): string[] {
  const nameCols = cols >= 9 + 6 * classes.length ? 9 : 4;
  const cell = Math.max(4, Math.min(7, Math.floor((cols - nameCols) / classes.length)));
  const head = ' '.repeat(nameCols) + classes.map((name) => short(name).padStart(cell)).join('');
  const rows = counts.map((row, i) => {
    const sum = row.reduce((a, b) => a + b, 0);
    const cells = row.map((n, j) => {
      const text = (asCounts ? String(n) : sum === 0 ? '–' : String(Math.round((100 * n) / sum))).padStart(
        cell,
      );
      const role: Role = i === j ? 'strong' : sum > 0 && n / sum >= 0.2 ? 'warn' : 'dim';
      return theme[role](text);
    });
    return padTo((classes[i] ?? '').toLowerCase().slice(0, nameCols - 1), nameCols) + cells.join('');
  });
  return [theme.dim(head), ...rows];
}

/** The name of a class in tables: its first three letters. */
export function short(name: string): string {
  return name.slice(0, 3).toLowerCase();
}
