/** What is to be printed; see cli/table.ts. */
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
