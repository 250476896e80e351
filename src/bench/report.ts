/** A table to print; see cli/table.ts. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Three significant digits, without exponents. */
export function figure(x: number): string {
  if (!Number.isFinite(x)) return '-';
  if (Math.abs(x) >= 100) return String(Math.round(x));
  return x.toFixed(Math.abs(x) >= 10 ? 1 : 2);
}

/** A bar of `share` (0 to 1) that is `width` characters long. */
export function bar(share: number, width: number): string {
  const full = Math.round(width * Math.max(0, Math.min(1, share)));
  return '#'.repeat(full) + '.'.repeat(width - full);
}
