/** Plain tables and bars for a terminal. */

/** First column left, others right. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, c) => Math.max(...cells.map((row) => (row[c] ?? '').length)));
  const line = (row) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('  ')
      .trimEnd();
  return [line(cells[0]), widths.map((w) => '-'.repeat(w)).join('  '), ...cells.slice(1).map(line)].join(
    '\n',
  );
}

/** A bar of `share` (0 to 1) of `width` characters. */
export function bar(share, width = 20) {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width);
  return '#'.repeat(full) + '.'.repeat(width - full);
}

/** Three significant digits, without exponents. */
export function figure(x) {
  if (!Number.isFinite(x)) return '-';
  if (Math.abs(x) >= 100) return String(Math.round(x));
  return x.toFixed(Math.abs(x) >= 10 ? 1 : 2);
}
