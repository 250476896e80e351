/** What knows the size of a terminal, such as `process.stdout`. */
interface Sized {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/**
 * The size of a terminal in characters. 80 x 24 where there is none, and where it says 0 x 0, as `docker exec`, serial lines
 * and the consoles of some CI services do.
 */
export function terminalSize({ columns, rows }: Sized): { readonly cols: number; readonly rows: number } {
  return { cols: columns || 80, rows: rows || 24 };
}
